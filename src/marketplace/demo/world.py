"""The invented world as data: people.toml, gigs.toml, training.toml, trust.toml, fairs.toml and others, parsed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_CENTS = 100


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A freelancer; `rate` in US dollars an hour, `languages` as (code, level)."""

    name: str
    headline: str
    skills: tuple[str, ...]
    rate: int
    hours: int
    district: str
    languages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EmployerLine:
    key: str
    name: str
    about: str
    country: str
    is_personal: bool


@dataclass(frozen=True, slots=True)
class GigLine:
    """A gig; pay in cents or paisa, `district` None when remote; `level` "" where any will do."""

    title: str
    employer: str
    skills: tuple[str, ...]
    pay_kind: str
    least: int
    most: int
    district: str | None
    days_open: int
    description: str
    currency: str = "USD"
    level: str = ""
    women_friendly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkLine:
    """Work under way: who, milestones as (title, cents, days), and how far it has come."""

    gig: GigLine
    freelancer: str
    milestones: tuple[tuple[str, int, int], ...]
    stage: str


@cache
def people() -> tuple[PersonLine, ...]:
    return tuple(_person(line) for line in _read("people.toml")["people"])


@cache
def employers() -> tuple[EmployerLine, ...]:
    return tuple(
        EmployerLine(each["key"], each["name"], each["about"], each["country"], each.get("personal", False))
        for each in _read("gigs.toml")["employers"]
    )


@cache
def gigs() -> tuple[GigLine, ...]:
    return tuple(_gig(line.split(" | ")) for line in _read("gigs.toml")["gigs"]["list"])


@cache
def work() -> tuple[WorkLine, ...]:
    return tuple(_work(line.split(" | ")) for line in _read("gigs.toml")["past"]["list"])


@cache
def training() -> dict[str, Any]:
    """training.toml as it is: the provider, its programmes and cohorts, outside certificates."""
    return _read("training.toml")


@cache
def trust() -> dict[str, Any]:
    """trust.toml as it is: conversations, cases, reviews."""
    return _read("trust.toml")


@cache
def jobs() -> list[dict[str, Any]]:
    """jobs.toml as it is: postings with who applied."""
    return _read("jobs.toml")["jobs"]


@cache
def fairs() -> dict[str, Any]:
    """fairs.toml as it is: the fairs, names of people, trades with their employers."""
    return _read("fairs.toml")


@cache
def talent() -> dict[str, Any]:
    """talent.toml as it is: services with their orders, pieces of work, who is away, headlines, handles."""
    return _read("talent.toml")


def gig(line: str) -> GigLine:
    """One line as in gigs.toml."""
    return _gig(line.split(" | "))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))


def _person(line: str) -> PersonLine:
    name, headline, skills, rate, hours, district, languages = line.split(" | ")
    spoken = tuple((code, level) for code, level in (each.split(":") for each in languages.split()))
    return PersonLine(name, headline, tuple(skills.split()), int(rate), int(hours), district, spoken)


def _gig(parts: list[str]) -> GigLine:
    title, employer, skills, pay_kind, pay, place, days, description, *more = parts
    currency, _, pay = pay.rpartition(" ")
    least, most = (int(each) * _CENTS for each in pay.split("-"))
    district = None if place == "remote" else place
    said = (tuple(skills.split()), pay_kind, least, most, district, int(days), description)
    level, *friendly = more[0].split() if more else ["any"]
    return GigLine(title, employer, *said, currency or "USD", "" if level == "any" else level, tuple(friendly))


def _work(parts: list[str]) -> WorkLine:
    *gig, freelancer, milestones, stage = parts
    split = (each.rsplit(":", 2) for each in milestones.split(", "))
    return WorkLine(
        _gig(gig), freelancer, tuple((title, int(cost) * _CENTS, int(days)) for title, cost, days in split), stage
    )
