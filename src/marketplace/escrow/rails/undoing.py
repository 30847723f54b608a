"""A confirmed receipt whose money never came: two of finance say so, and what was booked on it is taken back.

    confirmed → undone      (`is_borne`: work has relied on it, and the platform's reserve stands in for the money)

Where nobody has relied on it, its posting is reversed; a hold that was funded with it waits to be paid again, and the
same transfer, should it come after all, funds it. Where work was handed in or money has left the hold, the reserve
pays: what is released stays released. A transfer that comes then goes to the reserve. Where more than enough has come,
or the hold was given up before it was whole, what lies in `paid_in` is taken, and nobody has to stand in.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.ledger import journal
from marketplace.engines.ledger import queries as ledger
from marketplace.escrow import accounts, sending
from marketplace.escrow.errors import OtherMoneyHeld, OwnReceipt, SamePerson
from marketplace.escrow.models import Hold, Refund
from marketplace.escrow.queries import left_in
from marketplace.escrow.rails import pay_ins, receipts
from marketplace.escrow.rails.models import PayInReceipt
from marketplace.escrow.rules import MoveRefused, check_move
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.failpoints import hit
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money


async def say_never_came(
    db: Session, receipt_id: UUID, why: str, *, is_relied_on: bool, by: UUID, at: datetime
) -> PayInReceipt:
    """One of finance says that its money never came, and why; when a second one agrees, it is undone.

    Raises: NotFound, MoveRefused, OwnReceipt, SamePerson, OtherMoneyHeld; Invalid without a reason.
    """
    receipt, hold = await receipts.locked(db, receipt_id)
    if receipt.state != "confirmed" or receipt.line_id is not None:
        raise MoveRefused
    if await receipts.is_theirs(db, hold, receipt, by):
        raise OwnReceipt
    if receipt.undo_by is None:
        if not why.strip():
            raise Invalid.at("why", N_("Please fill this in."))
        receipt.undo_by, receipt.undo_at, receipt.undo_reason = by, at, why.strip()
        await db.flush()
        await _note(db, "receipt.missing", receipt, by=by, at=at, why=receipt.undo_reason)
        return receipt
    if receipt.undo_by == by:
        raise SamePerson
    amount = Money(receipt.said_minor or 0, hold.currency)
    is_covered = hold.state != "pending" and await pay_ins.arrived_for(db, hold) >= amount
    is_borne = is_relied_on and not is_covered
    if is_borne:
        await _bear(db, hold, receipt, amount, at)
    else:
        await _take_back(db, hold, receipt, amount, at, is_covered=is_covered)
    receipt.state, receipt.undone_by, receipt.undone_at, receipt.is_borne = "undone", by, at, is_borne
    await db.flush()
    said: dict[str, Any] = {"amount_minor": amount.amount_minor, "currency": amount.currency}
    await _note(db, "receipt.undone", receipt, by=by, at=at, is_borne=is_borne, **said)
    return receipt


async def _take_back(
    db: Session, hold: Hold, receipt: PayInReceipt, amount: Money, at: datetime, *, is_covered: bool
) -> None:
    """As if it had not been confirmed: both postings are reversed, the newer one first."""
    paid_in, subject = accounts.paid_in(hold.id), ("hold", hold.id)
    if hold.state == "held" and not is_covered:
        price = Money(hold.amount_minor, hold.currency)
        lines = accounts.move(accounts.hold(hold.id), paid_in, price)
        key, funded = f"receipt:{receipt.id}:unfund", await ledger.id_of(db, hold.fund_key)
        await journal.post(db, key=key, kind="unfund", lines=lines, at=at, subject=subject, reverses=funded)
        check_move("hold", hold.state, "pending")
        hold.state, hold.funded_at, hold.unfunded = "pending", None, hold.unfunded + 1
        await db.flush()
    lines = accounts.move(paid_in, accounts.clearing(amount.currency), amount)
    key, booked = f"receipt:{receipt.id}:undone", await ledger.id_of(db, f"receipt:{receipt.id}:paid_in")
    await journal.post(db, key=key, kind="receipt_undone", lines=lines, at=at, subject=subject, reverses=booked)
    hit("escrow.receipt.undone")


async def _bear(db: Session, hold: Hold, receipt: PayInReceipt, amount: Money, at: datetime) -> None:
    """The reserve pays what never came; what goes back of this hold goes back to the reserve, since nobody paid it."""
    waiting = await _refunds_not_sent(db, hold)
    if amount.amount_minor < hold.amount_minor and (waiting or await left_in(db, hold.id)):
        raise OtherMoneyHeld
    lines = accounts.move(accounts.reserve(amount.currency), accounts.clearing(amount.currency), amount)
    key = f"receipt:{receipt.id}:borne"
    await journal.post(db, key=key, kind="receipt_borne", lines=lines, at=at, subject=("hold", hold.id))
    hit("escrow.receipt.undone")
    hold.is_reserve_backed = amount.amount_minor == hold.amount_minor
    await db.flush()
    for refund in waiting:
        await sending.give_back(db, refund, hold, at=at)


async def _refunds_not_sent(db: Session, hold: Hold) -> list[Refund]:
    query = select(Refund).where(Refund.hold_id == hold.id, Refund.checkout_id.is_(None), Refund.state == "pending")
    return list((await db.execute(query.order_by(Refund.id).with_for_update())).scalars())


async def _note(db: Session, action: str, receipt: PayInReceipt, *, by: UUID, at: datetime, **values: Any) -> None:
    about = {"receipt": str(receipt.id), **values}
    await audit.record(db, action, subject=("hold", receipt.hold_id), by=by, at=at, **about)
