"""What a candidate does: apply, withdraw."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Exists, exists, func, select

from marketplace.engines.files.models import StoredFile
from marketplace.engines.files.rules import FileRefused
from marketplace.identity import audit
from marketplace.identity.models import Membership, User
from marketplace.jobs import notices, rules, stages
from marketplace.jobs.models import Application
from marketplace.jobs.rules import Entry
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings.blind import letter
from marketplace.postings.models import Employment, Posting
from marketplace.postings.queries import hiring_members
from marketplace.postings.screening import flagged, questions_of
from marketplace.talent.models import Freelancer
from marketplace.trust import restrictions
from marketplace.trust.blocks import blocked_by_or_blocking


class CvRefused(FileRefused):
    message = N_("A CV is a PDF or a Word file (.docx). Please choose another file.")


async def apply(
    db: Session,
    posting: Posting,
    entry: Entry,
    *,
    freelancer: Freelancer,
    cv: StoredFile | None = None,
    at: datetime,
) -> Application:
    """Send an application, with her profile or a CV; it gets its letter. However often it is sent, one lives.

    Raises: Invalid, CvRefused, PostingTakesNone, OwnPosting, AlreadyApplied, WomenOnly, Restricted; NotFound where one
        blocked the other.
    """
    await restrictions.check(db, freelancer.user_id, "apply", at=at)
    await db.refresh(posting, with_for_update=True)
    await _check_open(db, posting, freelancer.user_id, at=at)
    questions = questions_of(posting.questions)
    rules.check_entry(entry, questions)
    if cv is not None and cv.media_type not in rules.CV_TYPES:
        raise CvRefused
    if await db.scalar(select(_living(posting.id, freelancer.id))):
        raise rules.AlreadyApplied
    await _say_headline(db, freelancer, entry.headline.strip(), at=at)
    given = await db.scalar(select(func.count()).where(Application.posting_id == posting.id)) or 0
    application = Application(
        posting_id=posting.id,
        freelancer_id=freelancer.id,
        state="submitted",
        letter=letter(given + 1),
        cover=entry.cover.strip(),
        answers=[
            {"question": question.text, "answer": answer.strip(), "is_flagged": question.is_flagged(answer)}
            for question, answer in zip(questions, entry.answers, strict=True)
        ],
        flags=len(flagged(questions, entry.answers)),
        cv_file_id=cv.id if cv else None,
        submitted_at=at,
        updated_at=at,
    )
    db.add(application)
    await db.flush()
    subject = ("application", application.id)
    await audit.record(db, "application.submitted", subject=subject, by=freelancer.user_id, at=at)
    await notices.sent(db, application, posting, at=at)
    await notices.received(db, posting, at=at)
    return application


async def from_fair(db: Session, posting: Posting, *, freelancer: Freelancer, at: datetime) -> Application:
    """Her application behind an offer that was made on the spot: the one that lives, else one without a cover.

    Both met already, so nobody is told of it; the offer's own messages follow.
    """
    await db.refresh(posting, with_for_update=True)
    living = (Application.posting_id == posting.id, Application.freelancer_id == freelancer.id)
    known = await db.scalar(select(Application).where(*living, Application.state != "withdrawn"))
    if known is not None:
        return known
    await _check_open(db, posting, freelancer.user_id, at=at)
    given = await db.scalar(select(func.count()).where(Application.posting_id == posting.id)) or 0
    row = {"posting_id": posting.id, "freelancer_id": freelancer.id, "state": "submitted", "letter": letter(given + 1)}
    application = Application(**row, cover="", answers=[], flags=0, submitted_at=at, updated_at=at)
    db.add(application)
    await db.flush()
    subject = ("application", application.id)
    await audit.record(db, "application.submitted", subject=subject, by=freelancer.user_id, at=at, why="fair")
    return application


async def withdraw(db: Session, application: Application, *, by: UUID, at: datetime) -> None:
    """Take it back: the employer does not see it again. Raises: ApplicationMoveRefused once it is decided."""
    await stages.lock(db, application)
    await stages.change(db, application, "withdrawn", by=by, at=at)
    await notices.withdrawn(db, application, await db.get_one(Posting, application.posting_id), at=at)


async def _check_open(db: Session, posting: Posting, user_id: UUID, *, at: datetime) -> None:
    if not rules.takes_applications(posting.kind, posting.state, posting.closes_at, at):
        raise rules.PostingTakesNone
    own = exists().where(Membership.organisation_id == posting.organisation_id, Membership.user_id == user_id)
    if await db.scalar(select(own)):
        raise rules.OwnPosting
    women_only = exists().where(Employment.posting_id == posting.id, Employment.is_women_only)
    is_woman = exists().where(User.id == user_id, User.gender == "woman")
    if await db.scalar(select(women_only & ~is_woman)):
        raise rules.WomenOnly
    if await blocked_by_or_blocking(db, user_id) & set(await hiring_members(db, posting.organisation_id)):
        raise NotFound


def _living(posting_id: UUID, freelancer_id: UUID) -> Exists:
    return exists().where(
        Application.posting_id == posting_id,
        Application.freelancer_id == freelancer_id,
        Application.state != "withdrawn",
    )


async def _say_headline(db: Session, freelancer: Freelancer, headline: str, *, at: datetime) -> None:
    """Who has none yet says it with her first application; one that stands in her profile is not changed."""
    if freelancer.headline:
        return
    freelancer.headline, freelancer.updated_at = headline, at
    await db.flush()
    subject = ("freelancer", freelancer.id)
    await audit.record(db, "freelancer.saved", subject=subject, by=freelancer.user_id, at=at, fields=["headline"])
