"""What escrow tells the floors above. Published in the transaction that moves the money."""

from uuid import UUID

from marketplace.kernel.events import Event


class HoldFunded(Event, frozen=True):
    """The payer's money has arrived: hold pending → held."""

    hold_id: UUID


class HoldExpired(Event, frozen=True):
    """The pay page was left without paying. The hold stays pending: `start_checkout` opens the next attempt.

    `card_id`: not a page, but a saved card, was refused.
    """

    hold_id: UUID
    card_id: UUID | None = None


class CardSaved(Event, frozen=True):
    """An organisation has a card now that can be charged with one press."""

    card_id: UUID


class CardRemoved(Event, frozen=True):
    """A saved card is gone."""

    card_id: UUID


class HoldRefunded(Event, frozen=True):
    """Money of a hold is on its way back to the payer (whole or in part)."""

    hold_id: UUID
    refund_id: UUID


class RefundFailed(Event, frozen=True):
    """A refund did not reach the payer; a person of finance gives it back in another way."""

    hold_id: UUID
    refund_id: UUID


class RefundMadeGood(Event, frozen=True):
    """What had not reached the payer was given back once more: it is on its way to the card, or was sent by hand."""

    hold_id: UUID
    refund_id: UUID


class ReleaseMade(Event, frozen=True):
    """Money of a hold, less the fee, is owed to the freelancer."""

    hold_id: UUID
    release_id: UUID
    user_id: UUID


class TransferWaiting(Event, frozen=True):
    """A release can't be transferred yet: she has no active payout account, or the transfer failed (`reason`)."""

    transfer_id: UUID
    user_id: UUID
    reason: str


class TransferSent(Event, frozen=True):
    """A release has reached her balance: it can be paid out."""

    transfer_id: UUID
    user_id: UUID


class PayoutAccountReady(Event, frozen=True):
    """Her payout account can receive money now."""

    payout_account_id: UUID
    user_id: UUID


class BankChanged(Event, frozen=True):
    """The bank of her account at Stripe is another one now: it is paid 72 hours later."""

    payout_account_id: UUID
    user_id: UUID


class PayoutSent(Event, frozen=True):
    """A payout is on its way to her bank."""

    payout_id: UUID
    user_id: UUID


class PayoutConfirmed(Event, frozen=True):
    """A payout has arrived."""

    payout_id: UUID
    user_id: UUID


class PayoutFailed(Event, frozen=True):
    """A payout failed or was returned; its amount is back in her balance. `reason` is Stripe's failure code."""

    payout_id: UUID
    user_id: UUID
    reason: str


class ChargebackOpened(Event, frozen=True):
    """The payer's bank asks for a payment back: what is held of it is frozen."""

    chargeback_id: UUID
    hold_id: UUID


class ChargebackClosed(Event, frozen=True):
    """The bank has decided. `is_lost`: it keeps the money; then the reserve stands in, or the hold has covered it."""

    chargeback_id: UUID
    hold_id: UUID
    is_lost: bool
