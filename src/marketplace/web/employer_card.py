"""What stands beside a posting about who hires: levels, badge, how it answers, its reputation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.contracts.reviews.queries import Reputation, reputation_of
from marketplace.identity.employers.queries import Standing, standing_of
from marketplace.kernel.database import AnySession
from marketplace.outcomes.responsiveness import Responsiveness, responsiveness_of


@dataclass(frozen=True, slots=True)
class EmployerCard:
    """Shown by the macro `card` of templates/organisations/_pieces.html."""

    standing: Standing
    responsiveness: Responsiveness
    reputation: Reputation


async def employer_card(db: AnySession, organisation_id: UUID, *, at: datetime) -> EmployerCard:
    """Three statements, whatever the organisation has."""
    standing = await standing_of(db, organisation_id, at=at)
    answers = await responsiveness_of(db, organisation_id, at=at)
    known = await reputation_of(db, "organisation", organisation_id, as_of=at.date())
    return EmployerCard(standing, answers, known)
