"""How a hold is split between both sides: one journal transaction, one transfer, one refund."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.escrow import accounts, sending
from marketplace.escrow.actions import locked_hold, start_transfer, take_from_hold
from marketplace.escrow.events import HoldRefunded, ReleaseMade
from marketplace.escrow.fees import fee_of_part
from marketplace.escrow.models import Hold, Refund, Release
from marketplace.escrow.queries import left_in
from marketplace.escrow.rules import split_of
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.money import Money


async def split(
    db: Session, hold: Hold, release: Money, *, settlement_id: UUID, by: UUID | None, at: datetime
) -> tuple[Release | None, Refund | None]:
    """End a hold: `release` goes to the freelancer less the fee on it, what is left goes back to the payer.

    All or nothing in one journal transaction, once per `settlement_id`. Raises: NotHeld, HoldFrozen, Invalid.
    """
    hold = await locked_hold(db, hold.id)
    parts = split_of(await left_in(db, hold.id), release, await fee_of_part(db, hold, release))
    released = await _released(db, hold, parts.release, parts.fee, by=by, at=at) if parts.release else None
    refunded = await _refunded(db, hold, parts.refund, by=by, at=at) if parts.refund else None
    lines = accounts.split_lines(hold, parts, refunded.id if refunded else None)
    await take_from_hold(db, hold, lines, key=f"settlement:{settlement_id}", kind="settlement", at=at)
    hit("escrow.settlement.posted")
    if released is not None:
        await publish(db, ReleaseMade(hold_id=hold.id, release_id=released.id, user_id=hold.payee_user_id))
        if net := parts.release - parts.fee:
            await start_transfer(db, hold, released, net, at)
    if refunded is not None:
        await sending.give_back(db, refunded, hold, at=at)
        await publish(db, HoldRefunded(hold_id=hold.id, refund_id=refunded.id))
    amounts: dict[str, Any] = {"release_minor": parts.release.amount_minor, "refund_minor": parts.refund.amount_minor}
    amounts |= {"fee_minor": parts.fee.amount_minor}
    await audit.record(db, "hold.settled", subject=("hold", hold.id), by=by, at=at, currency=hold.currency, **amounts)
    return released, refunded


async def _released(db: Session, hold: Hold, amount: Money, fee: Money, *, by: UUID | None, at: datetime) -> Release:
    made = Release(
        hold_id=hold.id,
        amount_minor=amount.amount_minor,
        fee_minor=fee.amount_minor,
        currency=amount.currency,
        cause="settlement",
        by_user_id=by,
        at=at,
    )
    db.add(made)
    await db.flush()
    return made


async def _refunded(db: Session, hold: Hold, amount: Money, *, by: UUID | None, at: datetime) -> Refund:
    made = Refund(
        hold_id=hold.id,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        cause="settlement",
        state="pending",
        by_user_id=by,
        created_at=at,
    )
    db.add(made)
    await db.flush()
    return made
