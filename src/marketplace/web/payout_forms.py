"""How much of which balance goes where: the form on the page of money and the one that confirms a quote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from wtforms import HiddenField, RadioField

from marketplace.escrow.models import PayoutAccount
from marketplace.escrow.queries import Balance
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import CURRENCIES, Money
from marketplace.web.forms import CreatingForm, Form, Length, MoneyField, Required

RAILS = {
    "stripe": N_("Bank account, through Stripe"),
    "bank": N_("Bank account in Pakistan"),
    "wallet": N_("Mobile wallet or Raast ID"),
    "manual": N_("By hand, with a receipt"),
}
"""What each rail is called on pages."""


@dataclass(frozen=True, slots=True)
class Way:
    """A balance and a method that can pay it out."""

    account: PayoutAccount
    available: Money

    @property
    def value(self) -> str:
        """As forms and addresses carry it."""
        return f"{self.available.currency}-{self.account.rail}"


def ways_of(balances: Mapping[str, Balance], methods: Sequence[PayoutAccount]) -> list[Way]:
    """Every balance with every method that can pay it out."""
    return [
        Way(account, balance.on(account.rail))
        for currency, balance in balances.items()
        for account in methods
        if balance.on(account.rail) and (account.rail != "manual" or account.currency == currency)
    ]


class AmountForm(Form):
    """How much to pay out, and from where to where."""

    way = RadioField(N_("To"), validate_choice=False)
    amount = MoneyField(N_("Amount"), [Required()])

    def offer(self, ways: Sequence[Way]) -> None:
        """The ways there are; the first one is chosen until she chooses another."""
        self.way.choices = cast(Any, {each.value: each.value for each in ways})
        self.way.data = self.way.data or (ways[0].value if ways else None)

    def validate(self, extra_validators: Any = None) -> bool:
        """The amount is one of the currency of the balance that was chosen."""
        self.amount.currency, _ = split(self.way.data)
        return super().validate(extra_validators)


class PayoutForm(AmountForm, CreatingForm):
    """A payout whose quote was looked at: `expects` is what it says will arrive, as "1671000 PKR"."""

    expects = HiddenField(validators=[Length(max=40)])

    @property
    def expected(self) -> Money | None:
        minor, _, currency = (self.expects.data or "").partition(" ")
        if not (minor.isascii() and minor.isdecimal() and currency in CURRENCIES):
            return None
        return Money(int(minor), currency)


def split(way: object) -> tuple[str, str]:
    """Currency and rail of a way; of what is none, the first ones."""
    currency, _, rail = str(way or "").partition("-")
    return (currency if currency in CURRENCIES else CURRENCIES[0]), (rail if rail in RAILS else "stripe")
