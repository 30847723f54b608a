"""What a payout will bring, before it is asked for: rate, every deduction, what arrives and by when. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from marketplace.escrow.errors import BelowMinimum, NoRate
from marketplace.escrow.rails.catalogue import RailTerms
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import EXPONENTS, Money, format_money

BANKS_ARE_IN = ZoneInfo("Asia/Karachi")


@dataclass(frozen=True, slots=True)
class Rate:
    """One `base` is `value` of `quote`, on that day, says that source."""

    base: str
    quote: str
    value: Decimal
    on: date
    source: str

    def convert(self, money: Money) -> Money:
        """The same in the other currency, rounded down to its minor unit."""
        assert money.currency == self.base, (money, self)
        shift = EXPONENTS[self.quote] - EXPONENTS[self.base]
        minor = (Decimal(money.amount_minor) * self.value).scaleb(shift).to_integral_value(ROUND_FLOOR)
        return Money(int(minor), self.quote)

    def about(self, money: Money) -> Money:
        """An estimate, in whole units."""
        units = 10 ** EXPONENTS[self.quote]
        return Money(self.convert(money).amount_minor // units * units, self.quote)


@dataclass(frozen=True, slots=True)
class Quote:
    """`takes` leaves the balance, `converted` is that in the currency of the bank; fee + arrives = converted."""

    takes: Money
    rate: Rate | None
    converted: Money
    fee: Money
    arrives: Money
    due_on: date


def quote(terms: RailTerms, amount: Money, rate: Rate | None, *, at: datetime) -> Quote:
    """What a payout of `amount` brings on this rail. Raises: NoRate, BelowMinimum."""
    target = terms.arriving_in(amount.currency)
    if target == amount.currency:
        rate, converted = None, amount
    elif rate is None or not terms.converts:
        raise NoRate
    else:
        converted = rate.convert(amount)
    fee = Money(terms.fee, target)
    least = Money(terms.minimum, target)
    arrives = converted - fee
    if arrives < least or not arrives.amount_minor > 0:
        raise BelowMinimum.at("amount", N_("At least %(least)s has to arrive."), least=format_money(least))
    return Quote(amount, rate, converted, fee, arrives, working_day(at, terms.days))


def working_day(at: datetime, days: int) -> date:
    """So many working days (Monday to Friday) after the day on which the bank reads it; holidays nobody knows here."""
    day = at.astimezone(BANKS_ARE_IN).date()
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day
