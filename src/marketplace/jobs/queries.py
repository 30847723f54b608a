"""Who may read which application. A candidate reads her own; those who hire read theirs, never what was withdrawn."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from marketplace.engines.files.models import StoredFile
from marketplace.identity.models import Organisation
from marketplace.jobs.models import Application, Offer
from marketplace.jobs.rules import KINDS, NO_ANSWER, STAGES, WAITING
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.postings.hiring import hires
from marketplace.postings.models import Posting
from marketplace.postings.queries import PUBLIC_STATES
from marketplace.postings.rules import ENDED
from marketplace.talent.models import Freelancer


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnApplication:
    """An application as its writer sees it in her list."""

    id: UUID
    state: str
    submitted_at: datetime
    updated_at: datetime
    reject_reason: str
    reject_note: str
    title: str
    slug: str
    kind: str
    organisation: str
    answer_by: datetime | None

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING


@dataclass(frozen=True, slots=True)
class Queue:
    """People who applied for a posting and got no answer in time."""

    posting_id: UUID
    slug: str
    title: str
    count: int


async def own(db: AnySession, application_id: UUID, *, by: UUID) -> tuple[Application, Posting]:
    """An application of hers, with its posting. Raises: NotFound when it is somebody else's."""
    hers = _with_posting().join(Freelancer, Freelancer.id == Application.freelancer_id)
    return await _one(db, hers.where(Application.id == application_id, Freelancer.user_id == by))


async def managed(db: AnySession, application_id: UUID, *, by: UUID) -> tuple[Application, Posting]:
    """An application that this person may decide about, with its posting.

    Raises: NotFound unless she is an owner or hiring member of the posting's organisation; a withdrawn one is gone.
    """
    found = _with_posting().where(Application.id == application_id, Application.state.in_(STAGES), hires(by))
    return await _one(db, found)


async def managed_posting(db: AnySession, slug: str, *, by: UUID) -> Posting:
    """A job or internship that this person hires for. Raises: NotFound otherwise."""
    found = select(Posting).where(Posting.slug == slug, Posting.kind.in_(KINDS), hires(by))
    posting = (await db.execute(found)).scalar_one_or_none()
    if posting is None:
        raise NotFound
    return posting


async def published_posting(db: AnySession, slug: str) -> tuple[Posting, Organisation]:
    """A job or internship that everybody may read, and whose it is. Raises: NotFound otherwise."""
    found = (
        select(Posting, Organisation)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .where(Posting.slug == slug, Posting.kind.in_(KINDS), Posting.state.in_(PUBLIC_STATES))
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def living_of(db: AnySession, posting_id: UUID, *, user_id: UUID) -> Application | None:
    """Her application for a posting that she did not withdraw, if there is one."""
    hers = (
        select(Application)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .where(Application.posting_id == posting_id, Freelancer.user_id == user_id, Application.state != "withdrawn")
    )
    return (await db.execute(hers)).scalar_one_or_none()


async def applications_of(
    db: AnySession, user_id: UUID, *, after: tuple[UUID] | None = None, waiting_only: bool = False, limit: int = 20
) -> list[OwnApplication]:
    """Her applications, the newest first; `after` is the last id of the page before."""
    found = (
        select(
            *(Application.id, Application.state, Application.submitted_at, Application.updated_at),
            *(Application.reject_reason, Application.reject_note, Posting.title, Posting.slug, Posting.kind),
            *(Posting.answer_by, Organisation.name.label("organisation")),
        )
        .join(Posting, Posting.id == Application.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .where(Freelancer.user_id == user_id)
        .order_by(Application.id.desc())
        .limit(limit)
    )
    if waiting_only:
        found = found.where(Application.state.in_(WAITING))
    if after is not None:
        found = found.where(Application.id < after[0])
    return [OwnApplication(**row) for row in (await db.execute(found)).mappings()]


async def undecided_of(db: AnySession, user_id: UUID) -> list[Application]:
    """Her applications that wait for an answer."""
    hers = (
        select(Application)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .where(Freelancer.user_id == user_id, Application.state.in_(WAITING))
        .order_by(Application.id)
    )
    return list((await db.execute(hers)).scalars())


async def cv_for(db: AnySession, application_id: UUID, *, reader: UUID) -> StoredFile:
    """The CV of an application: to her, and from the shortlist on to those who hire. Raises: NotFound otherwise."""
    may_read = or_(
        Freelancer.user_id == reader,
        and_(Application.shortlisted_at.is_not(None), Application.state.in_(STAGES), hires(reader)),
    )
    found = (
        select(StoredFile)
        .join(Application, Application.cv_file_id == StoredFile.id)
        .join(Posting, Posting.id == Application.posting_id)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .where(Application.id == application_id, may_read)
    )
    file = (await db.execute(found)).scalar_one_or_none()
    if file is None:
        raise NotFound
    return file


async def is_acquainted(db: AnySession, handle: str, *, reader: UUID | None) -> bool:
    """Whether this person hires for an organisation that has shortlisted the candidate."""
    if reader is None:
        return False
    known = (
        exists()
        .where(Application.posting_id == Posting.id, Application.freelancer_id == Freelancer.id)
        .where(Freelancer.handle == handle, Application.state.in_(STAGES), hires(reader))
        .where(Application.shortlisted_at.is_not(None))
    )
    return bool(await db.scalar(select(known)))


# -- who waits


def is_unanswered() -> ColumnElement[bool]:
    """The employer owes an answer: it waits, and no offer waits for hers."""
    offered = exists().where(Offer.application_id == Application.id, Offer.state == "sent")
    return and_(Application.state.in_(WAITING), ~(and_(Application.state == "offer", offered)))


async def waiting_count(db: AnySession, posting_id: UUID) -> int:
    """How many applications of a posting wait for the employer's answer."""
    count = select(func.count()).where(Application.posting_id == posting_id, is_unanswered())
    return await db.scalar(count) or 0


async def unanswered_after_close(db: AnySession, *, at: datetime, limit: int = 500) -> list[UUID]:
    """Applications without an answer whose posting is over; empty unless the worker stands still."""
    is_over = or_(Posting.state.in_(ENDED), Posting.answer_by < at)
    found = (
        select(Application.id)
        .join(Posting, Posting.id == Application.posting_id)
        .where(is_unanswered(), is_over)
        .order_by(Application.id)
        .limit(limit)
    )
    return list((await db.execute(found)).scalars())


async def ended_with_waiting(db: AnySession, *, limit: int = 100) -> list[UUID]:
    """Postings that are over with people who still wait."""
    waits = exists().where(Application.posting_id == Posting.id, is_unanswered())
    found = select(Posting.id).where(Posting.state.in_(ENDED), Posting.kind.in_(KINDS), waits).limit(limit)
    return list((await db.execute(found)).scalars())


async def queues(db: AnySession, organisation_id: UUID) -> list[Queue]:
    """Postings of an organisation with people who got no answer in time and no reason since, the oldest first."""
    count = func.count()
    found = (
        select(Posting.id, Posting.slug, Posting.title, count)
        .join(Application, Application.posting_id == Posting.id)
        .where(Posting.organisation_id == organisation_id, Application.state == "rejected")
        .where(Application.reject_reason == NO_ANSWER)
        .group_by(Posting.id)
        .order_by(Posting.id)
    )
    return [Queue(*row) for row in (await db.execute(found)).all()]


def _with_posting() -> Select[Application, Posting]:
    return select(Application, Posting).join(Posting, Posting.id == Application.posting_id)


async def _one(db: AnySession, found: Select[Application, Posting]) -> tuple[Application, Posting]:
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]
