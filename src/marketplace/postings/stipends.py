"""The least that an internship pays, read from stipends.toml beside this file."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from marketplace.kernel.money import EXPONENTS, Money

_FILE = Path(__file__).with_name("stipends.toml")


@dataclass(frozen=True, slots=True)
class Stipends:
    """Amounts a month by currency, for `hours_a_week`."""

    hours_a_week: int
    month: dict[str, Money]

    def least(self, currency: str, hours: int) -> Money:
        """The least a month for so many hours a week: in proportion, never more than for full hours, rounded up."""
        whole = self.month[currency]
        share = min(hours, self.hours_a_week)
        return Money(-(-whole.amount_minor * share // self.hours_a_week), currency)


@cache
def stipends() -> Stipends:
    """The rules of this release."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    month = {code: Money(amount * 10 ** EXPONENTS[code], code) for code, amount in read["month"].items()}
    return Stipends(read["hours_a_week"], month)
