"""Payers' banks ask for payments back. The dispute as Stripe shows it now decides, in whatever order it is told.

    open → won | lost | closed        (closed: an inquiry that ended without money moving)

What is held of that payment freezes and stays whole. What the bank takes stands in an account of the chargeback until
the bank has decided; what is lost then falls on the platform's reserve, or, where a person decided before that the
fault is the freelancer's, on what is still held. What was released stays released: her balance never falls.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.ledger import journal
from marketplace.engines.payments import outbox
from marketplace.engines.payments.operations import Wire, part
from marketplace.escrow import accounts
from marketplace.escrow.actions import locked_hold
from marketplace.escrow.chargeback_models import Chargeback
from marketplace.escrow.events import ChargebackClosed, ChargebackOpened
from marketplace.escrow.models import Checkout, Hold
from marketplace.escrow.queries import left_in
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

ENDED = {"won": "won", "lost": "lost", "warning_closed": "closed", "prevented": "closed"}
"""Stripe's status → our state; every other status is open."""


class ChargebackOver(Conflict):
    message = N_("The bank has decided this already.")


async def dispute_changed(db: Session, dispute: Wire, at: datetime) -> None:
    """Take the dispute as it is now. Those about payments that are not ours are left alone."""
    hold = await _hold_of(db, part(dispute, "charge"))
    if hold is None:
        return
    chargeback = await _chargeback_of(db, hold, dispute, at)
    await _book_money(db, chargeback, dispute, at)
    if details := part(dispute, "evidence_details"):
        due = details.get("due_by")
        chargeback.evidence_due_at = datetime.fromtimestamp(due, UTC) if due else None
        if details.get("submission_count") and chargeback.evidence_sent_at is None:
            chargeback.evidence_sent_at = at
    to = ENDED.get(dispute["status"])
    if to is not None and chargeback.state == "open":
        await _close(db, hold, chargeback, to, at)
    await db.flush()


async def decide_fault(db: Session, chargeback_id: UUID, *, reason: str, by: UUID, at: datetime) -> None:
    """A person decides that what is held covers the loss, should the bank take it. Raises: ChargebackOver, Invalid."""
    if not reason.strip():
        raise Invalid.at("reason", N_("Say why the freelancer is at fault."))
    chargeback = await _locked(db, chargeback_id)
    if chargeback.state != "open":
        raise ChargebackOver
    chargeback.fault, chargeback.fault_reason, chargeback.fault_by = "freelancer", reason.strip(), by
    await db.flush()
    await audit.record(db, "chargeback.fault", subject=("chargeback", chargeback.id), by=by, at=at, why=reason.strip())


async def submit_evidence(db: Session, chargeback_id: UUID, *, text: str, by: UUID, at: datetime) -> UUID:
    """Answer the bank, once; returns the command. Raises: ChargebackOver, Invalid without words."""
    if not text.strip():
        raise Invalid.at("text", N_("Say what the bank should know."))
    chargeback = await _locked(db, chargeback_id)
    if chargeback.state != "open" or chargeback.evidence_asked_at is not None:
        raise ChargebackOver
    chargeback.evidence_asked_at = at
    await db.flush()
    await audit.record(db, "chargeback.answered", subject=("chargeback", chargeback.id), by=by, at=at)
    return await outbox.send(
        db,
        operation="disputes.update",
        key=f"chargeback:{chargeback.id}:evidence",
        body={
            "dispute": chargeback.stripe_dispute_id,
            "evidence": {"uncategorized_text": text.strip()},
            "submit": True,
            "metadata": {"chargeback": str(chargeback.id)},
        },
        subject=("chargeback", chargeback.id),
    )


async def _hold_of(db: Session, charge: Wire) -> Hold | None:
    """The hold (locked) that this charge paid for, or would have: by our mark in it, else by our own record."""
    marks = part(charge, "metadata")
    if "hold" in marks:
        return await db.get(Hold, UUID(marks["hold"]), with_for_update=True, populate_existing=True)
    known = select(Checkout.hold_id).where(Checkout.charge_id == charge.get("id"))
    hold_id = await db.scalar(known)
    return await locked_hold(db, hold_id) if hold_id else None


async def _chargeback_of(db: Session, hold: Hold, dispute: Wire, at: datetime) -> Chargeback:
    query = select(Chargeback).where(Chargeback.stripe_dispute_id == dispute["id"]).with_for_update()
    found = (await db.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if found is not None:
        return found
    money = Money(dispute["amount"], dispute["currency"].upper())
    made = Chargeback(
        hold_id=hold.id,
        stripe_dispute_id=dispute["id"],
        charge_id=part(dispute, "charge")["id"],
        state="open",
        reason=dispute["reason"],
        amount_minor=money.amount_minor,
        taken_minor=0,
        fee_minor=0,
        currency=money.currency,
        opened_at=at,
    )
    db.add(made)
    if hold.charge_id in (None, made.charge_id):
        hold.frozen_at = hold.frozen_at or at
    await db.flush()
    await _note(db, "chargeback.opened", made, at, why=made.reason)
    await publish(db, ChargebackOpened(chargeback_id=made.id, hold_id=hold.id))
    return made


async def _book_money(db: Session, chargeback: Chargeback, dispute: Wire, at: datetime) -> None:
    """Each movement of our balance at Stripe once: taken, given back, and the fee that Stripe keeps."""
    world, subject = accounts.stripe(chargeback.currency), ("chargeback", chargeback.id)
    movements: list[Wire] = dispute["balance_transactions"]
    for movement in movements:
        if fee := Money(movement["fee"], movement["currency"].upper()):
            lines = accounts.move(accounts.processor_fees(fee.currency), world, fee)
            key = f"chargeback:{movement['id']}:fee"
            await journal.post(db, key=key, kind="chargeback_fee", lines=lines, at=at, subject=subject)
    for movement in movements:
        money = Money(movement["amount"], movement["currency"].upper())  # below zero: the bank takes it
        lines = accounts.move(world, accounts.disputed(chargeback.id), money)
        key = f"chargeback:{movement['id']}"
        await journal.post(db, key=key, kind="chargeback_money", lines=lines, at=at, subject=subject)
    hit("escrow.chargeback.posted")
    chargeback.taken_minor = -sum(movement["amount"] for movement in movements)
    chargeback.fee_minor = sum(movement["fee"] for movement in movements)
    await db.flush()


async def _close(db: Session, hold: Hold, chargeback: Chargeback, to: str, at: datetime) -> None:
    """The bank has decided: the hold thaws, and what is gone falls on the reserve or on what is held."""
    chargeback.state, chargeback.closed_at = to, at
    await db.flush()
    if not await _is_frozen_still(db, hold):
        hold.frozen_at = None
    lost = Money(chargeback.taken_minor, chargeback.currency)
    if lost:
        await _bear(db, hold, chargeback, lost, at)
    await _note(db, f"chargeback.{to}", chargeback, at)
    await publish(db, ChargebackClosed(chargeback_id=chargeback.id, hold_id=hold.id, is_lost=bool(lost)))


async def _bear(db: Session, hold: Hold, chargeback: Chargeback, lost: Money, at: datetime) -> None:
    currency, ours = lost.currency, accounts.disputed(chargeback.id)
    subject = ("chargeback", chargeback.id)
    lines = accounts.move(accounts.reserve(currency), ours, lost)
    key = f"chargeback:{chargeback.id}:lost"
    await journal.post(db, key=key, kind="chargeback_lost", lines=lines, at=at, subject=subject)
    if hold.charge_id == chargeback.charge_id:
        hold.is_reserve_backed = True
    left = await left_in(db, hold.id)
    if chargeback.fault is None or not left:
        return
    covered = left if left <= lost else lost
    lines = accounts.move(accounts.hold(hold.id), accounts.reserve(currency), covered)
    key = f"chargeback:{chargeback.id}:covered"
    await journal.post(db, key=key, kind="chargeback_covered", lines=lines, at=at, subject=subject)
    chargeback.covered_minor = covered.amount_minor
    if covered == left:
        hold.state, hold.closed_at = "closed", at
    await db.flush()


async def _is_frozen_still(db: Session, hold: Hold) -> bool:
    """Whether another chargeback about the same payment is open."""
    query = select(Chargeback.id).where(Chargeback.hold_id == hold.id, Chargeback.state == "open")
    return await db.scalar(query.limit(1)) is not None


async def _locked(db: Session, chargeback_id: UUID) -> Chargeback:
    found = await db.get_one(Chargeback, chargeback_id)
    await locked_hold(db, found.hold_id)
    return await db.get_one(Chargeback, chargeback_id, with_for_update=True, populate_existing=True)


async def _note(db: Session, action: str, chargeback: Chargeback, at: datetime, *, why: str = "") -> None:
    amounts = {"amount_minor": chargeback.amount_minor, "currency": chargeback.currency}
    about = {"chargeback": str(chargeback.id), **amounts}
    await audit.record(db, action, subject=("hold", chargeback.hold_id), by=None, at=at, why=why, **about)


async def listed(db: AnySession, *, after: UUID | None, limit: int) -> list[tuple[Chargeback, str]]:
    """Chargebacks with what was paid for, the newest first. For staff."""
    query = select(Chargeback, Hold.purpose).join(Hold, Hold.id == Chargeback.hold_id)
    if after is not None:
        query = query.where(Chargeback.id < after)
    rows = await db.execute(query.order_by(Chargeback.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows.all()]


async def unanswered(db: AnySession, *, limit: int) -> list[tuple[Chargeback, str]]:
    """Those whose bank still waits for our answer, with what was paid for, the first due first. For staff."""
    query = (
        select(Chargeback, Hold.purpose)
        .join(Hold, Hold.id == Chargeback.hold_id)
        .where(Chargeback.state == "open", Chargeback.evidence_asked_at.is_(None))
        .order_by(Chargeback.evidence_due_at.nulls_last(), Chargeback.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in (await db.execute(query)).all()]


async def one(db: AnySession, chargeback_id: UUID) -> tuple[Chargeback, Hold]:
    """A chargeback and its hold, for staff. Raises: NotFound."""
    query = select(Chargeback, Hold).join(Hold, Hold.id == Chargeback.hold_id).where(Chargeback.id == chargeback_id)
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]
