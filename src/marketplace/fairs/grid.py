"""From opening hours to slots: the base slot again and again, around breaks and prayers; pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from marketplace.fairs.models import SlotKind
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_

MOST_SLOTS = 100
"""Of all days: what the planner takes (engines/matching/timetable)."""
MOST_DAYS = 7
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\Z")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one time of day to another, in the fair's zone."""

    begins: time
    ends: time

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a fair is open and how its days are cut. Every day has the same hours; `women_days` are for women only."""

    first_on: date
    last_on: date
    opens: time
    closes: time
    slot_minutes: int
    breaks: tuple[Span, ...] = ()
    prayers: tuple[Span, ...] = ()
    women_hours: tuple[Span, ...] = ()
    women_days: tuple[date, ...] = ()

    @property
    def days(self) -> list[date]:
        return [self.first_on + timedelta(days=n) for n in range((self.last_on - self.first_on).days + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A slot before it is a row."""

    number: int
    on: date
    kind: SlotKind
    starts_at: datetime
    ends_at: datetime
    is_women_only: bool


def read_spans(text: str, field: str) -> tuple[Span, ...]:
    """`13:00-14:00, 16:15-16:30` as spans, by time. Raises: Invalid at `field`."""
    found: list[Span] = []
    for part in re.split(r"[,،;\n]+", text):
        if not part.strip():
            continue
        match = _SPAN.match(part.strip())
        try:
            span = Span(time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))) if match else None
        except ValueError:
            span = None
        if span is None or span.ends <= span.begins:
            raise Invalid.at(field, N_("Write times like 13:00-14:00, with commas between."))
        found.append(span)
    return tuple(sorted(found))


def check_hours(hours: Hours) -> None:
    """Raises: Invalid."""
    if hours.last_on < hours.first_on:
        raise Invalid.at("last_on", N_("The last day can't be before the first."))
    if len(hours.days) > MOST_DAYS:
        raise Invalid.at("last_on", N_("A fair lasts at most %(most)s days."), most=MOST_DAYS)
    if hours.closes <= hours.opens:
        raise Invalid.at("closes", N_("It must close after it opens."))
    if not 5 <= hours.slot_minutes <= 120:
        raise Invalid.at("slot_minutes", N_("A slot lasts 5 to 120 minutes."))
    if set(hours.women_days) - set(hours.days):
        raise Invalid.at("women_days", N_("This is no day of the fair."))


def cut(hours: Hours, zone: ZoneInfo) -> list[Cut]:
    """All slots of all days, numbered from 1. Raises: Invalid when none fits, or too many do."""
    check_hours(hours)
    pauses = _pauses(hours)
    found: list[Cut] = []
    for on in hours.days:
        for kind, span in _of_a_day(hours, pauses):
            women = on in hours.women_days or any(
                w.begins <= span.begins and span.ends <= w.ends for w in hours.women_hours
            )
            found.append(
                Cut(
                    number=len(found) + 1,
                    on=on,
                    kind=kind,
                    starts_at=at(on, span.begins, zone),
                    ends_at=at(on, span.ends, zone),
                    is_women_only=women and kind == "meeting",
                )
            )
    meetings = sum(each.kind == "meeting" for each in found)
    if not meetings:
        raise Invalid.at("slot_minutes", N_("No slot fits between opening and closing."))
    if meetings > MOST_SLOTS:
        raise Invalid.at(
            "slot_minutes",
            N_("These are %(count)s slots; at most %(most)s are planned. Make them longer."),
            count=meetings,
            most=MOST_SLOTS,
        )
    return found


def at(on: date, time_of_day: time, zone: ZoneInfo) -> datetime:
    """That time of that day, in UTC."""
    return datetime.combine(on, time_of_day, zone).astimezone(UTC)


def _pauses(hours: Hours) -> list[tuple[SlotKind, Span]]:
    """Breaks and prayers within opening hours, by time. Raises: Invalid where two overlap."""
    breaks: list[tuple[SlotKind, Span]] = [("break", span) for span in hours.breaks]
    prayers: list[tuple[SlotKind, Span]] = [("prayer", span) for span in hours.prayers]
    within = (each for each in (*breaks, *prayers) if hours.opens <= each[1].begins and each[1].ends <= hours.closes)
    inside = sorted(within, key=lambda each: each[1])
    for (_, before), (_, after) in pairwise(inside):
        if after.begins < before.ends:
            raise Invalid.at("breaks", N_("Two breaks overlap: %(one)s and %(other)s."), one=before, other=after)
    return inside


def _of_a_day(hours: Hours, pauses: Sequence[tuple[SlotKind, Span]]) -> Iterator[tuple[SlotKind, Span]]:
    now = hours.opens
    for kind, pause in pauses:
        yield from _slots(now, pause.begins, hours.slot_minutes)
        yield kind, pause
        now = pause.ends
    yield from _slots(now, hours.closes, hours.slot_minutes)


def _slots(begins: time, until: time, minutes: int) -> Iterator[tuple[SlotKind, Span]]:
    start, end = _minutes(begins), _minutes(until)
    while start + minutes <= end:
        yield "meeting", Span(_time(start), _time(start + minutes))
        start += minutes


def _minutes(at_time: time) -> int:
    return at_time.hour * 60 + at_time.minute


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
