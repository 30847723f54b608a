"""What may follow what, and what the fee is. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

FEE_BASIS_POINTS = 1_000
"""The fee of contracts made today, from the freelancer; `queries.fee_basis_points` reads the rule of a given day."""

MINIMUM_PAYOUT = Money(10_00, "USD")
"""Of Stripe's rail; the others' stand in rails/rails.toml."""

COOLING = timedelta(hours=72)
"""Between new details and the first payout to them: whoever took over an account is found out before the money goes."""

CHECKOUT_LIFE = timedelta(hours=1)
"""Stripe keeps a session open for 30 minutes to 24 hours."""

MOVES: dict[str, dict[str, set[str]]] = {
    "hold": {"pending": {"held", "cancelled"}, "held": {"closed"}, "closed": {"held"}},
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
class FeePreview:
    """What the employer pays, what the platform keeps, what the freelancer receives: gross = fee + net."""

    gross: Money
    fee: Money
    net: Money


def fee_preview(amount: Money, basis_points: int = FEE_BASIS_POINTS) -> FeePreview:
    """The fee is rounded down, so that the freelancer never gets less than the rate says."""
    return FeePreview(gross=amount, fee=amount.fee(basis_points), net=amount.less_fee(basis_points))


@dataclass(frozen=True, slots=True)
class Split:
    """What is left of a hold, divided: release + refund; the fee is taken from the released part only."""

    release: Money
    fee: Money
    refund: Money


def split_of(left: Money, release: Money, basis_points: int) -> Split:
    """Raises: Invalid unless `release` is between nothing and all that is left."""
    if not 0 <= release.amount_minor <= left.amount_minor:
        raise Invalid.at("amount", N_("Write an amount between nothing and all that is held."))
    return Split(release=release, fee=release.fee(basis_points), refund=left - release)
