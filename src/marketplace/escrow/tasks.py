"""What escrow hears from engines/payments, in the transaction that records it; and its own sweep."""

from uuid import UUID

from sqlalchemy import select

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.engines.ledger.publishing import RootKey
from marketplace.engines.payments.client import account_status
from marketplace.engines.payments.events import CommandDone, CommandFailed, StripeObjectChanged
from marketplace.engines.payments.operations import part
from marketplace.escrow import cards, chargebacks, charging, checkouts, promises, reconciling, roots, sending, settling
from marketplace.escrow.events import RefundFailed
from marketplace.escrow.models import PayoutAccount, Transfer
from marketplace.identity.events import AccountClosing
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import Services, defer, task


@within(RefundFailed)
async def promise_another_way(db: Session, event: RefundFailed) -> None:
    """The payer is told that it is given back in another way within two working days."""
    await promises.promise(db, event.refund_id, at=clock.now())


@within(DeadlinePassed)
async def promise_broken(db: Session, event: DeadlinePassed) -> None:
    """Two working days are over."""
    if event.kind == promises.REFUND_AGAIN:
        await promises.broken(db, event.subject_id, due_at=event.due_at, at=clock.now())


@within(CommandDone)
async def command_done(db: Session, event: CommandDone) -> None:
    """Stripe has done what we asked."""
    match event.operation:
        case "checkout.sessions.create":
            await checkouts.checkout_opened(db, event.subject_id, event.result)
        case "checkout.sessions.expire":
            await charging.page_closed(db, event.command_id, event.result, clock.now())
        case "payment_intents.create":
            await charging.intent_answered(db, event.subject_id, event.result, clock.now())
        case "transfers.create":
            await settling.transfer_sent(db, event.subject_id, event.result_id, clock.now())
        case "refunds.create":
            await settling.refund_sent(db, event.subject_id, event.result_id, clock.now())
        case "payouts.create":
            await settling.payout_sent(db, event.subject_id, event.result_id, clock.now())
        case _:
            pass


@within(CommandFailed)
async def command_failed(db: Session, event: CommandFailed) -> None:
    """Stripe has refused for good; nothing has happened there."""
    match event.operation:
        case "checkout.sessions.create":
            await checkouts.checkout_failed(db, event.subject_id, code=event.code, at=clock.now())
        case "checkout.sessions.expire":
            await charging.page_not_closed(db, event.command_id, clock.now())
        case "payment_intents.create":
            await checkouts.card_refused(db, event.subject_id, code=event.code, at=clock.now())
        case "transfers.create":
            await settling.transfer_failed(db, event.subject_id, event.command_id, code=event.code, at=clock.now())
        case "refunds.create":
            await settling.refund_failed(db, event.subject_id, code=event.code, at=clock.now(), has_left=False)
        case "payouts.create":
            await settling.payout_failed(db, event.subject_id, code=event.code, at=clock.now())
        case _:
            pass


@within(StripeObjectChanged)
async def stripe_object_changed(db: Session, event: StripeObjectChanged) -> None:
    """Something changed at Stripe; objects that we did not make carry none of our ids and are left alone."""
    marks = part(event.object, "metadata")
    match event.object_kind:
        case "checkout.session":
            await checkouts.session_changed(db, event.object, clock.now())
        case "charge" if event.account is None:
            await checkouts.charge_changed(db, event.object, clock.now())
        case "transfer" if "transfer" in marks:
            await settling.transfer_sent(db, UUID(marks["transfer"]), event.object_id, clock.now())
        case "refund" if "refund" in marks:
            await _refund_changed(db, UUID(marks["refund"]), event)
        case "dispute" if event.account is None:
            await chargebacks.dispute_changed(db, event.object, clock.now())
        case "payout" if "payout" in marks:
            await settling.payout_changed(db, UUID(marks["payout"]), event.object, clock.now())
        case "account":
            marked = UUID(marks["payout_account"]) if "payout_account" in marks else None
            await settling.account_changed(db, account_status(event.object), clock.now(), marked=marked)
        case _:
            pass


async def _refund_changed(db: Session, refund_id: UUID, event: StripeObjectChanged) -> None:
    await settling.refund_sent(db, refund_id, event.object_id, clock.now())
    if event.object["status"] in ("failed", "canceled"):
        code = event.object.get("failure_reason") or event.object["status"]
        await settling.refund_failed(db, refund_id, code=code, at=clock.now(), has_left=True)


@within(AccountClosing)
async def forget_cards(db: Session, event: AccountClosing) -> None:
    """Nobody is left who could use or remove them."""
    await cards.forget_alone(db, event.user_id, at=clock.now())


@task("escrow.reconcile")
async def reconcile(db: Session) -> None:
    """Each night, when Stripe's books were copied: laid beside ours."""
    await reconciling.reconcile(db, at=clock.now())


@task("escrow.sign_root")
async def sign_root(db: Session) -> None:
    """Each night after that: publish what is sealed, close it with a signed root."""
    services: Services = db.info["services"]
    await roots.sign(db, services[RootKey], at=clock.now())


@task("escrow.sweep")
async def sweep(db: Session) -> None:
    """Each hour: look again at accounts that are not active, send what waits or failed though its account is.

    The events of an account that we have not paid from yet are in no list that payments reads.
    """
    waiting = select(Transfer.payee_user_id).where(Transfer.state != "sent").distinct().order_by(Transfer.payee_user_id)
    for user_id in (await db.execute(waiting)).scalars().all():
        await sending.keep_waiting(db, user_id, at=clock.now())
    query = select(PayoutAccount).where(PayoutAccount.rail == "stripe", PayoutAccount.stripe_account_id.is_not(None))
    for account in (await db.execute(query.order_by(PayoutAccount.id).with_for_update())).scalars().all():
        if account.state == "active":
            await sending.send_waiting(db, account, at=clock.now())
        else:
            key = f"payments.refresh:{account.stripe_account_id}"
            await defer(db, "payments.refresh", key=key, kind="account", object_id=account.stripe_account_id)
