"""What every step of a contract shares: the locks, the moves, and how a milestone and a contract end.

Locks are always taken in this order: deadline, hold, contract, milestone, dispute.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.contracts import notices, rules
from marketplace.contracts.events import ContractEnded
from marketplace.contracts.models import Contract, ContractState, Delivery, Milestone, MilestoneState
from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.search import outbox
from marketplace.escrow import actions as escrow
from marketplace.escrow import queries as escrow_queries
from marketplace.escrow.models import Hold
from marketplace.gigs import services
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.events import publish
from marketplace.kernel.money import Money
from marketplace.postings.queries import skills_of
from marketplace.skills.actions import count_earned
from marketplace.talent.models import Freelancer


async def finish(db: Session, contract: Contract, *, by: UUID | None, at: datetime) -> None:
    """End the contract with its last milestone: completed where money was released, else cancelled."""
    states = select(Milestone.state).where(Milestone.contract_id == contract.id)
    to = rules.next_contract_state((await db.execute(states)).scalars())
    if contract.state != "active" or to == "active":
        return
    contract.ended_at = at
    await move_contract(db, contract, to, by=by, at=at)
    if to == "completed":
        await count_earned_skills(db, contract, at=at)
        await notices.completed(db, contract, at=at)


async def release(db: Session, contract: Contract, milestone: Milestone, *, by: UUID | None, at: datetime) -> None:
    """What is left of its hold goes to the freelancer (`by` None: in time). Raises: HoldFrozen."""
    rules.check_milestone_move(milestone.state, "released")
    cause = "accepted" if by else "deadline"
    hold, left = await held(db, milestone), await left_of(db, milestone)
    made = await escrow.release(db, hold, left, by=by, cause=cause, at=at)
    net = Money(made.amount_minor - made.fee_minor, made.currency)
    await move(db, contract, milestone, "released", by=by, at=at, why=cause, **values_of(net))
    await notices.released(db, contract, milestone, made, is_automatic=by is None, at=at)
    await finish(db, contract, by=by, at=at)


async def cancel(db: Session, contract: Contract, milestone: Milestone, *, by: UUID | None, at: datetime) -> None:
    """Nothing more is to be done here: what is held goes back, an open pay page closes. Raises: HoldFrozen."""
    is_held = milestone.state in rules.HELD
    await move(db, contract, milestone, "cancelled", by=by, at=at)
    if is_held:
        hold = await held(db, milestone)
        await escrow.refund(db, hold, await escrow_queries.left_in(db, hold.id), by=by, cause="cancelled", at=at)
    elif milestone.hold_id is not None:
        await escrow.cancel_hold(db, await held(db, milestone), by=by, at=at)


async def left_of(db: Session, milestone: Milestone) -> Money:
    """What is still held for it."""
    assert milestone.hold_id is not None
    return await escrow_queries.left_in(db, milestone.hold_id)


async def deliveries_of(db: Session, milestone: Milestone) -> int:
    """How often something was handed in."""
    return await db.scalar(select(func.count()).where(Delivery.milestone_id == milestone.id)) or 0


async def held(db: Session, milestone: Milestone) -> Hold:
    """Its hold."""
    assert milestone.hold_id is not None
    return await db.get_one(Hold, milestone.hold_id)


async def count_earned_skills(db: Session, contract: Contract, *, at: datetime) -> None:
    """What the gig or the service asked for she has now shown, on one contract more; search learns it too."""
    freelancer = await db.get_one(Freelancer, contract.freelancer_id)
    asked: list[str] = contract.terms.get("skills", [])
    if contract.posting_id is not None:
        asked = [skill.slug for skill in await skills_of(db, contract.posting_id)]
    await count_earned(db, freelancer.user_id, asked, at=at)
    await outbox.changed(db, "people", freelancer.id)
    await services.tell_search(db, freelancer.id)


async def lock(db: Session, milestone: Milestone) -> Contract:
    """Hold, contract, milestone: ours, and as they are now, until the transaction ends."""
    if milestone.hold_id is not None:
        await db.get_one(Hold, milestone.hold_id, with_for_update=True, populate_existing=True)
    contract = await db.get_one(Contract, milestone.contract_id, with_for_update=True, populate_existing=True)
    await db.refresh(milestone, with_for_update=True)
    return contract


async def lock_reviewed(db: Session, milestone: Milestone) -> Contract:
    """As `lock`, with the review's deadline before it: somebody answers, so it no longer matters."""
    await deadlines.cancel(db, rules.REVIEW, subject=("milestone", milestone.id))
    return await lock(db, milestone)


async def lock_all(db: Session, contract: Contract) -> list[Milestone]:
    """Every hold of the contract in the order of their ids, the contract, its milestones."""
    holds = select(Milestone.hold_id).where(Milestone.contract_id == contract.id, Milestone.hold_id.is_not(None))
    await db.execute(select(Hold).where(Hold.id.in_(holds)).order_by(Hold.id).with_for_update())
    await db.refresh(contract, with_for_update=True)
    milestones = select(Milestone).where(Milestone.contract_id == contract.id).order_by(Milestone.number)
    fresh = milestones.with_for_update().execution_options(populate_existing=True)
    return list((await db.execute(fresh)).scalars())


async def move(
    db: Session,
    contract: Contract,
    milestone: Milestone,
    to: MilestoneState,
    *,
    by: UUID | None,
    at: datetime,
    why: str = "",
    **values: Any,
) -> None:
    """One step of a milestone, with its line. Raises: MilestoneMoveRefused."""
    rules.check_milestone_move(milestone.state, to)
    before, milestone.state = milestone.state, to
    await db.flush()
    about = {"number": milestone.number, "milestone": milestone.title, "before": before}
    await note(db, contract, f"milestone.{to}", by=by, at=at, why=why, **about, **values)


async def move_contract(
    db: Session, contract: Contract, to: ContractState, *, by: UUID | None, at: datetime, why: str = ""
) -> None:
    """One step of a contract, with its line. Raises: ContractOver."""
    rules.check_contract_move(contract.state, to)
    contract.state = to
    await db.flush()
    await note(db, contract, f"contract.{to}", by=by, at=at, why=why)
    if contract.ended_at is not None:
        await publish(db, ContractEnded(contract_id=contract.id))


async def note(
    db: Session, contract: Contract, action: str, *, by: UUID | None, at: datetime, why: str = "", **values: Any
) -> None:
    """A line of the contract's timeline."""
    await audit.record(db, action, subject=("contract", contract.id), by=by, at=at, why=why, **values)


def amount_of(contract: Contract, milestone: Milestone) -> Money:
    """What was agreed for it."""
    return Money(milestone.amount_minor, contract.currency)


def values_of(amount: Money) -> dict[str, Any]:
    """An amount as audit lines keep it."""
    return {"amount_minor": amount.amount_minor, "currency": amount.currency}
