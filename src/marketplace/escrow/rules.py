"""What may follow what, and what the fee is. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

STRIPE_HOLDS = ("USD",)
"""Currencies of our balance at Stripe. It charges cards in others too, but changes the money into dollars at a rate of
its own: such a hold would not be what both agreed on. So those are paid in, and out, by bank or wallet."""

MINIMUM_PAYOUT = Money(10_00, "USD")
"""Of Stripe's rail; the others' stand in rails/data/rails.toml."""

COOLING = timedelta(hours=72)
"""Between new details and the first payout to them: whoever took over an account is found out before the money goes."""

CHECKOUT_LIFE = timedelta(hours=1)
"""Stripe keeps a session open for 30 minutes to 24 hours."""

MOVES: dict[str, dict[str, set[str]]] = {
    "hold": {"pending": {"held", "cancelled"}, "held": {"closed", "pending"}, "closed": {"held"}},
    "checkout": {
        "pending": {"open", "failed", "paid", "refused"},
        "open": {"paid", "expired", "refused"},
        "expired": {"paid", "refused"},
        "failed": {"paid", "refused"},
    },
    "transfer": {"pending": {"sent", "failed"}, "failed": {"pending"}},
    "refund": {"pending": {"sent", "failed"}, "sent": {"failed"}},
    "payout": {
        "requested": {"sent", "failed"},
        "sent": {"confirmed", "returned", "failed"},
        "confirmed": {"returned", "failed"},
    },
    "payout account": {"started": {"active"}, "active": {"restricted"}, "restricted": {"active"}},
}
"""state → the states that may follow. A closed hold is held again when its refund fails; money that Stripe took counts,
whatever we believed of the page; a confirmed payout may still come back from the bank."""


class MoveRefused(Conflict):
    message = N_("This has changed in the meantime. Please look at it again.")


def check_move(noun: str, state: str, to: str) -> None:
    """Raises: MoveRefused unless `to` may follow `state`."""
    if to not in MOVES[noun].get(state, set()):
        raise MoveRefused


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What a contract agreed on: so many basis points of what a hold releases, but at least `minimum_minor`.

    The fee is one of the hold, not of each release: whenever a part is released (early, at the end, by a split), the
    fee of all that is released so far is reckoned anew and what was not taken yet is taken from that part. So it does
    not matter in how many parts a hold is released, the minimum is taken once, never more than was released, and
    what goes back to the employer costs nothing. Contracts and holds keep a copy; `fees.fee_terms` reads the table.
    """

    basis_points: int
    minimum_minor: int = 0

    def of(self, amount: Money) -> Money:
        """The fee of `amount` released in one: rounded down, and never more than the amount itself."""
        wanted = max(amount.fee(self.basis_points).amount_minor, self.minimum_minor)
        return Money(min(wanted, amount.amount_minor), amount.currency)

    def of_part(self, part: Money, *, released: Money) -> Money:
        """The fee of one more part after `released` of the same hold."""
        return self.of(released + part) - self.of(released)


@dataclass(frozen=True, slots=True)
class FeePreview:
    """What the employer pays, what the platform keeps, what the freelancer receives: gross = fee + net."""

    gross: Money
    fee: Money
    net: Money


def fee_preview(amount: Money, terms: FeeTerms) -> FeePreview:
    """The fee is rounded down, so that the freelancer never gets less than the terms say."""
    fee = terms.of(amount)
    return FeePreview(gross=amount, fee=fee, net=amount - fee)


@dataclass(frozen=True, slots=True)
class Split:
    """What is left of a hold, divided: release + refund; the fee is taken from the released part only."""

    release: Money
    fee: Money
    refund: Money


def split_of(left: Money, release: Money, fee: Money) -> Split:
    """Raises: Invalid unless `release` is between nothing and all that is left."""
    check_share(left, release)
    return Split(release=release, fee=fee, refund=left - release)


def check_share(left: Money, release: Money) -> None:
    """Raises: Invalid unless `release` is between nothing and all that is left."""
    if not 0 <= release.amount_minor <= left.amount_minor:
        raise Invalid.at("amount", N_("Write an amount between nothing and all that is held."))
