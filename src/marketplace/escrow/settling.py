"""What Stripe says about transfers, refunds, payouts and accounts.

Each may be said twice and in any order: the row's state, under its lock, decides; the ledger's keys rule out a second
posting. What we have no row for (another installation with the same Stripe account) is left alone.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.ledger import journal
from marketplace.engines.ledger.journal import Line
from marketplace.engines.payments.client import AccountStatus
from marketplace.escrow import accounts, sending
from marketplace.escrow.actions import locked_hold
from marketplace.escrow.events import (
    BankChanged,
    PayoutAccountReady,
    PayoutConfirmed,
    PayoutFailed,
    PayoutSent,
    RefundFailed,
    RefundMadeGood,
    TransferSent,
    TransferWaiting,
)
from marketplace.escrow.models import Payout, PayoutAccount, Refund, Transfer
from marketplace.escrow.rules import COOLING, check_move
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.money import Money

# --- transfers


async def transfer_sent(db: Session, transfer_id: UUID, stripe_transfer_id: str, at: datetime) -> None:
    """A release is in her Stripe balance."""
    transfer = await db.get(Transfer, transfer_id, with_for_update=True, populate_existing=True)
    if transfer is None or transfer.state == "sent":
        return
    if transfer.state == "failed":  # said before it was refused in a later try: the money has moved all the same
        check_move("transfer", transfer.state, "pending")
        transfer.state = "pending"
    check_move("transfer", transfer.state, "sent")
    transfer.state, transfer.stripe_transfer_id, transfer.sent_at = "sent", stripe_transfer_id, at
    transfer.failure = ""
    await db.flush()
    net = Money(transfer.amount_minor, transfer.currency)
    lines = accounts.transfer_lines(transfer.payee_user_id, net)
    await _post(db, f"transfer:{transfer.id}", "transfer", lines, ("transfer", transfer.id), at)
    hit("escrow.transfer.posted")
    await _note(db, "transfer.sent", ("transfer", transfer.id), at, net)
    await publish(db, TransferSent(transfer_id=transfer.id, user_id=transfer.payee_user_id))


async def transfer_failed(db: Session, transfer_id: UUID, command_id: UUID, *, code: str, at: datetime) -> None:
    """Stripe refused the transfer for good: the money stays owed to her until she mends her account."""
    transfer = await db.get_one(Transfer, transfer_id, with_for_update=True, populate_existing=True)
    if transfer.state != "pending" or transfer.command_id != command_id:
        return
    transfer.state, transfer.failure = "failed", code
    await db.flush()
    await _note(
        db, "transfer.failed", ("transfer", transfer.id), at, Money(transfer.amount_minor, transfer.currency), code
    )
    await publish(db, TransferWaiting(transfer_id=transfer.id, user_id=transfer.payee_user_id, reason=code))


# --- refunds


async def refund_sent(db: Session, refund_id: UUID, stripe_refund_id: str, at: datetime) -> None:
    """Stripe has taken a refund from our balance."""
    refund = await db.get(Refund, refund_id, with_for_update=True, populate_existing=True)
    if refund is None or refund.state != "pending":
        return
    refund.state, refund.stripe_refund_id, refund.sent_at = "sent", stripe_refund_id, at
    await db.flush()
    money = Money(refund.amount_minor, refund.currency)
    lines = accounts.move(accounts.refund_transit(refund.id), accounts.stripe(money.currency), money)
    await _post(db, f"refund:{refund.id}:sent", "refund_sent", lines, ("refund", refund.id), at)
    await _note(db, "refund.sent", ("refund", refund.id), at, money)
    if refund.replaces_id is not None:
        await publish(db, RefundMadeGood(hold_id=refund.hold_id, refund_id=refund.id))


async def refund_failed(db: Session, refund_id: UUID, *, code: str, at: datetime, has_left: bool) -> None:
    """The refund did not arrive: its money is held again (or waits for a person, when no hold can take it).

    `has_left`: the bank sent it back, so it must come from Stripe's balance again.
    """
    found = await db.get(Refund, refund_id)
    if found is None:
        return
    hold = await locked_hold(db, found.hold_id)
    refund = await db.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    if refund.state == "failed" or (refund.state == "sent" and not has_left):
        return
    if refund.state == "pending" and has_left:
        await refund_sent(db, refund.id, refund.stripe_refund_id or "", at)
    money = Money(refund.amount_minor, refund.currency)
    transit = accounts.refund_transit(refund.id)
    source = accounts.stripe(money.currency) if has_left else transit
    target = transit if refund.checkout_id else accounts.hold(hold.id)
    check_move("refund", refund.state, "failed")
    refund.state, refund.failure = "failed", code
    if not refund.checkout_id and hold.state == "closed":
        check_move("hold", hold.state, "held")
        hold.state, hold.closed_at = "held", None
    await db.flush()
    if source != target:
        lines = accounts.move(source, target, money)
        await _post(db, f"refund:{refund.id}:failed", "refund_failed", lines, ("refund", refund.id), at)
    await _note(db, "refund.failed", ("refund", refund.id), at, money, code)
    await publish(db, RefundFailed(hold_id=hold.id, refund_id=refund.id))


# --- payouts


async def payout_sent(db: Session, payout_id: UUID, stripe_payout_id: str, at: datetime) -> None:
    """The payout is on its way to her bank."""
    payout = await db.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    if payout is None or payout.state != "requested":
        return
    payout.state, payout.stripe_payout_id, payout.sent_at = "sent", stripe_payout_id, at
    await db.flush()
    await _note(db, "payout.sent", ("payout", payout.id), at, _money_of(payout))
    await publish(db, PayoutSent(payout_id=payout.id, user_id=payout.user_id))


async def payout_changed(db: Session, payout_id: UUID, payout: dict[str, Any], at: datetime) -> None:
    """Take Stripe's payout as it is now: pending, in_transit, paid, failed or canceled."""
    await payout_sent(db, payout_id, payout["id"], at)
    match payout["status"]:
        case "paid":
            await _payout_confirmed(db, payout_id, at)
        case "failed" | "canceled":
            await payout_failed(db, payout_id, code=payout.get("failure_code") or payout["status"], at=at)
        case _:
            pass


async def _payout_confirmed(db: Session, payout_id: UUID, at: datetime) -> None:
    payout = await db.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    if payout is None or payout.state != "sent":
        return
    payout.state, payout.ended_at = "confirmed", at
    await db.flush()
    money = _money_of(payout)
    lines = accounts.move(accounts.payout_transit(payout.id), accounts.bank(money.currency), money)
    await _post(db, f"payout:{payout.id}:confirmed", "payout_confirmed", lines, ("payout", payout.id), at)
    hit("escrow.payout.confirmed")
    await _note(db, "payout.confirmed", ("payout", payout.id), at, money)
    await publish(db, PayoutConfirmed(payout_id=payout.id, user_id=payout.user_id))


async def payout_failed(db: Session, payout_id: UUID, *, code: str, at: datetime) -> None:
    """Refused, failed, or sent back by the bank after it had arrived: the amount is back in her balance, once."""
    payout = await db.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    if payout is None or payout.state in ("failed", "returned"):
        return
    money, was_confirmed = _money_of(payout), payout.state == "confirmed"
    to = "returned" if was_confirmed else "failed"
    check_move("payout", payout.state, to)
    payout.state, payout.failure, payout.ended_at = to, code, at
    await db.flush()
    source = accounts.bank(money.currency) if was_confirmed else accounts.payout_transit(payout.id)
    lines = accounts.move(source, accounts.connected(payout.user_id, money.currency), money)
    await _post(db, f"payout:{payout.id}:back", "payout_back", lines, ("payout", payout.id), at)
    await _note(db, f"payout.{to}", ("payout", payout.id), at, money, code)
    await publish(db, PayoutFailed(payout_id=payout.id, user_id=payout.user_id, reason=code))


def _money_of(payout: Payout) -> Money:
    return Money(payout.amount_minor, payout.currency)


# --- payout accounts


async def account_changed(db: Session, status: AccountStatus, at: datetime, *, marked: UUID | None = None) -> None:
    """Take her account as Stripe shows it now; when it has become active, what waited is sent.

    `marked` is our id in its metadata: it counts until we have recorded Stripe's.
    """
    account = await _account_of(db, status, marked)
    if account is None:
        return
    account.stripe_account_id, account.can_pay_out = status.id, status.can_pay_out
    if account.bank_last4 and status.bank_last4 and account.bank_last4 != status.bank_last4:
        account.usable_from = at + COOLING
        await _note(db, "payout_account.bank_changed", ("payout_account", account.id), at)
        await publish(db, BankChanged(payout_account_id=account.id, user_id=account.user_id))
    account.due, account.bank_last4 = list(status.due), status.bank_last4 or ""
    account.country = status.country or account.country
    to = "active" if status.can_receive else account.state if account.state == "started" else "restricted"
    has_moved = to != account.state
    if has_moved:
        check_move("payout account", account.state, to)
        account.state = to
        account.activated_at = account.activated_at or (at if to == "active" else None)
        await _note(db, f"payout_account.{to}", ("payout_account", account.id), at)
    await db.flush()
    if to == "active" and has_moved:
        await publish(db, PayoutAccountReady(payout_account_id=account.id, user_id=account.user_id))
    if to == "active":
        await sending.send_waiting(db, account, at=at)


async def _account_of(db: Session, status: AccountStatus, marked: UUID | None) -> PayoutAccount | None:
    lock = select(PayoutAccount).with_for_update().execution_options(populate_existing=True)
    known = lock.where(PayoutAccount.stripe_account_id == status.id)
    found = (await db.execute(known)).scalar_one_or_none()
    if found is None and marked is not None:
        unrecorded = lock.where(PayoutAccount.id == marked, PayoutAccount.stripe_account_id.is_(None))
        found = (await db.execute(unrecorded)).scalar_one_or_none()
    return found


async def _post(db: Session, key: str, kind: str, lines: list[Line], subject: tuple[str, UUID], at: datetime) -> None:
    await journal.post(db, key=key, kind=kind, lines=lines, at=at, subject=subject)


async def _note(
    db: Session, action: str, subject: tuple[str, UUID], at: datetime, money: Money | None = None, why: str = ""
) -> None:
    values = {"amount_minor": money.amount_minor, "currency": money.currency} if money else {}
    await audit.record(db, action, subject=subject, by=None, at=at, why=why, **values)
