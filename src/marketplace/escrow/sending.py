"""Commands to Stripe for transfers, refunds and payouts, and the waiting of transfers for a payout account."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.engines.ledger import journal
from marketplace.engines.payments import outbox
from marketplace.escrow import accounts
from marketplace.escrow.events import TransferSent, TransferWaiting
from marketplace.escrow.models import Hold, Payout, PayoutAccount, Refund, Release, Transfer
from marketplace.escrow.rules import STRIPE_HOLDS, check_move
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.events import publish
from marketplace.kernel.money import Money

NO_ACCOUNT = "no_payout_account"


async def stripe_account_of(db: Session, user_id: UUID, *, is_changing: bool = False) -> PayoutAccount | None:
    """Her account on the Stripe rail, locked: shared by senders, alone for who changes it.

    So that a release and the activation of her account, at the same time, never overlook each other.
    """
    query = (
        select(PayoutAccount)
        .where(PayoutAccount.user_id == user_id, PayoutAccount.rail == "stripe")
        .with_for_update(read=not is_changing)
        .execution_options(populate_existing=True)
    )
    return (await db.execute(query)).scalar_one_or_none()


async def accounts_of(db: Session, user_id: UUID) -> list[PayoutAccount]:
    """All her accounts in use, locked shared, in one order."""
    query = (
        select(PayoutAccount)
        .where(PayoutAccount.user_id == user_id, PayoutAccount.replaced_at.is_(None))
        .order_by(PayoutAccount.id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    return list((await db.execute(query)).scalars())


def is_kept_here(found: list[PayoutAccount], currency: str) -> bool:
    """Her balance here takes it: she prefers a bank or wallet, or Stripe can't hold that currency for her."""
    return currency not in STRIPE_HOLDS or any(each.is_preferred and each.rail != "stripe" for each in found)


async def send_or_wait(db: Session, transfer: Transfer, hold: Hold) -> None:
    """Send a pending transfer where she wants it; without any account it waits and the money stays owed to her."""
    found = await accounts_of(db, transfer.payee_user_id)
    stripe = next((each for each in found if each.rail == "stripe"), None)
    if is_kept_here(found, transfer.currency):
        await _keep(db, transfer, transfer.created_at)
    elif stripe is None or stripe.state != "active" or stripe.stripe_account_id is None:
        await publish(db, TransferWaiting(transfer_id=transfer.id, user_id=transfer.payee_user_id, reason=NO_ACCOUNT))
    else:
        await _send(db, transfer, hold, stripe.stripe_account_id)


async def keep_waiting(db: Session, user_id: UUID, *, at: datetime) -> int:
    """What waits for an account, or failed at Stripe, goes to her balance here when she wants it there."""
    found = await accounts_of(db, user_id)
    query = (
        select(Transfer)
        .where(Transfer.payee_user_id == user_id, Transfer.state != "sent")
        .where(or_(Transfer.command_id.is_(None), Transfer.state == "failed"))
        .order_by(Transfer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    waiting = [each for each in (await db.execute(query)).scalars() if is_kept_here(found, each.currency)]
    for transfer in waiting:
        await _keep(db, transfer, at)
    return len(waiting)


async def _keep(db: Session, transfer: Transfer, at: datetime) -> None:
    """From what is owed to her balance here: both are ours to write, so it is done at once."""
    if transfer.state == "failed":
        check_move("transfer", transfer.state, "pending")
        transfer.state = "pending"
    check_move("transfer", transfer.state, "sent")
    transfer.state, transfer.keeper, transfer.failure, transfer.sent_at = "sent", "here", "", at
    await db.flush()
    money = Money(transfer.amount_minor, transfer.currency)
    user_id = transfer.payee_user_id
    lines = accounts.move(accounts.owed(user_id, money.currency), accounts.payable(user_id, money.currency), money)
    key, subject = f"transfer:{transfer.id}:kept", ("transfer", transfer.id)
    await journal.post(db, key=key, kind="kept", lines=lines, at=at, subject=subject)
    said: dict[str, Any] = {"amount_minor": money.amount_minor, "currency": money.currency}
    await audit.record(db, "transfer.kept", subject=subject, by=None, at=at, **said)
    await publish(db, TransferSent(transfer_id=transfer.id, user_id=user_id))


async def send_waiting(db: Session, account: PayoutAccount, *, at: datetime) -> int:
    """Send all that waits for this active account, and once more what failed; returns how many."""
    assert account.stripe_account_id is not None, account.id
    if not account.is_preferred:
        return 0
    query = (
        select(Transfer, Hold)
        .join(Release, Release.id == Transfer.release_id)
        .join(Hold, Hold.id == Release.hold_id)
        .where(Transfer.payee_user_id == account.user_id, Transfer.state != "sent")
        .where(Transfer.currency.in_(STRIPE_HOLDS))
        .order_by(Transfer.id)
        .with_for_update(of=Transfer)
        .execution_options(populate_existing=True)
    )
    count = 0
    for transfer, hold in (await db.execute(query)).all():
        if transfer.state == "failed":
            check_move("transfer", transfer.state, "pending")
            transfer.state, transfer.command_id, transfer.epoch = "pending", None, transfer.epoch + 1
            await audit.record(db, "transfer.retried", subject=("transfer", transfer.id), by=None, at=at)
        if transfer.command_id is None:
            await _send(db, transfer, hold, account.stripe_account_id)
            count += 1
    return count


async def _send(db: Session, transfer: Transfer, hold: Hold, stripe_account_id: str) -> None:
    body: dict[str, object] = {
        "amount": transfer.amount_minor,
        "currency": transfer.currency.lower(),
        "destination": stripe_account_id,
        "metadata": {"transfer": str(transfer.id)},
        "transfer_group": f"hold:{hold.id}",  # as the charge has it
    }
    if hold.charge_id and not hold.is_reserve_backed:
        body["source_transaction"] = hold.charge_id  # which need not have settled yet
    transfer.command_id = await outbox.send(
        db,
        operation="transfers.create",
        key=f"release:{transfer.release_id}:transfer:{transfer.epoch}",
        body=body,
        subject=("transfer", transfer.id),
    )
    await db.flush()


async def give_back(db: Session, refund: Refund, hold: Hold, *, at: datetime) -> None:
    """What left a hold goes to the card; to the reserve where the payer has all of it already, or never paid."""
    if not hold.is_reserve_backed:
        if hold.charge_id is not None:  # what came by transfer goes back by transfer: rails/pay_ins.py lists it
            await send_refund(db, refund, hold.charge_id)
        return
    check_move("refund", refund.state, "sent")
    refund.state, refund.sent_at = "sent", at
    await db.flush()
    money = Money(refund.amount_minor, refund.currency)
    lines = accounts.move(accounts.refund_transit(refund.id), accounts.reserve(money.currency), money)
    key = f"refund:{refund.id}:sent"
    await journal.post(db, key=key, kind="refund_to_reserve", lines=lines, at=at, subject=("refund", refund.id))


async def send_refund(db: Session, refund: Refund, charge_id: str) -> None:
    """Give the amount of `refund` back to the card that `charge_id` charged."""
    body = {"charge": charge_id, "amount": refund.amount_minor, "metadata": {"refund": str(refund.id)}}
    await outbox.send(
        db, operation="refunds.create", key=f"refund:{refund.id}", body=body, subject=("refund", refund.id)
    )


async def send_payout(db: Session, payout: Payout, stripe_account_id: str) -> None:
    """Pay the amount out of her Stripe balance to her bank."""
    payout.command_id = await outbox.send(
        db,
        operation="payouts.create",
        key=f"payout:{payout.id}",
        body={
            "amount": payout.amount_minor,
            "currency": payout.currency.lower(),
            "metadata": {"payout": str(payout.id)},
        },
        subject=("payout", payout.id),
        account=stripe_account_id,
    )
    await db.flush()
