"""The conversation about a contract, between its two sides. Work under way goes on through a block, mediated."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import aliased

from marketplace.contracts.columns import is_party, seen_name
from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.notices import path_of
from marketplace.contracts.rules import EMPLOYER_ROLES
from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.messages.thread_subjects import ThreadSubject
from marketplace.talent.models import Freelancer

LIVING = ("offered", "active")
NOT_YET_PAID_IN = ("planned", "funding", "cancelled")


async def contract_thread(db: AnySession, contract_id: UUID, user_id: UUID) -> ThreadSubject | None:
    """One contract, for either side."""
    return (await contract_threads(db, [contract_id], user_id)).get(contract_id)


async def contract_threads(db: AnySession, wanted: Collection[UUID], user_id: UUID) -> dict[UUID, ThreadSubject]:
    """Those of these contracts in which she is a party; one query."""
    is_funded = select(Milestone.id).where(
        Milestone.contract_id == Contract.id, Milestone.state.not_in(NOT_YET_PAID_IN)
    )
    found = (
        select(Contract.id, Contract.title, Contract.state, Freelancer.user_id, seen_name().label("name"))
        .add_columns(Organisation.name.label("organisation"), is_funded.exists().label("is_funded"))
        .add_columns(_employers().label("employers"))
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .where(Contract.id.in_(wanted), is_party(user_id))
    )
    return {row["id"]: _subject(row) for row in (await db.execute(found)).mappings()}


def _subject(row: Any) -> ThreadSubject:
    hers: UUID = row["user_id"]
    by_id: dict[str, str] = row["employers"] or {}
    employers = {UUID(id): name for id, name in by_id.items() if UUID(id) != hers}
    return ThreadSubject(
        title=row["title"],
        href=path_of(row["id"]),
        members=(hers, *employers),
        sides={hers: "freelancer", **dict.fromkeys(employers, "employer")},
        names={hers: row["name"], **{id: f"{name}, {row['organisation']}" for id, name in employers.items()}},
        outlives_block=row["state"] in LIVING,
        may_share_contact=row["is_funded"],
    )


def _employers() -> ScalarSelect[Any]:
    """Ids and names of those on the employer's side."""
    member = aliased(User)
    return (
        select(func.jsonb_object_agg(member.id, member.name))
        .select_from(Membership)
        .join(member, member.id == Membership.user_id)
        .where(Membership.organisation_id == Contract.organisation_id, Membership.role.in_(EMPLOYER_ROLES))
        .where(member.closed_at.is_(None))
        .correlate(Contract)
        .scalar_subquery()
    )
