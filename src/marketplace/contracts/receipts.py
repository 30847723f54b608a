"""What becomes of a milestone when the transfer that a receipt showed never came."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts import moves, notices, orders, rules
from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.deadlines import actions as deadlines
from marketplace.escrow.rails import undoing
from marketplace.escrow.rails.models import PayInReceipt
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money

_CLOCKS = (rules.DUE, rules.HOLDING_WARNING, rules.HOLDING_LIMIT)


async def say_never_came(db: Session, receipt_id: UUID, why: str, *, by: UUID, at: datetime) -> PayInReceipt:
    """One of finance says so, a second one agrees: work that has not been handed in stops until the money is there.

    Work that was handed in has relied on our word, and so has who was paid: there the platform stands in.
    Raises: as escrow's undoing.
    """
    milestone = await _milestone_of(db, receipt_id)
    for kind in _CLOCKS:
        await deadlines.hold(db, kind, subject=("milestone", milestone.id))
    await deadlines.hold(db, rules.ORDER_UNPAID, subject=("contract", milestone.contract_id))
    contract = await moves.lock(db, milestone)
    is_relied_on = await _is_relied_on(db, contract, milestone)
    receipt = await undoing.say_never_came(db, receipt_id, why, is_relied_on=is_relied_on, by=by, at=at)
    if receipt.state != "undone":
        return receipt
    is_open = (await moves.held(db, milestone)).state == "pending"  # else what came too much has covered it
    if milestone.state == "funded" and is_open:
        for kind in _CLOCKS:
            await deadlines.cancel(db, kind, subject=("milestone", milestone.id))
        milestone.due_at = None
        await moves.move(db, contract, milestone, "planned", by=None, at=at, why=rules.NEVER_CAME)
        if contract.service_id is not None:
            await orders.wait_again(db, contract, at=at)
    if is_open or receipt.is_borne:
        amount = Money(receipt.said_minor or 0, contract.currency)
        await notices.never_came(db, contract, milestone, amount, is_borne=receipt.is_borne, at=at)
    return receipt


async def _is_relied_on(db: Session, contract: Contract, milestone: Milestone) -> bool:
    if milestone.state in ("planned", "funding"):
        return False
    if milestone.state != "funded" or await moves.deliveries_of(db, milestone):
        return True
    return await moves.left_of(db, milestone) < moves.amount_of(contract, milestone)


async def _milestone_of(db: Session, receipt_id: UUID) -> Milestone:
    query = select(Milestone).join(PayInReceipt, PayInReceipt.hold_id == Milestone.hold_id)
    found = (await db.execute(query.where(PayInReceipt.id == receipt_id))).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
