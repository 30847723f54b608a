"""When a candidate can be at a fair: from hours of the day and chosen days to a window and what is left out; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import FairDay
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """As FairCandidate keeps it: None is from the opening, until the end; `away` are further [from, until]."""

    arrives_at: datetime | None = None
    leaves_at: datetime | None = None
    away: tuple[tuple[datetime, datetime], ...] = ()

    def stored_away(self) -> list[Any]:
        """`away` as JSON keeps it."""
        return [[begins.isoformat(), ends.isoformat()] for begins, ends in self.away]


ALWAYS = Window()
"""All of the fair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What she says: from when and until when on each day, and on which days (empty: on all)."""

    comes: time | None = None
    leaves: time | None = None
    days: frozenset[date] = frozenset()


def window(said: Said, days: Sequence[FairDay], zone: ZoneInfo) -> Window:
    """Her window over all days of the fair. Raises: Invalid when nothing of the fair is left in it."""
    chosen = [day for day in days if not said.days or day.on in said.days]
    if not chosen:
        raise Invalid.at("days", N_("Choose at least one day."))
    spans = [
        (_at(day, said.comes, zone) or day.opens_at, _at(day, said.leaves, zone) or day.closes_at) for day in chosen
    ]
    for day, (begins, ends) in zip(chosen, spans, strict=True):
        if ends <= begins or begins >= day.closes_at or ends <= day.opens_at:
            raise Invalid.at("leaves", N_("In these hours there is nothing of the fair."))
    limits_start = said.comes is not None or chosen[0] is not days[0]
    limits_end = said.leaves is not None or chosen[-1] is not days[-1]
    return Window(
        arrives_at=spans[0][0] if limits_start else None,
        leaves_at=spans[-1][1] if limits_end else None,
        away=tuple((before[1], after[0]) for before, after in pairwise(spans) if _matters(before[1], after[0], days)),
    )


def said_of(row: FairCandidate, days: Sequence[FairDay], zone: ZoneInfo) -> Said:
    """A kept window as it can be said again."""
    arrives_at, leaves_at = row.arrives_at, row.leaves_at
    gone = [(datetime.fromisoformat(begins), datetime.fromisoformat(ends)) for begins, ends in row.away]
    if arrives_at:
        gone.append((datetime.min.replace(tzinfo=UTC), arrives_at))
    if leaves_at:
        gone.append((leaves_at, datetime.max.replace(tzinfo=UTC)))
    return Said(
        comes=arrives_at.astimezone(zone).time() if arrives_at and _inside(arrives_at, days) else None,
        leaves=leaves_at.astimezone(zone).time() if leaves_at and _inside(leaves_at, days) else None,
        days=frozenset(day.on for day in days if not any(b <= day.opens_at and day.closes_at <= e for b, e in gone)),
    )


def come_back(away: Sequence[Any], at: datetime) -> list[Any]:
    """What is left of `away` for somebody who is there at `at` after all."""
    return [[a, b] for a, b in away if not datetime.fromisoformat(a) <= at < datetime.fromisoformat(b)]


def _at(day: FairDay, of_day: time | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day.on, of_day, zone).astimezone(UTC) if of_day is not None else None


def _matters(begins: datetime, ends: datetime, days: Sequence[FairDay]) -> bool:
    return any(begins < day.closes_at and day.opens_at < ends for day in days)


def _inside(at: datetime, days: Sequence[FairDay]) -> bool:
    return any(day.opens_at < at < day.closes_at for day in days)
