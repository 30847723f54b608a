"""An organiser's view of candidates: by state, by words, page by page; the waiting list in its order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from marketplace.fairs.candidate_models import FairCandidate, Preference
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.rules import LIVE_MEETINGS
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_

STATES = {
    "registered": N_("Registered"),
    "confirmed": N_("Said that they come"),
    "waiting": N_("On the waiting list"),
    "withdrawn": N_("Withdrawn"),
    "removed": N_("Removed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRow:
    """A candidate in the organiser's list."""

    id: UUID
    number: int
    name: str
    phone: str | None
    email: str | None
    state: str
    centre: str
    companions: int
    checked_in_at: datetime | None
    wishes: int
    meetings: int


async def candidates_of(
    db: AnySession, fair_id: UUID, *, state: str = "", words: str = "", after: int = 0, limit: int
) -> list[CandidateRow]:
    """By number, which is the order of the waiting list too; `words` stand in name, centre, phone or e-mail."""
    wishes = select(func.count()).where(Preference.candidate_id == FairCandidate.id, Preference.side == "candidate")
    meetings = select(func.count()).where(Meeting.candidate_id == FairCandidate.id, Meeting.state.in_(LIVE_MEETINGS))
    columns = (
        *(FairCandidate.id, FairCandidate.number, FairCandidate.name, FairCandidate.phone, FairCandidate.email),
        *(FairCandidate.state, FairCandidate.centre, FairCandidate.companions, FairCandidate.checked_in_at),
        wishes.correlate(FairCandidate).scalar_subquery().label("wishes"),
        meetings.correlate(FairCandidate).scalar_subquery().label("meetings"),
    )
    found = select(*columns).where(FairCandidate.fair_id == fair_id, FairCandidate.number > after)
    if state:
        found = found.where(FairCandidate.state == state)
    if words:
        named = (FairCandidate.name, FairCandidate.centre, FairCandidate.phone, FairCandidate.email)
        found = found.where(or_(*(each.icontains(words, autoescape=True) for each in named)))
    rows = await db.execute(found.order_by(FairCandidate.number).limit(limit))
    return [CandidateRow(**row) for row in rows.mappings()]


async def names_of(db: AnySession, ids: list[UUID]) -> dict[UUID, tuple[int, str]]:
    """Number and name of some candidates."""
    found = select(FairCandidate.id, FairCandidate.number, FairCandidate.name).where(FairCandidate.id.in_(ids))
    return {row.id: (row.number, row.name) for row in await db.execute(found)}
