"""What each role in an organisation may do, as data: the page of seats shows this table, actions ask it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.identity.models import Membership, MembershipRole
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.i18n import N_

ROLES: dict[MembershipRole, str] = {
    "owner": N_("Owner"),
    "hiring": N_("Hiring"),
    "finance": N_("Finance"),
    "member": N_("Member"),
}


class NotMyRole(NotAllowed):
    """The person belongs to the organisation, but her role may not do that."""


@dataclass(frozen=True, slots=True)
class Power:
    """Something that some roles may do. `refused` is said to the others."""

    name: str
    title: str
    roles: tuple[MembershipRole, ...]
    refused: str


POWERS = (
    Power(
        "hire",
        N_("Write postings, read proposals and applications, choose people"),
        ("owner", "hiring"),
        N_("Only owners and those who hire may do that. Ask an owner."),
    ),
    Power(
        "contracts",
        N_("See contracts, write to freelancers, accept work"),
        ("owner", "hiring", "finance"),
        N_("Only owners, those who hire and those who pay see contracts. Ask an owner."),
    ),
    Power(
        "pay",
        N_("Fund milestones, see the organisation's money and invoices"),
        ("owner", "finance"),
        N_("Only owners and those who pay may fund and see money. Ask an owner."),
    ),
    Power(
        "seats",
        N_("Invite and remove people, change roles"),
        ("owner",),
        N_("Only owners change seats. Ask one of them."),
    ),
    Power(
        "belong",
        N_("See who belongs to it, and the organisation's page"),
        ("owner", "hiring", "finance", "member"),
        N_("You are no member of this organisation."),
    ),
)
BY_NAME = {power.name: power for power in POWERS}


def may(role: str, power: str) -> bool:
    """Whether this role has that power."""
    return role in BY_NAME[power].roles


async def require(db: AnySession, organisation_id: UUID, user_id: UUID, power: str) -> None:
    """Raises: NotMyRole when this person's role in the organisation does not have that power."""
    mine = select(Membership.role).where(Membership.organisation_id == organisation_id, Membership.user_id == user_id)
    role = await db.scalar(mine)
    if role is None or not may(role, power):
        raise NotMyRole(BY_NAME[power].refused)
