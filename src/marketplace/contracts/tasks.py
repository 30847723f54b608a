"""What escrow and the deadlines tell us, in their own transactions: a hold and its milestone agree at every moment."""

from uuid import UUID

from sqlalchemy import select

from marketplace.contracts import actions, chargebacks, holding, notices, outages, queries, rules
from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.rules import ORDER_UNPAID
from marketplace.contracts.threads import contract_thread, contract_threads
from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.chargeback_models import Chargeback
from marketplace.escrow.events import (
    BankChanged,
    CardRemoved,
    CardSaved,
    ChargebackClosed,
    ChargebackOpened,
    HoldExpired,
    HoldFunded,
    HoldRefunded,
    PayoutAccountReady,
    PayoutConfirmed,
    PayoutFailed,
    PayoutSent,
    RefundFailed,
    RefundMadeGood,
    TransferWaiting,
)
from marketplace.escrow.models import Hold, Payout, PayoutAccount, Refund, Release, Transfer
from marketplace.escrow.queries import balances_of
from marketplace.escrow.sending import NO_ACCOUNT
from marketplace.identity.events import AccountClosing
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.events import after, within
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.messages.actions import notify
from marketplace.messages.thread_subjects import register
from marketplace.places.events import OutageBegan, OutageEnded
from marketplace.places.models import Outage

register("contract", contract_thread, several=contract_threads)


_PASSED = {
    rules.REVIEW: actions.release_unanswered,
    rules.DUE: holding.tell_overdue,
    rules.HOLDING_WARNING: holding.warn,
    rules.HOLDING_LIMIT: holding.force,
}
"""What is done when a deadline of a milestone passes, by its kind."""


@within(AccountClosing)
async def finish_first(db: Session, event: AccountClosing) -> None:
    """Nobody leaves with work under way or money on its way. Raises: Invalid."""
    if await queries.open_contracts_of(db, event.user_id):
        raise Invalid.at("", N_("You have a contract that is under way. Finish or cancel it first."))
    balances = (await balances_of(db, event.user_id)).values()
    if any(money.owed or money.available or money.on_its_way for money in balances):
        raise Invalid.at("", N_("There is still money of yours here. Pay it out first, and wait until it has arrived."))


@within(HoldFunded)
async def fund(db: Session, event: HoldFunded) -> None:
    """The hold is funded and so is its milestone."""
    if milestone := await _milestone(db, event.hold_id):
        await actions.mark_funded(db, milestone, at=clock.now())


@within(HoldExpired)
async def unfund(db: Session, event: HoldExpired) -> None:
    """Nobody paid in time, or a saved card was refused."""
    if milestone := await _milestone(db, event.hold_id):
        card = await db.get_one(SavedCard, event.card_id) if event.card_id else None
        await actions.mark_unpaid(db, milestone, card=card, at=clock.now())


@after(CardSaved)
async def tell_of_card(db: Session, event: CardSaved) -> None:
    """A card can be charged with one press from now on."""
    await notices.card_changed(db, await db.get_one(SavedCard, event.card_id), "card_saved", at=clock.now())


@after(CardRemoved)
async def tell_of_removal(db: Session, event: CardRemoved) -> None:
    """It can't any more."""
    await notices.card_changed(db, await db.get_one(SavedCard, event.card_id), "card_removed", at=clock.now())


@within(DeadlinePassed)
async def release(db: Session, event: DeadlinePassed) -> None:
    """The review period is over, or the time to deliver, to hold money, to pay an order in."""
    if event.kind == ORDER_UNPAID:
        await actions.lapse(db, await db.get_one(Contract, event.subject_id), at=clock.now())
    elif (passed := _PASSED.get(event.kind)) is not None:
        await passed(db, await db.get_one(Milestone, event.subject_id), at=clock.now())


@after(HoldRefunded)
async def tell_of_refund(db: Session, event: HoldRefunded) -> None:
    """Both sides learn that money goes back."""
    milestone = await _milestone(db, event.hold_id)
    if milestone is None:
        return
    refund = await db.get_one(Refund, event.refund_id)
    if (await db.get_one(Hold, event.hold_id)).is_reserve_backed:
        return  # her bank gave the payer everything already
    amount = Money(refund.amount_minor, refund.currency)
    contract = await db.get_one(Contract, milestone.contract_id)
    await notices.refunded(db, contract, milestone, amount, at=clock.now())


@after(RefundFailed)
async def tell_of_failed_refund(db: Session, event: RefundFailed) -> None:
    """The payer waits for it in vain: she learns why, and what we do about it."""
    await _tell_payer(db, event.hold_id, event.refund_id, "refund_failed")


@after(RefundMadeGood)
async def tell_of_second_refund(db: Session, event: RefundMadeGood) -> None:
    """It is given back after all."""
    await _tell_payer(db, event.hold_id, event.refund_id, "refund_made_good")


async def _tell_payer(db: Session, hold_id: UUID, refund_id: UUID, message: str) -> None:
    if milestone := await _milestone(db, hold_id):
        refund = await db.get_one(Refund, refund_id)
        contract = await db.get_one(Contract, milestone.contract_id)
        await notices.refund_news(db, contract, milestone, refund, message, at=clock.now())


@within(ChargebackClosed)
async def end_without_money(db: Session, event: ChargebackClosed) -> None:
    """What was held has covered the loss: nothing is left to work for."""
    milestone = await _milestone(db, event.hold_id)
    if milestone is not None and event.is_lost:
        await chargebacks.end_without_money(db, milestone, at=clock.now())


@after(ChargebackOpened)
async def stop_the_clocks(db: Session, event: ChargebackOpened) -> None:
    """Nobody's time runs while a bank has the payment; both sides hear of it."""
    if milestone := await _milestone(db, event.hold_id):
        chargeback = await db.get_one(Chargeback, event.chargeback_id)
        await chargebacks.opened(db, milestone, chargeback, at=clock.now())


@after(ChargebackClosed)
async def start_the_clocks(db: Session, event: ChargebackClosed) -> None:
    """It goes on."""
    if milestone := await _milestone(db, event.hold_id):
        await chargebacks.closed(db, milestone, is_lost=event.is_lost, at=clock.now())


@after(OutageBegan)
async def outage_began(db: Session, event: OutageBegan) -> None:
    """Who can't work loses no time."""
    await outages.pause(db, await db.get_one(Outage, event.outage_id))


@after(OutageEnded)
async def outage_ended(db: Session, event: OutageEnded) -> None:
    """The clocks run on."""
    outage = await db.get_one(Outage, event.outage_id)
    await outages.resume(db, outage, at=outage.ended_at or clock.now())


@after(TransferWaiting)
async def tell_to_connect(db: Session, event: TransferWaiting) -> None:
    """Her released money waits for a payout account. (A transfer that failed is for the operators.)"""
    if event.reason != NO_ACCOUNT:
        return
    transfer = await db.get_one(Transfer, event.transfer_id)
    release = await db.get_one(Release, transfer.release_id)
    milestone = await _milestone(db, release.hold_id)
    if milestone is None:
        return
    contract = await db.get_one(Contract, milestone.contract_id)
    await notices.account_needed(db, contract, milestone, at=clock.now())


@after(PayoutAccountReady)
async def tell_of_account(db: Session, event: PayoutAccountReady) -> None:
    """Her payout account works."""
    await notify(db, event.user_id, "payout_account_ready", {}, link="/money", at=clock.now())


@after(BankChanged)
async def tell_of_bank(db: Session, event: BankChanged) -> None:
    """She, or somebody in her name, gave Stripe another bank."""
    account = await db.get_one(PayoutAccount, event.payout_account_id)
    values = {"rail": account.rail, "last4": account.bank_last4, "from_at": account.usable_from}
    await notify(db, event.user_id, "payout_method_added", values, link="/money/methods", at=clock.now())


@after(PayoutSent)
async def tell_of_payout(db: Session, event: PayoutSent) -> None:
    """A payout is on its way."""
    await _tell_of_payout(db, event.user_id, event.payout_id, "payout_requested")


@after(PayoutConfirmed)
async def tell_of_arrival(db: Session, event: PayoutConfirmed) -> None:
    """A payout has arrived."""
    await _tell_of_payout(db, event.user_id, event.payout_id, "payout_confirmed")


@after(PayoutFailed)
async def tell_of_failure(db: Session, event: PayoutFailed) -> None:
    """A payout came back."""
    await _tell_of_payout(db, event.user_id, event.payout_id, "payout_failed", reason=event.reason)


async def _tell_of_payout(db: Session, user_id: UUID, payout_id: UUID, message: str, **values: str) -> None:
    payout = await db.get_one(Payout, payout_id)
    amount = Money(payout.amount_minor, payout.currency)
    await notify(db, user_id, message, {"amount": amount, **values}, link="/money", at=clock.now())


async def _milestone(db: Session, hold_id: UUID) -> Milestone | None:
    """The milestone of a hold; escrow holds money for others too."""
    return (await db.execute(select(Milestone).where(Milestone.hold_id == hold_id))).scalar_one_or_none()
