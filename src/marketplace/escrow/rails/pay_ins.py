"""Paying in without a card: a transfer with a reference, found on our statements. The same ledger, the same states.

What came in for a hold lies in `paid_in:<hold>` until it is all there: then the hold is funded. What is too much, or
came when nobody needed it any more, stays there until somebody of finance has sent it back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, func, or_, select

from marketplace.engines.banking import references
from marketplace.engines.ledger import journal
from marketplace.engines.ledger import queries as ledger
from marketplace.engines.ledger.models import LedgerAccount
from marketplace.escrow import accounts
from marketplace.escrow.actions import locked_hold
from marketplace.escrow.errors import AlreadyFunded, NotHeld, SamePerson
from marketplace.escrow.events import HoldFunded, RefundMadeGood
from marketplace.escrow.models import Hold, Refund
from marketplace.escrow.rails.models import PayIn, PayInReceipt, StatementLine
from marketplace.escrow.rules import MoveRefused, check_move
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.money import Money


async def open_pay_in(db: Session, hold: Hold, *, by: UUID, at: datetime) -> PayIn:
    """The reference under which this hold can be paid by transfer; always the same one.

    Raises: AlreadyFunded, NotHeld.
    """
    hold = await locked_hold(db, hold.id)
    if hold.state != "pending":
        raise NotHeld if hold.state == "cancelled" else AlreadyFunded
    if (found := await pay_in_of(db, hold.id)) is not None:
        return found
    made = PayIn(hold_id=hold.id, reference=references.make(references.PAY_IN), created_by=by, created_at=at)
    db.add(made)
    await db.flush()
    await audit.record(db, "pay_in.opened", subject=("hold", hold.id), by=by, at=at, reference=made.reference)
    return made


async def pay_in_of(db: AnySession, hold_id: UUID) -> PayIn | None:
    """How a hold can be paid by transfer, if somebody asked for that."""
    return (await db.execute(select(PayIn).where(PayIn.hold_id == hold_id))).scalar_one_or_none()


async def by_reference(db: AnySession, reference: str) -> PayIn | None:
    """Whose reference that is."""
    return (await db.execute(select(PayIn).where(PayIn.reference == reference))).scalar_one_or_none()


async def currency_of(db: AnySession, pay_in: PayIn) -> str:
    """The currency that is asked for."""
    return (await db.execute(select(Hold.currency).where(Hold.id == pay_in.hold_id))).scalar_one()


async def arrived_for(db: AnySession, hold: Hold) -> Money:
    """What has come in for a hold and is not held (yet)."""
    return await ledger.balance(db, accounts.paid_in(hold.id), currency=hold.currency)


async def take_line(db: Session, line: StatementLine, pay_in: PayIn, *, by: UUID | None, at: datetime) -> None:
    """A line of a statement is money for this hold: less than all of it, all, or more. The line is locked."""
    hold = await locked_hold(db, pay_in.hold_id)
    assert hold.currency == line.currency, line.id
    line.state, line.hold_id, line.hint, line.ended_by, line.ended_at = "matched", hold.id, "", by, at
    await db.flush()
    money = Money(line.amount_minor, line.currency)
    subject = ("hold", hold.id)
    if (owed := await _borne_receipt_of(db, hold.id, money.amount_minor)) is not None:
        await _make_good(db, hold, owed, line, money, at)
        return
    if (receipt := await _receipt_of(db, hold.id, money.amount_minor)) is not None:
        receipt.line_id = line.id  # booked when two people confirmed it: the line meets it in clearing
        await db.flush()
        lines = accounts.move(accounts.suspense(line.id), accounts.clearing(money.currency), money)
        await journal.post(db, key=f"line:{line.id}:receipt", kind="receipt_met", lines=lines, at=at, subject=subject)
        return
    lines = accounts.move(accounts.suspense(line.id), accounts.paid_in(hold.id), money)
    await journal.post(db, key=f"line:{line.id}:paid_in", kind="paid_in", lines=lines, at=at, subject=subject)
    hit("escrow.pay_in.posted")
    said: dict[str, Any] = {"amount_minor": money.amount_minor, "currency": money.currency}
    await audit.record(db, "hold.paid_in", subject=subject, by=by, at=at, **said)
    await fund_when_whole(db, hold, at)


async def _make_good(
    db: Session, hold: Hold, owed: PayInReceipt, line: StatementLine, money: Money, at: datetime
) -> None:
    """Late after all: the reserve gets what it stood in for. What went back to it since then is the payer's now."""
    owed.line_id = line.id
    back = Money(0, money.currency)
    if money.amount_minor == hold.amount_minor:  # then all that was refunded went to the reserve
        back, hold.is_reserve_backed = await _gone_to_reserve(db, hold, owed), False
    await db.flush()
    parts = [
        journal.Line(accounts.suspense(line.id), Money(-money.amount_minor, money.currency)),
        journal.Line(accounts.reserve(money.currency), money - back),
        journal.Line(accounts.paid_in(hold.id), back),
    ]
    lines = [part for part in parts if part.money]
    key, subject = f"line:{line.id}:reserve", ("hold", hold.id)
    await journal.post(db, key=key, kind="receipt_made_good", lines=lines, at=at, subject=subject)


async def _gone_to_reserve(db: Session, hold: Hold, owed: PayInReceipt) -> Money:
    """What was refunded while nobody had paid it."""
    query = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.hold_id == hold.id, Refund.checkout_id.is_(None), Refund.sent_at >= owed.undone_at
    )
    return Money(int((await db.execute(query)).scalar_one()), hold.currency)


async def fund_when_whole(db: Session, hold: Hold, at: datetime) -> None:
    """What has come in is enough: the hold is funded. It is locked."""
    price = Money(hold.amount_minor, hold.currency)
    if hold.state != "pending" or await arrived_for(db, hold) < price:
        return
    check_move("hold", hold.state, "held")
    hold.state, hold.funded_at = "held", at
    await db.flush()
    lines = accounts.move(accounts.paid_in(hold.id), accounts.hold(hold.id), price)
    await journal.post(db, key=hold.fund_key, kind="fund", lines=lines, at=at, subject=("hold", hold.id))
    hit("escrow.fund.posted")
    said: dict[str, Any] = {"amount_minor": price.amount_minor, "currency": price.currency}
    await audit.record(db, "hold.funded", subject=("hold", hold.id), by=None, at=at, **said)
    await publish(db, HoldFunded(hold_id=hold.id))


async def unmet_receipts(db: Session, hold_id: UUID) -> list[PayInReceipt]:
    """Receipts that were booked and that no line has met yet; the hold is locked."""
    query = select(PayInReceipt).where(
        PayInReceipt.hold_id == hold_id, PayInReceipt.state == "confirmed", PayInReceipt.line_id.is_(None)
    )
    query = query.order_by(PayInReceipt.id).with_for_update().execution_options(populate_existing=True)
    return list((await db.execute(query)).scalars())


async def _receipt_of(db: Session, hold_id: UUID, minor: int) -> PayInReceipt | None:
    return next((each for each in await unmet_receipts(db, hold_id) if each.said_minor == minor), None)


async def _borne_receipt_of(db: Session, hold_id: UUID, minor: int) -> PayInReceipt | None:
    """A receipt over this amount for which the reserve stands in; the hold is locked."""
    query = select(PayInReceipt).where(
        PayInReceipt.hold_id == hold_id,
        PayInReceipt.state == "undone",
        PayInReceipt.is_borne,
        PayInReceipt.line_id.is_(None),
        PayInReceipt.said_minor == minor,
    )
    return (await db.execute(query.order_by(PayInReceipt.id).limit(1).with_for_update())).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class ToSendBack:
    """Money that came in for a hold which can't use it, or that goes back to whoever paid it by transfer.

    `refund_id` where it is a refund; else it is too much, or came too late.
    """

    hold_id: UUID
    refund_id: UUID | None
    purpose: str
    money: Money
    payers: tuple[str, ...]


async def to_send_back(db: AnySession) -> list[ToSendBack]:
    """What somebody of finance has to send back, by hand."""
    left = (
        select(Hold.id, Hold.purpose, LedgerAccount.balance, Hold.currency)
        .join(LedgerAccount, LedgerAccount.code == func.concat("paid_in:", cast(Hold.id, String)))
        .where(Hold.state != "pending", LedgerAccount.balance > 0)
    )
    found = [
        (id, None, purpose, Money(int(minor), currency)) for id, purpose, minor, currency in await db.execute(left)
    ]
    refunds = (
        select(Hold.id, Refund.id, Hold.purpose, Refund.amount_minor, Refund.currency)
        .join(Hold, Hold.id == Refund.hold_id)
        .where(Refund.state == "pending", or_(Hold.charge_id.is_(None), Refund.is_by_hand))
        .order_by(Refund.id)
    )
    found += [(h, r, purpose, Money(minor, currency)) for h, r, purpose, minor, currency in await db.execute(refunds)]
    payers = await _payers(db, {hold_id for hold_id, *_ in found})
    return [ToSendBack(h, r, purpose, money, payers.get(h, ())) for h, r, purpose, money in found]


async def _payers(db: AnySession, hold_ids: set[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Who paid, as the statements name them."""
    query = select(StatementLine.hold_id, StatementLine.counterparty, StatementLine.text, StatementLine.house)
    found: dict[UUID, tuple[str, ...]] = {}
    for hold_id, name, text, house in await db.execute(query.where(StatementLine.hold_id.in_(hold_ids))):
        assert hold_id is not None
        found[hold_id] = (*found.get(hold_id, ()), f"{house}: {name or text}")
    return found


async def sent_back(db: Session, hold_id: UUID, refund_id: UUID | None, *, by: UUID, at: datetime) -> None:
    """Somebody of finance has sent it back; the statement's line follows.

    Raises: NotFound, MoveRefused, SamePerson (who takes a refund from the card does not say that it is paid).
    """
    hold = await locked_hold(db, hold_id)
    if refund_id is not None:
        await _refund_sent(db, hold, refund_id, by=by, at=at)
        return
    left = await arrived_for(db, hold)
    if hold.state == "pending" or not left:
        raise MoveRefused
    lines = accounts.move(accounts.paid_in(hold.id), accounts.clearing(left.currency), left)
    key = f"hold:{hold.id}:sent_back:{await _version(db, hold.id)}"
    await journal.post(db, key=key, kind="sent_back", lines=lines, at=at, subject=("hold", hold.id))
    await _note(db, "hold.sent_back", hold, left, by=by, at=at)


async def _refund_sent(db: Session, hold: Hold, refund_id: UUID, *, by: UUID, at: datetime) -> None:
    refund = await db.get(Refund, refund_id, with_for_update=True, populate_existing=True)
    if refund is None or refund.hold_id != hold.id or not (hold.charge_id is None or refund.is_by_hand):
        raise NotFound
    if refund.is_by_hand and refund.by_user_id == by:
        raise SamePerson
    check_move("refund", refund.state, "sent")
    refund.state, refund.sent_at = "sent", at
    await db.flush()
    money = Money(refund.amount_minor, refund.currency)
    lines = accounts.move(accounts.refund_transit(refund.id), accounts.clearing(money.currency), money)
    key, subject = f"refund:{refund.id}:sent", ("refund", refund.id)
    await journal.post(db, key=key, kind="refund_sent", lines=lines, at=at, subject=subject)
    await _note(db, "refund.sent", hold, money, by=by, at=at)
    if refund.replaces_id is not None:
        await publish(db, RefundMadeGood(hold_id=hold.id, refund_id=refund.id))


async def _version(db: Session, hold_id: UUID) -> int:
    query = select(LedgerAccount.version).where(LedgerAccount.code == accounts.paid_in(hold_id))
    return (await db.execute(query)).scalar_one()


async def _note(db: Session, action: str, hold: Hold, money: Money, *, by: UUID, at: datetime) -> None:
    said: dict[str, Any] = {"amount_minor": money.amount_minor, "currency": money.currency}
    await audit.record(db, action, subject=("hold", hold.id), by=by, at=at, **said)
