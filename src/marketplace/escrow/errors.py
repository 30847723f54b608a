"""What people can't do with money, and why."""

from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_


class NotHeld(Conflict):
    message = N_("No money is held for this (any more).")


class HoldFrozen(Conflict):
    message = N_(
        "The bank of the payer is asking for this payment back. The money stays where it is until the bank has decided."
    )


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
