"""What people decide about held money: open, fund, release, refund, connect. Payouts are in rails/.

Each locks its own row first and the ledger's accounts last. What Stripe answers is in settling.py.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.ledger import journal
from marketplace.engines.ledger import queries as ledger
from marketplace.engines.ledger.journal import Overdrawn
from marketplace.engines.payments import outbox
from marketplace.escrow import accounts, sending
from marketplace.escrow.errors import AlreadyFunded, CardInUse, HoldFrozen, NoCard, NotHeld
from marketplace.escrow.events import HoldRefunded, ReleaseMade
from marketplace.escrow.fees import fee_of_part
from marketplace.escrow.models import Checkout, Hold, PayoutAccount, Refund, Release, Transfer
from marketplace.escrow.rules import CHECKOUT_LIFE, STRIPE_HOLDS, FeeTerms, check_move
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.money import Money


async def open_hold(
    db: Session,
    *,
    payer_organisation_id: UUID,
    payee_user_id: UUID,
    amount: Money,
    fee: FeeTerms,
    purpose: str,
    by: UUID,
    at: datetime,
) -> Hold:
    """A hold that waits to be paid (state pending). `purpose` is what the payer reads on Stripe's page."""
    assert amount.amount_minor > 0, amount
    hold = Hold(
        payer_organisation_id=payer_organisation_id,
        payee_user_id=payee_user_id,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        fee_basis_points=fee.basis_points,
        fee_minimum_minor=fee.minimum_minor,
        purpose=purpose,
        state="pending",
        created_at=at,
    )
    db.add(hold)
    await db.flush()
    await _note(db, "hold.opened", ("hold", hold.id), by=by, at=at, money=amount)
    return hold


async def start_checkout(
    db: Session,
    hold: Hold,
    *,
    success_url: str,
    cancel_url: str,
    keeps_card: bool = False,
    by: UUID,
    at: datetime,
) -> UUID:
    """The command that opens Stripe's pay page for a pending hold: dispatch it after COMMIT, then go to its `url`.

    While an earlier page is still open, its command comes back: a double click pays once. `keeps_card`: she wants her
    card kept for the next time; an open page on which she did not want that is closed.
    Raises: NoCard in a currency that Stripe would change, AlreadyFunded, NotHeld (cancelled), CardInUse.
    """
    hold = await locked_hold(db, hold.id)
    if hold.state != "pending":
        raise NotHeld if hold.state == "cancelled" else AlreadyFunded
    if hold.currency not in STRIPE_HOLDS:
        raise NoCard
    last = await last_checkout(db, hold.id)
    if last and last.card_id and last.state == "pending":
        raise CardInUse
    if last and last.command_id and last.state in ("pending", "open") and last.expires_at > at:
        if last.state == "pending" or keeps_card == (last.kept_by_user_id is not None):
            return last.command_id
        await close_page(db, last)
    checkout = Checkout(
        hold_id=hold.id,
        attempt=last.attempt + 1 if last else 1,
        state="pending",
        kept_by_user_id=by if keeps_card else None,
        created_at=at,
        expires_at=at + CHECKOUT_LIFE,
    )
    db.add(checkout)
    await db.flush()
    command_id = await outbox.send(
        db,
        operation="checkout.sessions.create",
        key=f"hold:{hold.id}:checkout:{checkout.attempt}",
        body=_session_body(hold, checkout, success_url, cancel_url),
        subject=("checkout", checkout.id),
    )
    checkout.command_id = command_id
    await db.flush()
    await _note(db, "hold.checkout_started", ("hold", hold.id), by=by, at=at, attempt=checkout.attempt)
    return command_id


def _session_body(hold: Hold, checkout: Checkout, success_url: str, cancel_url: str) -> dict[str, object]:
    # No payment_method_types: Stripe refuses it since API 2026-09-30.endive.
    marks = {"hold": str(hold.id), "checkout": str(checkout.id)}
    price = {
        "currency": hold.currency.lower(),
        "unit_amount": hold.amount_minor,
        "product_data": {"name": hold.purpose},
    }
    intent: dict[str, object] = {"transfer_group": f"hold:{hold.id}", "metadata": marks}
    kept: dict[str, object] = {}
    if checkout.kept_by_user_id:
        # on_session: it is charged when she presses, never without her. Each kept card has a customer of its own.
        intent["setup_future_usage"], kept = "on_session", {"customer_creation": "always"}
    return {
        **kept,
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "payment_intent_data": intent,
        "metadata": marks,
        "client_reference_id": str(hold.id),
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(checkout.expires_at.timestamp()),
    }


async def cancel_hold(db: Session, hold: Hold, *, by: UUID | None, at: datetime) -> None:
    """Give up a hold that nobody paid (`by` None: in time); its pay page closes, money that still comes goes back.

    Raises: MoveRefused when it is funded (then refund it).
    """
    hold = await locked_hold(db, hold.id)
    check_move("hold", hold.state, "cancelled")
    hold.state, hold.closed_at = "cancelled", at
    last = await last_checkout(db, hold.id)
    if last and last.state == "open":
        await close_page(db, last)
    await _note(db, "hold.cancelled", ("hold", hold.id), by=by, at=at)


async def close_page(db: Session, checkout: Checkout) -> UUID:
    """The command that closes an open pay page at Stripe, so that nobody pays there any more."""
    return await outbox.send(
        db,
        operation="checkout.sessions.expire",
        key=f"checkout:{checkout.id}:expire",
        body={"session": checkout.session_id},
        subject=("checkout", checkout.id),
    )


async def release(db: Session, hold: Hold, amount: Money, *, by: UUID | None, cause: str, at: datetime) -> Release:
    """Money of the hold goes to the freelancer, less the fee; its transfer is sent, or waits for her payout account.

    `cause`: accepted, part, deadline or settlement; `by` None is the system. Raises: NotHeld when less is held.
    """
    hold = await locked_hold(db, hold.id)
    fee = await fee_of_part(db, hold, amount)
    made = Release(
        hold_id=hold.id,
        amount_minor=amount.amount_minor,
        fee_minor=fee.amount_minor,
        currency=amount.currency,
        cause=cause,
        by_user_id=by,
        at=at,
    )
    db.add(made)
    await db.flush()
    lines = accounts.release_lines(hold.id, hold.payee_user_id, amount, fee)
    await take_from_hold(db, hold, lines, key=f"release:{made.id}", kind="release", at=at)
    hit("escrow.release.posted")
    await _note(
        db, "hold.released", ("hold", hold.id), by=by, at=at, money=amount, cause=cause, fee_minor=fee.amount_minor
    )
    await publish(db, ReleaseMade(hold_id=hold.id, release_id=made.id, user_id=hold.payee_user_id))
    if net := amount - fee:
        await start_transfer(db, hold, made, net, at)
    return made


async def start_transfer(db: Session, hold: Hold, release: Release, net: Money, at: datetime) -> None:
    transfer = Transfer(
        release_id=release.id,
        payee_user_id=hold.payee_user_id,
        amount_minor=net.amount_minor,
        currency=net.currency,
        state="pending",
        epoch=1,
        created_at=at,
    )
    db.add(transfer)
    await db.flush()
    await sending.send_or_wait(db, transfer, hold)


async def refund(db: Session, hold: Hold, amount: Money, *, by: UUID | None, cause: str, at: datetime) -> Refund:
    """Money of the hold goes back to the payer (`cause`: cancelled, part, settlement). Raises: NotHeld, HoldFrozen."""
    hold = await locked_hold(db, hold.id)
    made = Refund(
        hold_id=hold.id,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        cause=cause,
        state="pending",
        by_user_id=by,
        created_at=at,
    )
    db.add(made)
    await db.flush()
    lines = accounts.move(accounts.hold(hold.id), accounts.refund_transit(made.id), amount)
    await take_from_hold(db, hold, lines, key=f"refund:{made.id}", kind="refund", at=at)
    await sending.give_back(db, made, hold, at=at)
    await _note(db, "hold.refunded", ("hold", hold.id), by=by, at=at, money=amount, cause=cause)
    await publish(db, HoldRefunded(hold_id=hold.id, refund_id=made.id))
    return made


async def take_from_hold(
    db: Session, hold: Hold, lines: list[journal.Line], *, key: str, kind: str, at: datetime
) -> None:
    """Post, and close the hold with its last cent. Raises: NotHeld, HoldFrozen."""
    if hold.state != "held":
        raise NotHeld
    if hold.frozen_at is not None:
        raise HoldFrozen
    try:
        await journal.post(db, key=key, kind=kind, lines=lines, at=at, subject=("hold", hold.id))
    except Overdrawn as error:
        raise NotHeld from error
    if not await ledger.balance(db, accounts.hold(hold.id), currency=hold.currency):
        hold.state, hold.closed_at = "closed", at
        await db.flush()


async def connect_account(db: Session, user_id: UUID, *, country: str, by: UUID, at: datetime) -> PayoutAccount:
    """Her payout account at Stripe, made at the first call (state started). Then call `open_at_stripe`."""
    found = await sending.stripe_account_of(db, user_id, is_changing=True)
    if found is not None:
        return found
    others = await sending.accounts_of(db, user_id)
    account = PayoutAccount(
        user_id=user_id,
        rail="stripe",
        state="started",
        country=country.upper(),
        currency="USD",
        is_preferred=not others,
        created_at=at,
    )
    db.add(account)
    await db.flush()
    await _note(db, "payout_account.started", ("payout_account", account.id), by=by, at=at, country=account.country)
    return account


async def account_opened(db: Session, payout_account_id: UUID, stripe_account_id: str) -> PayoutAccount:
    """Record the account that Stripe made for her (PaymentClient.create_account with `account_key`)."""
    account = await db.get_one(PayoutAccount, payout_account_id, with_for_update=True, populate_existing=True)
    if account.stripe_account_id is None:
        account.stripe_account_id = stripe_account_id
        await db.flush()
    return account


def account_key(account: PayoutAccount) -> str:
    """The idempotency key under which her account is made: a second try gives the same account."""
    return f"payout-account:{account.id}"


async def locked_hold(db: Session, hold_id: UUID) -> Hold:
    """The hold as it is now, locked. Raises: NotFound."""
    hold = await db.get(Hold, hold_id, with_for_update=True, populate_existing=True)
    if hold is None:
        raise NotFound
    return hold


async def last_checkout(db: Session, hold_id: UUID) -> Checkout | None:
    """The newest try to pay a hold at Stripe."""
    query = select(Checkout).where(Checkout.hold_id == hold_id).order_by(Checkout.attempt.desc()).limit(1)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def _note(
    db: Session,
    action: str,
    subject: tuple[str, UUID],
    *,
    by: UUID | None,
    at: datetime,
    money: Money | None = None,
    **values: Any,
) -> None:
    amounts = {"amount_minor": money.amount_minor, "currency": money.currency} if money else {}
    await audit.record(db, action, subject=subject, by=by, at=at, **amounts, **values)
