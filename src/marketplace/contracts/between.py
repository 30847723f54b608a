"""Whether two people share a contract that is not over: a block between them turns its thread into a mediated one."""

from uuid import UUID

from sqlalchemy import select

from marketplace.contracts.models import Contract
from marketplace.contracts.queries import is_party
from marketplace.kernel.database import AnySession
from marketplace.talent.models import Freelancer


async def has_living_contract(db: AnySession, one: UUID, other: UUID) -> bool:
    """Whether the two stand on the two sides of a contract that is offered or active."""
    living = (
        select(Contract.id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .where(Contract.state.in_(("offered", "active")), is_party(one), is_party(other))
        .limit(1)
    )
    return await db.scalar(living) is not None
