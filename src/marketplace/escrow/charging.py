"""Paying a hold with a card that was kept: one press, one payment intent, confirmed at once.

The payer is there but is never asked anything: a bank that wants to ask her (3-D Secure) refuses, and so does one that
declines. Nothing was charged then, and the pay page is the way to go on. The try is a row like a visit to the pay
page (`Checkout` with `card_id`): while it has no answer nothing else can be begun for its hold, so that two presses
are one payment. A pay page that is still open is closed at Stripe first; if that can't be, because she has just
paid there, the card is left alone.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.payments import outbox
from marketplace.engines.payments.operations import Wire, part
from marketplace.escrow import actions, checkouts
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.errors import AlreadyFunded, NoCard, NotHeld, PayPageOpening
from marketplace.escrow.models import Checkout, Hold
from marketplace.escrow.rules import STRIPE_HOLDS
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound

PAGE_PAID = "page_could_not_be_closed"


async def start(db: Session, hold: Hold, card: SavedCard, *, by: UUID, at: datetime) -> Checkout:
    """Charge `card` for a pending hold. Dispatch the `command_id` after COMMIT, and then the one that has followed it.

    Pressed twice, it is the same try. Raises: NoCard, AlreadyFunded, NotHeld, PayPageOpening; NotFound for a card of
    others or one that was removed meanwhile.
    """
    hold = await actions.locked_hold(db, hold.id)
    if hold.state != "pending":
        raise NotHeld if hold.state == "cancelled" else AlreadyFunded
    if hold.currency not in STRIPE_HOLDS:
        raise NoCard
    card = await db.get_one(SavedCard, card.id, with_for_update={"read": True}, populate_existing=True)
    if card.organisation_id != hold.payer_organisation_id or card.removed_at is not None:
        raise NotFound
    last = await actions.last_checkout(db, hold.id)
    if last and last.state == "pending":
        if last.card_id is None:
            raise PayPageOpening
        return last
    attempt = last.attempt + 1 if last else 1
    made = Checkout(hold_id=hold.id, attempt=attempt, state="pending", card_id=card.id, created_at=at, expires_at=at)
    db.add(made)
    await db.flush()
    if last and last.state == "open" and last.expires_at > at:
        made.command_id = await actions.close_page(db, last)
        await db.flush()
    else:
        await _charge(db, hold, made, card)
    await audit.record(
        db, "hold.card_chosen", subject=("hold", hold.id), by=by, at=at, attempt=attempt, last4=card.last4
    )
    return made


async def tried(db: Session, checkout_id: UUID) -> Checkout:
    """A try as it stands now."""
    return await db.get_one(Checkout, checkout_id, populate_existing=True)


async def _charge(db: Session, hold: Hold, checkout: Checkout, card: SavedCard) -> None:
    body: dict[str, object] = {
        "amount": hold.amount_minor,
        "currency": hold.currency.lower(),
        "customer": card.stripe_customer_id,
        "payment_method": card.stripe_payment_method_id,
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        "error_on_requires_action": True,
        "description": hold.purpose,
        "transfer_group": f"hold:{hold.id}",
        "metadata": {"hold": str(hold.id), "checkout": str(checkout.id)},
        "expand": ["latest_charge.balance_transaction"],
    }
    checkout.command_id = await outbox.send(
        db,
        operation="payment_intents.create",
        key=f"hold:{hold.id}:card:{checkout.attempt}",
        body=body,
        subject=("checkout", checkout.id),
    )
    await db.flush()


async def page_closed(db: Session, command_id: UUID, session: Wire, at: datetime) -> None:
    """Stripe has closed a pay page: a card that waited for that is charged now."""
    await checkouts.session_changed(db, session, at)
    waiting = await _waiting_for(db, command_id)
    if waiting is None:
        return
    hold, checkout = await checkouts.locked(db, waiting)
    card = await db.get_one(SavedCard, checkout.card_id, populate_existing=True)
    if checkout.state != "pending" or checkout.command_id != command_id:
        return
    if hold.state == "pending" and card.removed_at is None:
        await _charge(db, hold, checkout, card)
    else:
        await checkouts.card_refused(db, checkout.id, code=PAGE_PAID, at=at)


async def page_not_closed(db: Session, command_id: UUID, at: datetime) -> None:
    """She has paid on the page, or it ran out this moment: the card that waited is left alone."""
    if (waiting := await _waiting_for(db, command_id)) is not None:
        await checkouts.card_refused(db, waiting, code=PAGE_PAID, at=at)


async def _waiting_for(db: Session, command_id: UUID) -> UUID | None:
    query = select(Checkout.id).where(Checkout.command_id == command_id, Checkout.card_id.is_not(None))
    return (await db.execute(query)).scalar_one_or_none()


async def intent_answered(db: Session, checkout_id: UUID, intent: Wire, at: datetime) -> None:
    """Stripe's answer to the charge: paid, or an intent that waits for another way to be paid."""
    if intent["status"] == "succeeded":
        await checkouts.card_paid(db, checkout_id, part(intent, "latest_charge"), at)
        return
    code = part(intent, "last_payment_error").get("code") or intent["status"]
    await checkouts.card_refused(db, checkout_id, code=code, at=at)
