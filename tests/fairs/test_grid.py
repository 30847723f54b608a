"""From hours to slots."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from marketplace.fairs.grid import Hours, Span, cut, read_spans
from marketplace.kernel.errors import Invalid

KARACHI = ZoneInfo("Asia/Karachi")
HOURS = Hours(
    first_on=date(2026, 12, 12),
    last_on=date(2026, 12, 13),
    opens=time(9),
    closes=time(13),
    slot_minutes=30,
    breaks=(Span(time(10, 40), time(11)),),
    prayers=(Span(time(12), time(12, 20)),),
    women_hours=(Span(time(9), time(10)),),
    women_days=(date(2026, 12, 13),),
)


def test_slots_stand_around_breaks_and_are_numbered_through_all_days() -> None:
    found = cut(HOURS, KARACHI)
    first = [each for each in found if each.on == HOURS.first_on]
    shown = [f"{each.starts_at.astimezone(KARACHI):%H:%M} {each.kind}" for each in first]
    assert shown == [
        *("09:00 meeting", "09:30 meeting", "10:00 meeting", "10:40 break", "11:00 meeting", "11:30 meeting"),
        *("12:00 prayer", "12:20 meeting"),
    ]
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert [each.is_women_only for each in first] == [True, True, *[False] * 6]
    assert all(each.is_women_only for each in found if each.on == HOURS.last_on and each.kind == "meeting")
    assert found[0].starts_at == datetime(2026, 12, 12, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"last_on": date(2026, 12, 11)}, "last_on"),
        ({"closes": time(8)}, "closes"),
        ({"closes": time(9, 20)}, "slot_minutes"),
        ({"slot_minutes": 5, "closes": time(18)}, "slot_minutes"),
        ({"prayers": (Span(time(10, 50), time(11, 20)),)}, "breaks"),
        ({"women_days": (date(2027, 1, 1),)}, "women_days"),
    ],
)
def test_what_makes_no_grid_is_said_at_its_field(changes: dict, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        cut(replace(HOURS, **changes), KARACHI)
    assert set(refused.value.fields) == {field}


def test_spans_are_read_as_people_type_them() -> None:
    assert read_spans("16:00 - 16:15, 13:00-14:00", "breaks") == (
        Span(time(13), time(14)),
        Span(time(16), time(16, 15)),
    )
    for wrong in ("13", "14:00-13:00", "25:00-26:00"):
        with pytest.raises(Invalid):
            read_spans(wrong, "breaks")
