"""The jobs and internships that somebody hires for, with what waits in each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, true

from marketplace.identity.models import Organisation
from marketplace.jobs.models import Application
from marketplace.jobs.rules import STAGES, WAITING
from marketplace.kernel.database import AnySession
from marketplace.postings.hiring import hires
from marketplace.postings.models import Posting
from marketplace.postings.rules import JOBS, LIVING


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnJob:
    """A job or internship of one's own. `applications` counts what was not withdrawn, `waiting` what has no answer."""

    id: UUID
    kind: str
    slug: str
    title: str
    state: str
    closes_at: datetime | None
    answer_by: datetime | None
    organisation_name: str
    applications: int
    waiting: int


async def jobs_to_answer(db: AnySession, user_id: UUID, *, limit: int = 10) -> list[OwnJob]:
    """Those with people who wait for an answer, the most urgent first."""
    return await jobs_of(db, user_id, waiting_only=True, limit=limit)


async def jobs_of(
    db: AnySession, user_id: UUID, *, after: tuple[UUID] | None = None, waiting_only: bool = False, limit: int = 20
) -> list[OwnJob]:
    """The newest of all organisations that this person hires for; one query. `after`: last id of the page before."""
    is_seen, is_waiting = Application.state.in_(STAGES), Application.state.in_(WAITING)
    counts = (
        select(func.count().filter(is_seen).label("applications"), func.count().filter(is_waiting).label("waiting"))
        .where(Application.posting_id == Posting.id)
        .lateral("counts")
    )
    found = (
        select(
            *(Posting.id, Posting.kind, Posting.slug, Posting.title, Posting.state, Posting.closes_at),
            *(Posting.answer_by, Organisation.name.label("organisation_name"), counts.c.applications, counts.c.waiting),
        )
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(counts, onclause=true())
        .where(Posting.kind.in_(JOBS), hires(user_id))
        .limit(limit)
    )
    if waiting_only:
        found = found.where(counts.c.waiting > 0, Posting.state.in_(LIVING)).order_by(Posting.answer_by, Posting.id)
    else:
        found = found.order_by(Posting.id.desc())
    if after is not None:
        found = found.where(Posting.id < after[0])
    return [OwnJob(**row) for row in (await db.execute(found)).mappings()]
