"""In which fairs somebody takes part, for her home: as a candidate, and for the organisations she acts for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select, union_all

from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate, FairInvitation
from marketplace.fairs.models import Fair
from marketplace.fairs.registering import LIVING
from marketplace.fairs.rules import ACTING
from marketplace.identity.models import Membership
from marketplace.kernel.database import AnySession
from marketplace.talent.models import Freelancer

_OVER = ("closed", "cancelled")
_COMING = ("invited", "requested", "approved", "confirmed")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingPart:
    """A fair that is not over; `side` is candidate, employer or invited, `own_state` that of the seat or the booth."""

    slug: str
    title_en: str
    title_ur: str
    starts_at: datetime
    state: str
    side: str
    own_state: str

    @property
    def path(self) -> str:
        """Her own page of it."""
        ends = {"candidate": "/ticket", "employer": "/booth", "invited": ""}
        return f"/fairs/{self.slug}{ends[self.side]}"

    def title(self, locale: str) -> str:
        """In the reader's language where it is said in it."""
        return (self.title_ur if locale == "ur" else "") or self.title_en


async def fairs_for(db: AnySession, user_id: UUID, *, limit: int) -> list[TakingPart]:
    """The next ones first."""
    fair: tuple[Any, ...] = (Fair.slug, Fair.title_en, Fair.title_ur, Fair.starts_at, Fair.state)
    hers = (
        select(*fair, literal("candidate").label("side"), FairCandidate.state.label("own_state"))
        .join(FairCandidate, FairCandidate.fair_id == Fair.id)
        .where(FairCandidate.user_id == user_id, FairCandidate.state.in_(LIVING), Fair.state.not_in(_OVER))
    )
    theirs = (
        select(*fair, literal("employer").label("side"), Booth.state.label("own_state"))
        .join(Booth, Booth.fair_id == Fair.id)
        .join(Membership, Membership.organisation_id == Booth.organisation_id)
        .where(Membership.user_id == user_id, Membership.role.in_(ACTING), Booth.state.in_(_COMING))
        .where(Fair.state.not_in(_OVER))
    )
    asked = (
        select(*fair, literal("invited").label("side"), literal("invited").label("own_state"))
        .join(FairInvitation, FairInvitation.fair_id == Fair.id)
        .join(Freelancer, Freelancer.id == FairInvitation.freelancer_id)
        .where(Freelancer.user_id == user_id, FairInvitation.declined_at.is_(None), Fair.state == "open")
        .where(~select(FairCandidate.id).where(*_there(user_id)).exists())
    )
    both = union_all(hers, theirs, asked).subquery()
    found = select(both).order_by(both.c.starts_at, both.c.slug, both.c.side).limit(limit)
    return [TakingPart(**row) for row in (await db.execute(found)).mappings()]


def _there(user_id: UUID) -> tuple[Any, ...]:
    return FairCandidate.fair_id == Fair.id, FairCandidate.user_id == user_id
