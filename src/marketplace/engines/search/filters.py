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


Filter: TypeAlias = Eq | In | Range | And | Or | Not
EVERYTHING = And()
