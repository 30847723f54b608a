"""Nobody is left without an answer: what happens to those who wait when a posting ends, and the employer's queue."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.identity import audit
from marketplace.jobs import notices, queries, rules, stages
from marketplace.jobs.models import Application
from marketplace.kernel.database import Session
from marketplace.kernel.queue import defer
from marketplace.postings import gates
from marketplace.postings.models import Posting

BATCH = 500
_WHY = {"filled": "filled", "expired": rules.NO_ANSWER}
"""The reason that those who wait are given, by the state in which the posting ended; else it was closed."""


async def answer_rest(db: Session, posting_id: UUID, *, at: datetime) -> None:
    """Answer up to 500 of those who still wait, and come again while there are more. Twice is once."""
    waiting = (
        select(Application)
        .where(Application.posting_id == posting_id, queries.is_unanswered())
        .order_by(Application.id)
        .limit(BATCH)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = list((await db.execute(waiting)).scalars())
    posting = await db.get_one(Posting, posting_id)
    for application in found:
        await _answer(db, application, posting, at=at)
    if len(found) == BATCH:
        await defer(db, "jobs.answer_rest", posting_id=posting_id)


async def _answer(db: Session, application: Application, posting: Posting, *, at: datetime) -> None:
    application.reject_reason = _WHY.get(posting.state, "closed")
    application.is_auto_answered = True
    await stages.change(db, application, "rejected", by=None, at=at, why=application.reject_reason)
    await notices.auto_answered(db, application, posting, at=at)


async def remove(db: Session, application_id: UUID, *, at: datetime) -> None:
    """A moderator took it out: she is told, and nobody can move it any more. Does nothing when it is decided."""
    application = await db.get_one(Application, application_id, with_for_update=True, populate_existing=True)
    if application.state in rules.WAITING:
        application.reject_reason, application.is_auto_answered = "removed", True
        await stages.change(db, application, "rejected", by=None, at=at, why="removed")
        await notices.auto_answered(db, application, await db.get_one(Posting, application.posting_id), at=at)


async def give_reason(
    db: Session,
    posting: Posting,
    application_ids: Sequence[UUID] | None,
    *,
    why: tuple[str, str],
    by: UUID,
    at: datetime,
) -> int:
    """Tell those who got no answer in time (these, or all of the posting) why; returns how many were told.

    `why` is a reason that an employer may give, and a note. Raises: Invalid.
    """
    reason, note = why
    rules.check_reject(reason, note)
    waiting = (
        select(Application)
        .where(Application.posting_id == posting.id, Application.reject_reason == rules.NO_ANSWER)
        .order_by(Application.id)
        .limit(rules.MOST_AT_ONCE)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if application_ids is not None:
        waiting = waiting.where(Application.id.in_(application_ids))
    found = list((await db.execute(waiting)).scalars())
    for application in found:
        application.reject_reason, application.reject_note, application.updated_at = reason, note.strip(), at
        await db.flush()
        subject = ("application", application.id)
        await audit.record(db, "application.answered", subject=subject, by=by, at=at, why=reason)
        await notices.rejected(db, application, posting, at=at)
    return len(found)


@gates.register
async def queue_is_clear(db: Session, posting: Posting, at: datetime) -> None:
    """The next job or internship waits until everybody of the last ones has an answer. Raises: QueueFirst."""
    if posting.kind not in rules.KINDS:
        return
    for queue in await queries.queues(db, posting.organisation_id):
        link = f"/jobs/{queue.slug}/applications?stage=rejected&why=no_answer"
        raise rules.QueueFirst(count=queue.count, title=queue.title, link=link)
