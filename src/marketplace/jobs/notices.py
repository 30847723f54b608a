"""What people are told about applications. Nothing here carries an application's text, nor a name."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity.models import Organisation, User
from marketplace.jobs.models import Application, Pipeline
from marketplace.jobs.rules import REJECT_REASONS, STAGES
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.i18n import translations
from marketplace.kernel.queue import defer
from marketplace.messages.actions import notify
from marketplace.postings.models import Posting
from marketplace.postings.queries import hiring_members
from marketplace.talent.models import Freelancer

QUIET = timedelta(hours=1)
"""Those who hire hear of new applications at most this often for each posting."""


async def sent(db: Session, application: Application, posting: Posting, *, at: datetime) -> None:
    """To her: it is with the employer, who answers by then."""
    values = {**await _about(db, posting), "answer_by": posting.answer_by}
    await _to_her(db, application, "application_sent", values, at=at)


async def received(db: Session, posting: Posting, *, at: datetime) -> None:
    """Soon, to those who hire: so many are new. Several within the hour are told together."""
    told_at = await db.scalar(select(Pipeline.told_at).where(Pipeline.posting_id == posting.id))
    next_at = max(at, told_at + QUIET) if told_at else at
    key = f"jobs.tell_received:{posting.id}"
    await defer(db, "jobs.tell_received", at=next_at, key=key, posting_id=posting.id)


async def tell_received(db: Session, posting: Posting, *, at: datetime) -> None:
    """To those who hire: how many came since they were last told; nothing when none did."""
    await db.execute(insert(Pipeline).values(posting_id=posting.id).on_conflict_do_nothing())
    pipeline = await db.get_one(Pipeline, posting.id, with_for_update=True, populate_existing=True)
    came = select(func.count()).where(Application.posting_id == posting.id, Application.state.in_(STAGES))
    if pipeline.told_at is not None:
        came = came.where(Application.submitted_at > pipeline.told_at)
    pipeline.told_at = at
    await db.flush()
    if count := await db.scalar(came):
        values = {**await _about(db, posting), "count": count, "answer_by": posting.answer_by}
        await _to_employer(db, posting, "application_received", values, at=at)


async def withdrawn(db: Session, application: Application, posting: Posting, *, at: datetime) -> None:
    """To those who hire, by its letter."""
    values = {**await _about(db, posting), "letter": application.letter}
    await _to_employer(db, posting, "application_withdrawn", values, at=at)


async def moved(db: Session, application: Application, posting: Posting, *, at: datetime) -> None:
    """To her: where it stands now; hired is a message of its own."""
    if application.state == "hired":
        await _to_her(db, application, "hired", await _about(db, posting), at=at)
        return
    values = {**await _about(db, posting), "stage": application.state, "answer_by": posting.answer_by}
    await _to_her(db, application, "application_moved", values, at=at)


async def rejected(db: Session, application: Application, posting: Posting, *, at: datetime) -> None:
    """To her: not taken, and why."""
    user_id, locale = await _reader(db, application)
    words = translations(locale).gettext(REJECT_REASONS[application.reject_reason])
    values = {**await _about(db, posting), "reason": f"{words}\n{application.reject_note}".strip()}
    await notify(db, user_id, "application_rejected", values, link=_hers(application), at=at)


async def auto_answered(db: Session, application: Application, posting: Posting, *, at: datetime) -> None:
    """To her: it is over, and it is not her fault."""
    user_id, locale = await _reader(db, application)
    words = translations(locale).gettext(REJECT_REASONS[application.reject_reason])
    values = {**await _about(db, posting), "reason": words}
    await notify(db, user_id, "application_auto_answered", values, link=_hers(application), at=at)


async def answers_due(db: Session, posting: Posting, count: int, *, at: datetime) -> None:
    """To those who hire: no more applications come, this many wait for an answer."""
    values = {**await _about(db, posting), "count": count, "answer_by": posting.answer_by}
    await _to_employer(db, posting, "application_answers_due", values, at=at)


async def unanswered(db: Session, posting: Posting, count: int, *, at: datetime) -> None:
    """To those who hire: the time is over, and what to do before the next posting."""
    await _to_employer(db, posting, "applications_unanswered", {**await _about(db, posting), "count": count}, at=at)


async def _to_her(
    db: Session, application: Application, message: str, values: dict[str, object], *, at: datetime
) -> None:
    user_id, _ = await _reader(db, application)
    await notify(db, user_id, message, values, link=_hers(application), at=at)


async def _to_employer(db: Session, posting: Posting, message: str, values: dict[str, object], *, at: datetime) -> None:
    for user_id in await hiring_members(db, posting.organisation_id):
        await notify(db, user_id, message, values, link=f"/jobs/{posting.slug}/applications", at=at)


async def _about(db: Session, posting: Posting) -> dict[str, object]:
    organisation = await db.get_one(Organisation, posting.organisation_id)
    return {"job": posting.title, "organisation": organisation.name}


async def _reader(db: Session, application: Application) -> tuple[UUID, str]:
    """Her user id and language."""
    hers = select(User.id, User.locale).join(Freelancer, Freelancer.user_id == User.id)
    row = (await db.execute(hers.where(Freelancer.id == application.freelancer_id))).one()
    return row.id, row.locale


def _hers(application: Application) -> str:
    return f"/applications/{ids.short(application.id)}"
