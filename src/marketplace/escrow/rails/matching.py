"""What a line of a statement means: a payout has arrived, came back, or was not done; or a person has to say."""

from datetime import date, datetime
from typing import Any, cast, get_args
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.engines.banking import references
from marketplace.engines.ledger import journal
from marketplace.engines.ledger.journal import Line
from marketplace.escrow import accounts
from marketplace.escrow.actions import locked_hold
from marketplace.escrow.events import PayoutConfirmed
from marketplace.escrow.models import Payout
from marketplace.escrow.rails import pay_ins, payouts
from marketplace.escrow.rails.models import Explanation, PayIn, StatementLine
from marketplace.escrow.rules import MoveRefused, check_move
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

HINTS = {
    "no_reference": N_("There is no reference of ours in it"),
    "unknown": N_("Nobody has this reference"),
    "several": N_("It names several references"),
    "currency": N_("The currency is another one than is asked for"),
    "amount": N_("The amount is another one than was sent"),
    "receipt": N_("A receipt over another amount was confirmed for it: match it if this is one more transfer"),
    "twice": N_("This payout has arrived before: it may have been paid twice"),
    "not_approved": N_("This payout was never approved: look into it at once"),
    "no_debit": N_("It came back, but no line says that it went out; it is matched when that line comes"),
    "over": N_("This payout is over"),
    "failed_late": N_("The operator says it was not done, but a statement says it was"),
}
BACK = "returned_by_bank"


async def match(db: Session, line: StatementLine, *, by: UUID | None, at: datetime) -> bool:
    """Find what an open line belongs to by its reference; say why where that is not clear. The line is locked."""
    told = f"{line.text} {line.counterparty}"
    if line.is_credit and line.is_booked and (paid := references.found_in(told, references.PAY_IN)):
        return await _match_pay_in(db, line, paid, by=by, at=at)
    found = references.found_in(told, references.PAYOUT)
    payout = await _by_reference(db, found[0]) if len(found) == 1 else None
    if payout is None:
        line.hint = "several" if len(found) > 1 else "unknown" if found else "no_reference"
        await db.flush()
        return False
    line.hint = await _obstacle(db, line, payout)
    if line.hint:
        line.payout_id = payout.id
        await db.flush()
        return False
    await _apply(db, line, payout, by=by, at=at)
    return True


async def _match_pay_in(db: Session, line: StatementLine, found: list[str], *, by: UUID | None, at: datetime) -> bool:
    pay_in = await pay_ins.by_reference(db, found[0]) if len(found) == 1 else None
    line.hint = "" if pay_in else "several" if len(found) > 1 else "unknown"
    if pay_in and await pay_ins.currency_of(db, pay_in) != line.currency:
        line.hint = "currency"
    elif pay_in and by is None and await _contradicts_receipt(db, line, pay_in):
        line.hint = "receipt"
    if pay_in is None or line.hint:
        await db.flush()
        return False
    await pay_ins.take_line(db, line, pay_in, by=by, at=at)
    return True


async def _contradicts_receipt(db: Session, line: StatementLine, pay_in: PayIn) -> bool:
    """A receipt over another amount was booked for the same hold: the same transfer, or one more? A person says."""
    await locked_hold(db, pay_in.hold_id)
    unmet = await pay_ins.unmet_receipts(db, pay_in.hold_id)
    return bool(unmet) and line.amount_minor not in [each.said_minor for each in unmet]


async def _by_reference(db: Session, reference: str) -> Payout | None:
    query = (
        select(Payout).where(Payout.reference == reference).with_for_update().execution_options(populate_existing=True)
    )
    return (await db.execute(query)).scalar_one_or_none()


async def _obstacle(db: Session, line: StatementLine, payout: Payout) -> str:
    """Why this line can't be this payout's without a person; empty when it can."""
    is_whole = (line.amount_minor, line.currency) == (payout.arrives_minor, payout.arrives_currency)
    match payout.state:
        case "requested":
            return "not_approved"
        case "sent" if line.is_credit:
            return "no_debit"
        case "confirmed" if not line.is_booked:
            return "failed_late"
        case "confirmed" if not line.is_credit and await _has_debit(db, payout):
            return "twice"
        case "sent" | "confirmed":
            return "" if is_whole else "amount"
        case _:
            return "over"


async def _has_debit(db: Session, payout: Payout) -> bool:
    query = select(
        exists().where(
            StatementLine.payout_id == payout.id,
            StatementLine.state == "matched",
            StatementLine.is_credit.is_(False),
            StatementLine.is_booked,
        )
    )
    return bool((await db.execute(query)).scalar_one())


async def _apply(db: Session, line: StatementLine, payout: Payout, *, by: UUID | None, at: datetime) -> None:
    """The line is this payout's: it has arrived, has come back, or was not done."""
    line.state, line.payout_id, line.hint, line.ended_by, line.ended_at = "matched", payout.id, "", by, at
    await db.flush()
    money = Money(line.amount_minor, line.currency)
    if not line.is_booked:
        await payouts.give_back(db, payout, "failed", code=line.reason or BACK, by=by, at=at)
    elif line.is_credit:
        await _came_back(db, payout, line, money, by=by, at=at)
    elif payout.state == "sent":
        await confirm(db, payout, money, on=line.on, by=by, at=at)


async def confirm(db: Session, payout: Payout, arrived: Money, *, on: date, by: UUID | None, at: datetime) -> None:
    """It has arrived. The statement's line stands in clearing already (or will); here it meets its payout."""
    check_move("payout", payout.state, "confirmed")
    payout.state, payout.ended_at, payout.arrived_minor, payout.arrived_on = "confirmed", at, arrived.amount_minor, on
    await db.flush()
    lines = [
        Line(payouts.in_transit(payout), Money(-payouts.converted_of(payout).amount_minor, arrived.currency)),
        *_fee_lines(payout, sign=1),
        Line(accounts.clearing(arrived.currency), Money(payout.arrives_minor, arrived.currency)),
    ]
    subject = ("payout", payout.id)
    key = f"payout:{payout.id}:confirmed"
    await journal.post(db, key=key, kind="payout_confirmed", lines=lines, at=at, subject=subject)
    said: dict[str, Any] = {"arrived_minor": arrived.amount_minor, "arrived_currency": arrived.currency, "on": str(on)}
    await audit.record(db, "payout.confirmed", subject=subject, by=by, at=at, **said)
    await publish(db, PayoutConfirmed(payout_id=payout.id, user_id=payout.user_id))


async def _came_back(
    db: Session, payout: Payout, line: StatementLine, money: Money, *, by: UUID | None, at: datetime
) -> None:
    """The bank sent it back: what lies in suspense is in transit again, and then hers, all of it."""
    converted = payouts.converted_of(payout)
    difference = money + Money(payout.rail_fee_minor, money.currency) - converted
    lines = [
        Line(accounts.suspense(line.id), Money(-money.amount_minor, money.currency)),
        Line(payouts.in_transit(payout), converted),
        *_fee_lines(payout, sign=-1),
        *([Line(accounts.clearing(money.currency), difference)] if difference else []),
    ]
    key = f"payout:{payout.id}:came_back"
    await journal.post(db, key=key, kind="payout_came_back", lines=lines, at=at, subject=("payout", payout.id))
    await payouts.give_back(db, payout, "returned", code=line.reason or BACK, by=by, at=at)


def _fee_lines(payout: Payout, *, sign: int) -> list[Line]:
    fee = Money(sign * payout.rail_fee_minor, payout.arrives_currency)
    return [Line(accounts.rail_fees(fee.currency), fee)] if fee else []


# --- what people decide


async def match_by_hand(db: Session, line_id: UUID, reference: str, *, by: UUID, at: datetime) -> None:
    """A person says to which payout a line belongs, though the amount or the reference is another one.

    Raises: Invalid naming the obstacle that no person can take away.
    """
    line = await open_line(db, line_id)
    if line.is_credit and line.is_booked and (paid := references.found_in(reference, references.PAY_IN)):
        if not await _match_pay_in(db, line, paid, by=by, at=at):
            raise Invalid.at("reference", HINTS[line.hint])
        await _note(db, line, "line.matched", by=by, at=at, why=paid[0])
        return
    found = references.found_in(reference, references.PAYOUT)
    payout = await _by_reference(db, found[0]) if len(found) == 1 else None
    if payout is None or payout.arrives_currency != line.currency:
        raise Invalid.at("reference", HINTS["unknown"])
    if (obstacle := await _obstacle(db, line, payout)) not in ("", "amount"):
        raise Invalid.at("reference", HINTS[obstacle])
    await _apply(db, line, payout, by=by, at=at)
    await _note(db, line, "line.matched", by=by, at=at, why=payout.reference or "")


async def explain(db: Session, line_id: UUID, explanation: str, why: str, *, by: UUID, at: datetime) -> None:
    """A person says what a line is that belongs to no payout and no hold. Raises: Invalid."""
    if explanation not in get_args(Explanation):
        raise Invalid.at("explanation", N_("Choose one of the list."))
    if not why.strip():
        raise Invalid.at("why", N_("Please fill this in."))
    line = await open_line(db, line_id)
    money = Money(line.amount_minor, line.currency)
    lies_in = accounts.suspense(line.id) if line.is_credit else accounts.clearing(line.currency)
    goes_to = {
        "bank_fee": accounts.rail_fees(line.currency),
        "own_transfer": accounts.own_transfers(line.currency),
        "other": accounts.clearing(line.currency),
    }[cast(Explanation, explanation)]
    if line.is_booked and lies_in != goes_to:
        lines = accounts.move(lies_in, goes_to, money) if line.is_credit else accounts.move(goes_to, lies_in, money)
        key = f"line:{line.id}:explained"
        await journal.post(db, key=key, kind="line_explained", lines=lines, at=at, subject=("statement_line", line.id))
    line.state, line.explanation, line.ended_by, line.ended_at = "explained", explanation, by, at
    line.payout_id = None
    await db.flush()
    await _note(db, line, "line.explained", by=by, at=at, why=why.strip(), explanation=explanation)


async def confirm_by_receipt(db: Session, payout_id: UUID, file_id: UUID, *, by: UUID, at: datetime) -> None:
    """Paid by hand, and here is the receipt. Raises: NotFound, MoveRefused."""
    payout = await payouts.locked(db, payout_id)
    if payout.rail != "manual":
        raise NotFound
    if payout.user_id == by:
        raise MoveRefused
    payout.receipt_file_id = file_id
    arrived = Money(payout.arrives_minor, payout.arrives_currency)
    await confirm(db, payout, arrived, on=at.date(), by=by, at=at)


async def failed_by_hand(db: Session, payout_id: UUID, why: str, *, by: UUID, at: datetime) -> None:
    """A payout by hand could not be made. Raises: NotFound, MoveRefused, Invalid."""
    if not why.strip():
        raise Invalid.at("why", N_("Please fill this in."))
    payout = await payouts.locked(db, payout_id)
    if payout.rail != "manual":
        raise NotFound
    if payout.state != "sent":
        raise MoveRefused
    await payouts.give_back(db, payout, "failed", code=why.strip(), by=by, at=at)


async def open_line(db: Session, line_id: UUID) -> StatementLine:
    """An open line, locked. Raises: NotFound, MoveRefused."""
    line = await db.get(StatementLine, line_id, with_for_update=True, populate_existing=True)
    if line is None:
        raise NotFound
    if line.state != "open":
        raise MoveRefused
    return line


async def _note(
    db: Session, line: StatementLine, action: str, *, by: UUID, at: datetime, why: str, **values: object
) -> None:
    said: dict[str, Any] = {"amount_minor": line.amount_minor, "currency": line.currency, **values}
    await audit.record(db, action, subject=("statement_line", line.id), by=by, at=at, why=why, **said)
