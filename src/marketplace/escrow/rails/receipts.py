"""A transfer that no statement shows yet: the payer brings the receipt, two of finance read it, each alone.

    receipt   waiting → confirmed | refused    (confirmed: two have read the same; `line_id`: a statement shows it)
              confirmed → undone               (its money never came: undoing.py)

It is booked as a line of a statement would be, from `clearing`, where the line that comes later meets it. Never for
more than is missing, and never once the hold needs nothing: money is not sent back on the word of a receipt.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select

from marketplace.engines.files.models import StoredFile
from marketplace.engines.ledger import journal
from marketplace.engines.ledger import queries as ledger
from marketplace.escrow import accounts
from marketplace.escrow.actions import locked_hold
from marketplace.escrow.errors import AlreadyFunded, OwnReceipt, SamePerson, TooManyReceipts, UnpaidReceipt
from marketplace.escrow.events import ReceiptRefused
from marketplace.escrow.models import Hold
from marketplace.escrow.rails import pay_ins
from marketplace.escrow.rails.models import PayIn, PayInReceipt, StatementLine
from marketplace.escrow.rules import MoveRefused
from marketplace.identity import audit
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

MOST_WAITING = 3
_BORNE = (PayInReceipt.state == "undone", PayInReceipt.is_borne, PayInReceipt.line_id.is_(None))
SHOWN = 50
"""So many stand on finance's page, the oldest first: the next ones come as these are done."""


async def hand_in(db: Session, hold: Hold, file: StoredFile, *, by: UUID, at: datetime) -> PayInReceipt:
    """The payer shows that she has transferred. Raises: AlreadyFunded, TooManyReceipts, UnpaidReceipt."""
    hold = await locked_hold(db, hold.id)
    if hold.state != "pending":
        raise AlreadyFunded
    waiting = select(func.count()).where(PayInReceipt.hold_id == hold.id, PayInReceipt.state == "waiting")
    if (await db.execute(waiting)).scalar_one() >= MOST_WAITING:
        raise TooManyReceipts
    if await _owes(db, hold.payer_organisation_id):
        raise UnpaidReceipt
    made = PayInReceipt(hold_id=hold.id, file_id=file.id, state="waiting", uploaded_by=by, uploaded_at=at)
    db.add(made)
    await db.flush()
    await _note(db, "receipt.handed_in", made, by=by, at=at)
    return made


async def _owes(db: Session, organisation_id: UUID) -> bool:
    """Whether the platform stands in for a receipt of theirs whose money never came."""
    query = select(PayInReceipt.id).join(Hold, Hold.id == PayInReceipt.hold_id)
    theirs = Hold.payer_organisation_id == organisation_id
    return await db.scalar(query.where(theirs, *_BORNE).limit(1)) is not None


async def say_amount(db: Session, receipt_id: UUID, amount: Money, *, by: UUID, at: datetime) -> PayInReceipt:
    """One of finance has read this amount on it. When a second one reads the same, it is booked.

    When the second reads another amount, that counts as the first reading, and somebody else has to look again.
    Raises: NotFound, MoveRefused, SamePerson, OwnReceipt; Invalid for an amount that can't be.
    """
    receipt, hold = await locked(db, receipt_id)
    if receipt.state != "waiting" or hold.state != "pending":
        raise MoveRefused
    if await is_theirs(db, hold, receipt, by):
        raise OwnReceipt
    missing = Money(hold.amount_minor, hold.currency) - await pay_ins.arrived_for(db, hold)
    if amount.currency != hold.currency or not 0 < amount.amount_minor <= missing.amount_minor:
        raise Invalid.at("amount", N_("Write what the receipt shows, and no more than is missing: the rest waits."))
    if receipt.said_by == by and receipt.said_minor == amount.amount_minor:
        raise SamePerson
    if receipt.said_by in (None, by) or receipt.said_minor != amount.amount_minor:
        receipt.said_by, receipt.said_at, receipt.said_minor = by, at, amount.amount_minor
        await db.flush()
        await _note(db, "receipt.read", receipt, by=by, at=at, amount_minor=amount.amount_minor)
        return receipt
    await _confirm(db, receipt, hold, amount, by=by, at=at)
    return receipt


async def _confirm(db: Session, receipt: PayInReceipt, hold: Hold, amount: Money, *, by: UUID, at: datetime) -> None:
    line = await _line_of(db, hold, amount)
    receipt.state, receipt.ended_by, receipt.ended_at = "confirmed", by, at
    receipt.line_id = line.id if line else None
    await db.flush()
    await _note(db, "receipt.confirmed", receipt, by=by, at=at, amount_minor=amount.amount_minor)
    if line is not None:
        return  # the statement was faster, and has booked it
    lines = accounts.move(accounts.clearing(amount.currency), accounts.paid_in(hold.id), amount)
    key, subject = f"receipt:{receipt.id}:paid_in", ("hold", hold.id)
    await journal.post(db, key=key, kind="paid_in", lines=lines, at=at, subject=subject)
    hit("escrow.receipt.posted")
    said: dict[str, Any] = {"amount_minor": amount.amount_minor, "currency": amount.currency}
    await audit.record(db, "hold.paid_in", subject=subject, by=by, at=at, **said)
    await pay_ins.fund_when_whole(db, hold, at)


async def _line_of(db: Session, hold: Hold, amount: Money) -> StatementLine | None:
    """A line over this amount that a statement shows for the hold, and that no receipt has met yet."""
    met = exists().where(PayInReceipt.line_id == StatementLine.id)
    query = select(StatementLine).where(
        StatementLine.hold_id == hold.id,
        StatementLine.state == "matched",
        StatementLine.amount_minor == amount.amount_minor,
        ~met,
    )
    return (await db.execute(query.order_by(StatementLine.id).limit(1))).scalar_one_or_none()


async def refuse(db: Session, receipt_id: UUID, why: str, *, by: UUID, at: datetime) -> None:
    """It shows no transfer to us; the payer reads why. Raises: NotFound, MoveRefused, Invalid."""
    if not why.strip():
        raise Invalid.at("why", N_("Please fill this in."))
    receipt, _hold = await locked(db, receipt_id)
    if receipt.state != "waiting":
        raise MoveRefused
    receipt.state, receipt.reason, receipt.ended_by, receipt.ended_at = "refused", why.strip(), by, at
    await db.flush()
    await _note(db, "receipt.refused", receipt, by=by, at=at, why=receipt.reason)
    await publish(db, ReceiptRefused(hold_id=receipt.hold_id, receipt_id=receipt.id))


async def is_theirs(db: Session, hold: Hold, receipt: PayInReceipt, by: UUID) -> bool:
    """Nobody confirms what she or her own organisation has paid, or is paid by it."""
    member = exists().where(Membership.organisation_id == hold.payer_organisation_id, Membership.user_id == by)
    return by in (receipt.uploaded_by, hold.payee_user_id) or bool((await db.execute(select(member))).scalar_one())


async def locked(db: Session, receipt_id: UUID) -> tuple[PayInReceipt, Hold]:
    """A receipt and its hold, both ours until the transaction ends. Raises: NotFound."""
    found = await db.get(PayInReceipt, receipt_id)
    if found is None:
        raise NotFound
    hold = await locked_hold(db, found.hold_id)
    return await db.get_one(PayInReceipt, receipt_id, with_for_update=True, populate_existing=True), hold


# --- reading


async def receipts_of(db: AnySession, hold_id: UUID) -> list[PayInReceipt]:
    """What the payer has handed in for a hold, oldest first."""
    query = select(PayInReceipt).where(PayInReceipt.hold_id == hold_id).order_by(PayInReceipt.id)
    return list((await db.execute(query)).scalars())


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A receipt as finance sees it. `missing` is what the hold still needs, `arrived` what has come in already."""

    receipt: PayInReceipt
    reference: str
    payer: str
    purpose: str
    arrived: Money
    missing: Money

    @property
    def said(self) -> Money:
        """What was read on it; nothing as long as nobody did."""
        return Money(self.receipt.said_minor or 0, self.missing.currency)


async def to_read(db: AnySession) -> list[ReceiptLine]:
    """Receipts that wait for somebody of finance, oldest first."""
    return await _lines(db, PayInReceipt.state == "waiting", Hold.state == "pending")


async def without_line(db: AnySession) -> list[ReceiptLine]:
    """Booked on the word of a receipt, and on no statement yet, oldest first."""
    return await _lines(db, PayInReceipt.state == "confirmed", PayInReceipt.line_id.is_(None))


async def borne(db: AnySession) -> list[ReceiptLine]:
    """Undone, and the reserve stands in: what payers owe us, oldest first."""
    return await _lines(db, *_BORNE)


async def _lines(db: AnySession, *where: Any) -> list[ReceiptLine]:
    query = (
        select(PayInReceipt, PayIn.reference, Organisation.name, Hold)
        .join(Hold, Hold.id == PayInReceipt.hold_id)
        .join(PayIn, PayIn.hold_id == Hold.id)
        .join(Organisation, Organisation.id == Hold.payer_organisation_id)
        .where(*where)
        .order_by(PayInReceipt.id)
        .limit(SHOWN)
    )
    rows = (await db.execute(query)).all()
    came = await ledger.balances(db, {accounts.paid_in(hold.id) for *_, hold in rows})
    found: list[ReceiptLine] = []
    for receipt, reference, payer, hold in rows:
        price = Money(hold.amount_minor, hold.currency)
        arrived = came.get(accounts.paid_in(hold.id), Money(0, hold.currency))
        found.append(ReceiptLine(receipt, reference, payer, hold.purpose, arrived, price - arrived))
    return found


async def currency_of(db: AnySession, receipt_id: UUID) -> str:
    """In what its hold is paid. Raises: NotFound."""
    query = select(Hold.currency).join(PayInReceipt, PayInReceipt.hold_id == Hold.id)
    found = await db.scalar(query.where(PayInReceipt.id == receipt_id))
    if found is None:
        raise NotFound
    return found


async def file_of(db: AnySession, receipt_id: UUID) -> StoredFile:
    """The receipt itself, for finance. Raises: NotFound."""
    query = select(StoredFile).join(PayInReceipt, PayInReceipt.file_id == StoredFile.id)
    found = (await db.execute(query.where(PayInReceipt.id == receipt_id))).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def _note(db: Session, action: str, receipt: PayInReceipt, *, by: UUID, at: datetime, **values: Any) -> None:
    await audit.record(db, action, subject=("hold", receipt.hold_id), by=by, at=at, **values)
