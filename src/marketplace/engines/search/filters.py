"""Filters as a small typed tree. Engines compile it; no string that a person typed is ever parsed as a filter."""

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class Eq:
    """The field has this value (one of its values when it is a list)."""

    field: str
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """The field has at least one of these values; no values match nothing."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `low` to `high`, both included; None leaves that side open. A missing value never matches."""

    field: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value at all; an empty list is none."""

    field: str


@dataclass(frozen=True, slots=True)
class And:
    """All parts match; no parts match everything."""

    parts: tuple["Filter", ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """One part matches; no parts match nothing."""

    parts: tuple["Filter", ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not match."""

    part: "Filter"


Filter: TypeAlias = Eq | In | Range | Exists | And | Or | Not
EVERYTHING = And()
_MOST_DEPTH = 20


def check(part: Filter, *, words: frozenset[str], numbers: frozenset[str], name: str, depth: int = 0) -> None:
    """Whether an index `name` with these filterable fields of words and of numbers can answer.

    Raises: ValueError for a field that may not be filtered (or not compared), or a tree that is too deep.
    """
    if depth > _MOST_DEPTH:
        raise ValueError("this filter is nested too deeply")
    match part:
        case Eq(field) | In(field) | Exists(field):
            allowed = words | numbers
        case Range(field):
            allowed = numbers
        case Not(inner):
            return check(inner, words=words, numbers=numbers, name=name, depth=depth + 1)
        case And(parts) | Or(parts):
            for each in parts:
                check(each, words=words, numbers=numbers, name=name, depth=depth + 1)
            return None
    if field not in allowed:
        raise ValueError(f"{field} can't be filtered in {name}: there are {', '.join(sorted(allowed))}")
    return None
