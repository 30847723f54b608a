"""A contract agreed without a posting: one milestone, as both said yes to it (an offer on the spot at a fair)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from marketplace.contracts import moves, notices, rules
from marketplace.contracts.models import Contract, Milestone
from marketplace.escrow import fees
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from marketplace.talent.models import Freelancer


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What both sides said yes to."""

    title: str
    description: str
    price: Money
    days: int
    posting_id: UUID | None = None


async def start(
    db: Session, agreed: Agreed, *, organisation_id: UUID, freelancer: Freelancer, by: UUID, at: datetime
) -> Contract:
    """An active contract with one milestone to fund; both are told. Whether they may, is asked by whoever calls."""
    fee = await fees.fee_terms(db, "contract", agreed.price.currency, at=at)
    part: dict[str, Any] = {"number": 1, "title": agreed.title, "amount_minor": agreed.price.amount_minor}
    part["days"] = agreed.days
    terms: dict[str, Any] = {"title": agreed.title, "description": agreed.description}
    terms |= {"currency": agreed.price.currency, "milestones": [part]}
    terms |= {"fee_basis_points": fee.basis_points, "fee_minimum_minor": fee.minimum_minor}
    contract = Contract(
        posting_id=agreed.posting_id,
        organisation_id=organisation_id,
        freelancer_id=freelancer.id,
        park_id=freelancer.park_id,
        state="active",
        title=agreed.title,
        currency=agreed.price.currency,
        fee_basis_points=fee.basis_points,
        fee_minimum_minor=fee.minimum_minor,
        terms=terms,
        terms_hash=rules.terms_hash(terms),
        started_at=at,
    )
    db.add(contract)
    await db.flush()
    await db.execute(insert(Milestone).values(**part, contract_id=contract.id, state="planned"))
    await moves.note(db, contract, "contract.started", by=by, at=at, **moves.values_of(agreed.price))
    await notices.started(db, contract, agreed.price, at=at)
    return contract
