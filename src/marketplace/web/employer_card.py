"""Who hires, beside a posting and on a page of its own: levels, badge, how it answers, its reputation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.contracts.reviews.queries import Reputation, reputation_of
from marketplace.identity.employers.queries import OrganisationView, Standing, organisation_view, standing_of
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.outcomes.responsiveness import Responsiveness, responsiveness_of
from marketplace.trust.blocks import is_blocked


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


async def visible_organisation(db: AnySession, slug: str, *, reader: UUID | None) -> OrganisationView:
    """An organisation for this reader. A private person who hires is not there for whom she blocked, nor the reverse.

    Raises: NotFound. A company is not one person: blocking one of its people hides no page of it.
    """
    found = await organisation_view(db, slug)
    if found.is_personal and reader is not None:
        for owner_id in found.owner_ids:  # she is its only one
            if await is_blocked(db, reader, owner_id):
                raise NotFound
    return found
