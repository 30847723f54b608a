"""Reads of interviews: the candidate's and the employer's, nobody else's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, select

from marketplace.identity.models import Organisation, User
from marketplace.jobs.interviews.rules import OPEN
from marketplace.jobs.models import Application, Interview
from marketplace.jobs.sides import About, about, is_hers
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingInterview:
    """A line of the list of interviews. `is_asked`: the reader has been offered times and picks one."""

    id: UUID
    state: str
    starts_at: datetime | None
    title: str
    other: str
    is_asked: bool


async def interview_for(db: AnySession, interview_id: UUID, *, reader: UUID) -> tuple[Interview, About]:
    """An interview with what it is about. Raises: NotFound for everybody but its two sides."""
    interview = (await db.execute(select(Interview).where(Interview.id == interview_id))).scalar_one_or_none()
    if interview is None:
        raise NotFound
    return interview, await about(db, interview.application_id, reader=reader)


async def interviews_of(db: AnySession, application_id: UUID, *, limit: int = 20) -> list[Interview]:
    """The interviews of an application, the newest first; ask `sides.about` before whether the reader may."""
    rows = select(Interview).where(Interview.application_id == application_id).order_by(Interview.id.desc())
    return list((await db.execute(rows.limit(limit))).scalars())


async def coming(
    db: AnySession, user_id: UUID, *, at: datetime, after: tuple[UUID] | None = None, limit: int = 20
) -> list[ComingInterview]:
    """Interviews to answer or to come, on either side; `after` is the last id of the page before."""
    is_to_come = Interview.starts_at.is_(None) | (Interview.starts_at > at)
    is_candidate = Freelancer.user_id == user_id
    asked_side = case((is_candidate, "employer"), else_="candidate")
    found = (
        select(
            *(Interview.id, Interview.state, Interview.starts_at, Posting.title),
            case((is_candidate, Organisation.name), else_=User.name).label("other"),
            ((Interview.state == "proposed") & (Interview.offered_by == asked_side)).label("is_asked"),
        )
        .join(Application, Application.id == Interview.application_id)
        .join(Posting, Posting.id == Application.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .where(is_hers(user_id), Interview.state.in_(OPEN), is_to_come)
        .order_by(Interview.id.desc())
        .limit(limit)
    )
    if after is not None:
        found = found.where(Interview.id < after[0])
    return [ComingInterview(**row) for row in (await db.execute(found)).mappings()]
