"""The score of one person for one piece of work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from marketplace.engines.matching.rarity import Rarity, cosine, tversky
from marketplace.engines.matching.weights import Weights

Direction: TypeAlias = Literal["people", "work"]
Fact: TypeAlias = int | float | str | tuple[str, ...]

_LEVELS: dict[str, float] = {"basic": 0.4, "good": 0.8, "fluent": 1.0, "native": 1.0}
_ENOUGH_HOURS = 20
_UNSAID = 0.5


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked for. Pay is per hour in minor units and None where it is not by the hour."""

    skills: frozenset[str]
    language: str
    pay_min: int | None = None
    pay_max: int | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What is offered. 0 is "not said" for rate (per hour, minor units) and hours a week.

    `proven_years` gives, for skills that are tested or certified, how many years ago; `good` of `jobs` ended well.
    """

    skills: frozenset[str]
    languages: Mapping[str, str] = field(default_factory=dict[str, str])
    proven_years: Mapping[str, float] = field(default_factory=dict[str, float])
    rate: int = 0
    hours_a_week: int = 0
    place: str | None = None
    good: int = 0
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One part: how well it fits from 0 to 1, its share of the score, and why: a code, with facts."""

    name: str
    value: float
    weight: float
    reason: str
    facts: Mapping[str, Fact] = field(default_factory=dict[str, Fact])


@dataclass(frozen=True, slots=True)
class Score:
    """`total` from 0 to 100; `gate` names the hard condition that fails, if one does."""

    total: float
    parts: tuple[Part, ...]
    gate: str = ""
    version: str = ""

    def part(self, name: str) -> Part | None:
        """The part of that name, None where the work leaves it open."""
        return next((part for part in self.parts if part.name == name), None)


def score(work: Work, person: Person, weights: Weights, rarity: Rarity, *, direction: Direction = "people") -> Score:
    """Score a person for a piece of work; `direction` says whether people or pieces of work are being ranked."""
    found = [
        _skills(work, person, weights, rarity, direction),
        _training(work, person, weights),
        _availability(person),
        _budget(work, person, weights),
        _language(work, person),
        _reputation(person, weights),
    ]
    known = [part for part in found if part is not None]
    shared = sum(weights.parts[part.name] for part in known)
    parts = tuple(
        Part(part.name, part.value, weights.parts[part.name] / shared, part.reason, part.facts) for part in known
    )
    gate = "place" if work.place is not None and work.place != person.place else ""
    total = 0.0 if gate else 100 * sum(part.value * part.weight for part in parts)
    return Score(min(total, 100.0), parts, gate, weights.version)


def _skills(work: Work, person: Person, weights: Weights, rarity: Rarity, direction: Direction) -> Part:
    have, missing = tuple(sorted(work.skills & person.skills)), tuple(sorted(work.skills - person.skills))
    value = (
        tversky(work.skills, person.skills, rarity, missing=weights.missing, surplus=weights.surplus)
        if direction == "people"
        else cosine(work.skills, person.skills, rarity)
    )
    reason = "skills.none" if not have else "skills.some" if missing else "skills.all"
    return Part("skills", value, 0, reason, {"have": have, "missing": missing})


def _training(work: Work, person: Person, weights: Weights) -> Part:
    """Share of the skills asked for that somebody tested or certified, losing half its worth each half-life."""
    proven = {skill: years for skill, years in person.proven_years.items() if skill in work.skills}
    worth = sum(0.5 ** (years / weights.training_half_life_years) for years in proven.values())
    reason = "training.proven" if proven else "training.none"
    return Part("training", worth / max(1, len(work.skills)), 0, reason, {"skills": tuple(sorted(proven))})


def _availability(person: Person) -> Part:
    if person.hours_a_week == 0:
        return Part("availability", _UNSAID, 0, "availability.unsaid")
    value = min(1.0, person.hours_a_week / _ENOUGH_HOURS)
    return Part("availability", value, 0, "availability.hours", {"hours": person.hours_a_week})


def _budget(work: Work, person: Person, weights: Weights) -> Part | None:
    """1 up to the upper limit, falling in a straight line to 0 at half as much again."""
    if work.pay_max is None:
        return None
    if person.rate == 0:
        return Part("budget", _UNSAID, 0, "budget.unsaid")
    over = max(0.0, person.rate / work.pay_max - 1) if work.pay_max else 1.0
    value = max(0.0, 1 - over / weights.budget_tolerance)
    reason = "budget.inside" if over == 0 else "budget.above"
    return Part("budget", value, 0, reason, {"rate": person.rate, "most": work.pay_max})


def _language(work: Work, person: Person) -> Part:
    if not person.languages:
        return Part("language", _UNSAID, 0, "language.unsaid")
    level = person.languages.get(work.language)
    if level is None:
        return Part("language", 0.0, 0, "language.missing", {"language": work.language})
    return Part("language", _LEVELS[level], 0, "language.spoken", {"language": work.language, "level": level})


def _reputation(person: Person, weights: Weights) -> Part:
    """Mean of a Beta prior and what is known: somebody new is unknown, not bad."""
    value = (person.good + weights.prior_good) / (person.jobs + weights.prior_of)
    reason = "reputation.known" if person.jobs else "reputation.new"
    return Part("reputation", min(1.0, value), 0, reason, {"good": person.good, "jobs": person.jobs})
