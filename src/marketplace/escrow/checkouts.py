"""What Stripe says about pay pages, cards and charges: a hold is funded, a page expired, money came that nobody wanted.

Events come twice and in any order, and before our own record of the command: everything is found by the ids that
we wrote into the metadata, decided under the lock of the hold, and posted under keys of its own.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.ledger import journal
from marketplace.engines.payments.operations import Wire, part
from marketplace.escrow import accounts, cards, sending
from marketplace.escrow.actions import locked_hold
from marketplace.escrow.events import HoldExpired, HoldFunded
from marketplace.escrow.models import Checkout, Hold, Refund
from marketplace.escrow.rails.models import PayIn
from marketplace.escrow.rules import check_move
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.money import Money


async def checkout_opened(db: Session, checkout_id: UUID, session: Wire) -> None:
    """The pay page is ready."""
    _hold, checkout = await locked(db, checkout_id)
    if checkout.state == "pending":
        checkout.state, checkout.session_id, checkout.url = "open", session["id"], session["url"] or ""
        await db.flush()


async def checkout_failed(db: Session, checkout_id: UUID, *, code: str, at: datetime) -> None:
    """Stripe refused to make the page: the payer may try again."""
    hold, checkout = await locked(db, checkout_id)
    if checkout.state != "pending":
        return
    checkout.state, checkout.failure = "failed", code
    await _left_unpaid(db, hold, at, why=code)


async def session_changed(db: Session, session: Wire, at: datetime) -> None:
    """Take the session as it is now. Sessions that are not ours are left alone."""
    found = await _checkout_of(db, session, at)
    if found is None:
        return
    hold, checkout = found
    if session["status"] == "complete" and session["payment_status"] == "paid":
        await _session_paid(db, hold, checkout, session, at)
    elif session["status"] == "expired" and checkout.state in ("pending", "open"):
        checkout.state = "expired"
        await _left_unpaid(db, hold, at, why="expired")


async def card_paid(db: Session, checkout_id: UUID, charge: Wire, at: datetime) -> None:
    """A saved card was charged: said by Stripe's answer, by its webhook, or by both at once."""
    hold, checkout = await locked(db, checkout_id)
    await _paid(db, hold, checkout, charge, at)


async def card_refused(db: Session, checkout_id: UUID, *, code: str, at: datetime) -> None:
    """A saved card was not charged: another way to pay is open at once."""
    hold, checkout = await locked(db, checkout_id)
    if checkout.state != "pending":
        return
    checkout.state, checkout.failure = "failed", code
    await _left_unpaid(db, hold, at, why=code, card_id=checkout.card_id)


async def charge_changed(db: Session, charge: Wire, at: datetime) -> None:
    """A saved card was charged, or what Stripe keeps of a charge is known: booked once, after the payment itself."""
    marks = part(charge, "metadata")
    if charge.get("paid") and "hold" in marks and "checkout" in marks:
        by_card = select(Checkout.id).where(
            Checkout.id == UUID(marks["checkout"]), Checkout.card_id.is_not(None), Checkout.paid_at.is_(None)
        )
        if (checkout_id := (await db.execute(by_card)).scalar_one_or_none()) is not None:
            await card_paid(db, checkout_id, charge, at)
            return
    query = select(Checkout.id).where(Checkout.charge_id == charge["id"], Checkout.paid_at.is_not(None))
    checkout_id = (await db.execute(query)).scalar_one_or_none()
    if checkout_id is not None:
        await _book_processor_fee(db, checkout_id, charge, at)


async def _checkout_of(db: Session, session: Wire, at: datetime) -> tuple[Hold, Checkout] | None:
    """The hold (locked) and the checkout that this session belongs to."""
    marks = part(session, "metadata")
    if "hold" not in marks or "checkout" not in marks:
        return None
    hold = await db.get(Hold, UUID(marks["hold"]), with_for_update=True, populate_existing=True)
    if hold is None:
        return None
    checkout = await _by_session(db, session["id"])
    if checkout is None:
        checkout = await db.get(Checkout, UUID(marks["checkout"]), populate_existing=True)
    if checkout is None or checkout.session_id not in (None, session["id"]):
        # A second session for one checkout, which our keys should rule out. Its money is counted all the same.
        checkout = await _unexpected(db, hold, session, at)
    if checkout.session_id is None:
        checkout.session_id = session["id"]
        await db.flush()
    return hold, checkout


async def _unexpected(db: Session, hold: Hold, session: Wire, at: datetime) -> Checkout:
    query = select(func.coalesce(func.max(Checkout.attempt), 0)).where(Checkout.hold_id == hold.id)
    checkout = Checkout(
        hold_id=hold.id,
        attempt=(await db.execute(query)).scalar_one() + 1,
        state="open",
        session_id=session["id"],
        created_at=at,
        expires_at=at,
    )
    db.add(checkout)
    await db.flush()
    return checkout


async def _session_paid(db: Session, hold: Hold, checkout: Checkout, session: Wire, at: datetime) -> None:
    if checkout.paid_at is not None:
        return
    intent = part(session, "payment_intent")
    charge = part(intent, "latest_charge")
    assert intent and charge, f"{session['id']}: engines/payments asks Stripe to put both into the session"
    amounts = {"amount": session["amount_total"], "currency": session["currency"], "payment_intent": intent["id"]}
    await _paid(db, hold, checkout, {**charge, **amounts}, at)
    await cards.keep(db, hold, checkout, session, charge, at)


async def _paid(db: Session, hold: Hold, checkout: Checkout, charge: Wire, at: datetime) -> None:
    if checkout.paid_at is not None:
        return
    checkout.payment_intent_id, checkout.charge_id, checkout.paid_at = charge["payment_intent"], charge["id"], at
    await db.flush()
    paid = Money(charge["amount"], charge["currency"].upper())
    await _book_processor_fee(db, checkout.id, charge, at)
    if refusal := _refusal(hold, paid):
        await _give_back(db, hold, checkout, paid, cause=refusal, at=at)
    else:
        await _fund(db, hold, checkout, paid, at)


def _refusal(hold: Hold, paid: Money) -> str:
    """Why the hold can't take this payment; empty when it can."""
    if paid != Money(hold.amount_minor, hold.currency):
        return "wrong_amount"
    match hold.state:
        case "pending":
            return ""
        case "cancelled":
            return "late_payment"
        case _:
            return "paid_twice"


async def _fund(db: Session, hold: Hold, checkout: Checkout, paid: Money, at: datetime) -> None:
    check_move("hold", hold.state, "held")
    check_move("checkout", checkout.state, "paid")
    checkout.state, hold.state, hold.funded_at, hold.charge_id = "paid", "held", at, checkout.charge_id
    await db.flush()
    lines = accounts.move(accounts.stripe(paid.currency), accounts.hold(hold.id), paid)
    await journal.post(db, key=hold.fund_key, kind="fund", lines=lines, at=at, subject=("hold", hold.id))
    hit("escrow.fund.posted")
    await _note(db, "hold.funded", hold, at, amount_minor=paid.amount_minor, currency=paid.currency)
    await publish(db, HoldFunded(hold_id=hold.id))


async def _give_back(db: Session, hold: Hold, checkout: Checkout, paid: Money, *, cause: str, at: datetime) -> None:
    """The money is here, but not for this hold: all of it goes back to the card."""
    check_move("checkout", checkout.state, "refused")
    checkout.state = "refused"
    refund = Refund(
        hold_id=hold.id,
        checkout_id=checkout.id,
        amount_minor=paid.amount_minor,
        currency=paid.currency,
        cause=cause,
        state="pending",
        created_at=at,
    )
    db.add(refund)
    await db.flush()
    lines = accounts.move(accounts.stripe(paid.currency), accounts.refund_transit(refund.id), paid)
    key = f"checkout:{checkout.id}:refuse"
    await journal.post(db, key=key, kind="refuse", lines=lines, at=at, subject=("refund", refund.id))
    assert checkout.charge_id is not None
    await sending.send_refund(db, refund, checkout.charge_id)
    await _note(db, "hold.payment_refused", hold, at, why=cause, amount_minor=paid.amount_minor, currency=paid.currency)


async def _left_unpaid(db: Session, hold: Hold, at: datetime, *, why: str, card_id: UUID | None = None) -> None:
    """Tell that nobody pays now, unless another page is open or the hold is past that."""
    await db.flush()
    query = select(Checkout.id).where(Checkout.hold_id == hold.id, Checkout.state.in_(("pending", "open"))).limit(1)
    if hold.state != "pending" or (await db.execute(query)).scalar_one_or_none() is not None:
        return
    if (await db.execute(select(PayIn.id).where(PayIn.hold_id == hold.id))).scalar_one_or_none() is not None:
        return  # it may still come by transfer
    await _note(db, "hold.expired", hold, at, why=why)
    await publish(db, HoldExpired(hold_id=hold.id, card_id=card_id))


async def _book_processor_fee(db: Session, checkout_id: UUID, charge: Wire, at: datetime) -> None:
    """Posted before the payment it belongs to: `platform:` accounts come before `world:` ones in the lock order."""
    movement = part(charge, "balance_transaction")
    if movement.get("fee"):  # else Stripe does not know it yet: charge.updated will come
        fee = Money(movement["fee"], movement["currency"].upper())
        lines = accounts.move(accounts.processor_fees(fee.currency), accounts.stripe(fee.currency), fee)
        key = f"charge:{charge['id']}:fee"
        await journal.post(db, key=key, kind="processor_fee", lines=lines, at=at, subject=("checkout", checkout_id))


async def _by_session(db: Session, session_id: str) -> Checkout | None:
    query = select(Checkout).where(Checkout.session_id == session_id).execution_options(populate_existing=True)
    return (await db.execute(query)).scalar_one_or_none()


async def locked(db: Session, checkout_id: UUID) -> tuple[Hold, Checkout]:
    """A try to pay, and its hold, locked."""
    hold_id = (await db.execute(select(Checkout.hold_id).where(Checkout.id == checkout_id))).scalar_one()
    hold = await locked_hold(db, hold_id)
    return hold, await db.get_one(Checkout, checkout_id, populate_existing=True)


async def _note(db: Session, action: str, hold: Hold, at: datetime, *, why: str = "", **values: object) -> None:
    await audit.record(db, action, subject=("hold", hold.id), by=None, at=at, why=why, **values)
