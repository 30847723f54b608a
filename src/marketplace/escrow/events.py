"""What escrow tells the floors above. Published in the transaction that moves the money."""

from uuid import UUID

from marketplace.kernel.events import Event


class HoldFunded(Event):
    """The payer's money has arrived: hold pending → held."""

    hold_id: UUID


class HoldExpired(Event):
    """The pay page was left without paying. The hold stays pending: `start_checkout` opens the next attempt."""

    hold_id: UUID


class HoldRefunded(Event):
    """Money of a hold is on its way back to the payer (whole or in part)."""

    hold_id: UUID
    refund_id: UUID


class ReleaseMade(Event):
    """Money of a hold, less the fee, is owed to the freelancer."""

    hold_id: UUID
    release_id: UUID
    user_id: UUID


class TransferWaiting(Event):
    """A release can't be transferred yet: she has no active payout account, or the transfer failed (`reason`)."""

    transfer_id: UUID
    user_id: UUID
    reason: str


class TransferSent(Event):
    """A release has reached her balance: it can be paid out."""

    transfer_id: UUID
    user_id: UUID


class PayoutAccountReady(Event):
    """Her payout account can receive money now."""

    payout_account_id: UUID
    user_id: UUID


class PayoutSent(Event):
    """A payout is on its way to her bank."""

    payout_id: UUID
    user_id: UUID


class PayoutConfirmed(Event):
    """A payout has arrived."""

    payout_id: UUID
    user_id: UUID


class PayoutFailed(Event):
    """A payout failed or was returned; its amount is back in her balance. `reason` is Stripe's failure code."""

    payout_id: UUID
    user_id: UUID
    reason: str
