"""Rails, wallet operators, statement layouts, Stripe's countries, our own accounts: all data (data/*.toml)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, cast

from marketplace.engines.banking.statements import StatementLayout
from marketplace.engines.banking.tables import TableLayout
from marketplace.escrow.models import Rail
from marketplace.kernel.money import Money, whole

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class RailTerms:
    """What a rail costs and how long it takes; amounts in minor units. `currency` empty: that of the balance."""

    name: Rail
    currency: str
    converts: bool
    minimum: int
    fee: int
    days: int

    def arriving_in(self, currency: str) -> str:
        """In which currency a balance of `currency` arrives."""
        return self.currency or currency


@dataclass(frozen=True, slots=True)
class Operator:
    """A wallet operator and the file that it takes."""

    slug: str
    name: str
    layout: TableLayout


@dataclass(frozen=True, slots=True)
class StripeCountry:
    """What Stripe wants for a connected account there; `minimum` of a payout in minor units (0: not known)."""

    code: str
    agreement: str
    currency: str
    minimum: Money
    self_serve: bool
    approved: bool


@dataclass(frozen=True, slots=True)
class House:
    """An account of the platform's own at a bank or wallet operator."""

    slug: str
    title: str
    bank: str
    currency: str
    layout: str
    pays: tuple[str, ...] = ()
    takes: bool = False
    iban: str = ""
    bic: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class HouseAccounts:
    """All of them; none: the rails of banks and wallets are closed."""

    by_slug: Mapping[str, House]

    def paying(self, rail: str, currency: str) -> House | None:
        """From which a rail is paid in that currency."""
        return next((each for each in self.by_slug.values() if rail in each.pays and each.currency == currency), None)

    def taking(self, currency: str) -> list[House]:
        """Into which employers may pay."""
        return [each for each in self.by_slug.values() if each.takes and each.currency == currency]


def house_accounts(path: Path | None) -> HouseAccounts:
    """The operator's file, or none. Raises: ValueError naming what is wrong in it."""
    if path is None:
        return HouseAccounts({})
    known = {field.name for field in fields(House)}
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        made = {slug: _house(slug, each) for slug, each in read.items()}
        for each in made.values():
            _ = Money(0, each.currency)
    except (OSError, TypeError, AssertionError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: {error} (an account has {', '.join(sorted(known))})") from error
    if unknown := {each.layout for each in made.values()} - layouts().keys():
        raise ValueError(f"{path}: there is no layout {sorted(unknown)[0]} in escrow/rails/data/statements")
    return HouseAccounts(made)


def _house(slug: str, each: dict[str, Any]) -> House:
    given: dict[str, Any] = {**each, "pays": tuple(each.get("pays", ()))}
    return House(slug=slug, **given)


def demo_accounts() -> Path:
    """The invented accounts of demo and tests."""
    return DATA / "house.toml"


@cache
def rails() -> dict[str, RailTerms]:
    """All rails that are paid by file or hand."""
    return {name: _terms(cast(Rail, name), each) for name, each in _read("rails.toml").items()}


def _terms(name: Rail, each: dict[str, Any]) -> RailTerms:
    currency = each["currency"] or "USD"
    least, fee = (whole(each[key], currency).amount_minor for key in ("minimum", "fee"))
    return RailTerms(name, each["currency"], each["converts"], least, fee, each["days"])


@cache
def operators() -> dict[str, Operator]:
    """Wallet operators by slug."""
    return {slug: _operator(slug, each) for slug, each in _read("wallets.toml").items()}


def _operator(slug: str, each: dict[str, Any]) -> Operator:
    columns = tuple((heading, pattern) for heading, pattern in each["columns"])
    return Operator(slug, each["name"], TableLayout(columns, each.get("delimiter", ","), each.get("has_heading", True)))


@cache
def stripe_countries() -> dict[str, StripeCountry]:
    """Countries by code."""
    return {code: _country(code, each) for code, each in _read("stripe_countries.toml").items()}


def _country(code: str, each: dict[str, Any]) -> StripeCountry:
    least = whole(each["minimum"], each["currency"])
    said = (each["agreement"], each["currency"], least, each["self_serve"], each["approved"])
    return StripeCountry(code, *said)


@cache
def layouts() -> dict[str, StatementLayout]:
    """How CSV statements look, by name."""
    made: dict[str, StatementLayout] = {}
    for path in sorted((DATA / "statements").glob("*.toml")):
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        made[path.stem] = StatementLayout(**{name: _frozen(value) for name, value in read.items()})
    return made


def _frozen(value: Any) -> Any:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))
