"""Money as whole minor units of one currency. Nothing here rounds silently."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_

EXPONENTS = {"USD": 2, "PKR": 2, "EUR": 2, "GBP": 2, "AED": 2, "SAR": 2, "JPY": 0}
"""Decimal places of the currencies we accept (ISO 4217); a currency without any is spelled here and nowhere else."""

CURRENCIES = ("USD", "PKR")
"""What contracts are made in; a contract has one."""
BASIS_POINTS = 10_000
MAX_MINOR = 1_000_000_000_00


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`amount_minor` is in the smallest unit (cents, paisa) of `currency` (ISO 4217, upper case)."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        assert self.currency in EXPONENTS, self.currency

    def __add__(self, other: Self) -> "Money":
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: Self) -> "Money":
        return Money(self.amount_minor - self._same(other), self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.amount_minor < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.amount_minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def _same(self, other: Self) -> int:
        assert self.currency == other.currency, (self.currency, other.currency)
        return other.amount_minor

    def fee(self, basis_points: int) -> "Money":
        """The platform's part, rounded down to the minor unit; fee + net == gross by construction."""
        return Money(self.amount_minor * basis_points // BASIS_POINTS, self.currency)

    def less_fee(self, basis_points: int) -> "Money":
        """What the freelancer receives."""
        return self - self.fee(basis_points)

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.amount_minor).scaleb(-EXPONENTS[self.currency])


def whole(units: int, currency: str) -> Money:
    """So many dollars or rupees: minor units are counted here and nowhere else."""
    return Money(units * 10 ** EXPONENTS[currency], currency)


def parse_money(text: str, currency: str) -> Money:
    """Read what a person typed ("1,200.50", "۱۲۰۰") as money.

    Raises: Invalid when it is no positive amount, has too many decimals, or is beyond a billion.
    """
    try:
        value = Decimal(text.strip().replace(",", "").replace("٬", "").replace("٫", "."))
        minor = value.scaleb(EXPONENTS[currency])
    except InvalidOperation:
        raise Invalid.at("amount", N_("Write an amount in figures, like 1,200.50.")) from None
    if not minor.is_finite() or minor != minor.to_integral_value() or not 0 < minor <= MAX_MINOR:
        raise Invalid.at(
            "amount",
            N_("Write an amount above zero, with no more decimals than the currency has."),
        )
    return Money(int(minor), currency)


def format_money(money: Money, locale: str = "en") -> str:
    """`USD 1,200.50`, `PKR 45,000`: code first, Latin digits in every language, no decimals when they are zero."""
    whole = money.amount_minor % 10 ** EXPONENTS[money.currency] == 0
    places = 0 if whole else EXPONENTS[money.currency]
    return f"{money.currency} {money.decimal:,.{places}f}"
