"""What people can't do with money, and why."""

from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_


class NotHeld(Conflict):
    message = N_("No money is held for this (any more).")


class HoldFrozen(Conflict):
    message = N_(
        "The bank of the payer is asking for this payment back. The money stays where it is until the bank has decided."
    )


class NoCard(Conflict):
    message = N_("What is agreed in rupees is paid in by bank or wallet: a card would be charged in dollars.")


class PayPageOpening(Conflict):
    message = N_("A pay page is just being opened for this. Please look again in a moment: nothing was charged.")


class CardInUse(Conflict):
    message = N_("Your card is being charged for this. Please look again in a moment.")


class CardGone(Conflict):
    message = N_("This card is not kept any more. Choose another way to pay.")


class CardBusy(Conflict):
    message = N_("A payment with this card is under way. Please try again in a minute.")


class AlreadyFunded(Conflict):
    message = N_("This is funded already.")


class NoPayoutAccount(Conflict):
    message = N_("Connect your payout account first.")


class PayoutsPaused(Conflict):
    message = N_("Your payout account can't pay out yet: it still has open questions.")


class BelowMinimum(Invalid):
    """The amount is less than what a payout is worth."""


class MoreThanAvailable(Invalid):
    """The amount is more than her balance."""


class NoRate(Conflict):
    message = N_("There is no exchange rate of these days yet. Please try again tomorrow; your balance is safe.")


class QuoteChanged(Conflict):
    message = N_("The rate has changed since you looked. Look at the payout again.")


class TooFresh(Conflict):
    message = N_("These details are new: they can be paid from %(at)s on. That is for your safety.")


class PayoutsFrozen(Conflict):
    message = N_("Payouts are paused for now. Your balance is safe, and we are working on it.")


class RailClosed(Conflict):
    message = N_("This way of being paid is not open here.")


class BeingPaid(Conflict):
    message = N_("This payout is being paid already and can't be cancelled any more.")


class ApprovedAlready(Conflict):
    message = N_("You have approved this batch. Somebody else has to be the second.")


class OwnPayout(Conflict):
    message = N_("This batch pays you. Two others have to approve it.")


class TooManyReceipts(Conflict):
    message = N_("We are looking at your receipts already. Please wait until they are answered.")


class OtherMoneyHeld(Conflict):
    message = N_(
        "Other money was really paid in for this milestone and is still here. Take the receipt back when it is released"
        " or given back."
    )


class UnpaidReceipt(Conflict):
    message = N_(
        "The money of an earlier receipt of yours never came. Please pay by card, or wait until our statement shows"
        " your transfer."
    )


class OwnReceipt(Conflict):
    message = N_("This is a payment of your own, or of your organisation. Two others have to read it.")


class NothingToPay(Conflict):
    message = N_("No payout waits on this rail.")


class SamePerson(Conflict):
    message = N_("Somebody else has to confirm this.")
