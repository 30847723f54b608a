"""How the states of fairs, booths, candidates, timetables and meetings move; what may be asked of a fair; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from marketplace.fairs.booth_models import BoothState
from marketplace.fairs.candidate_models import CandidateState
from marketplace.fairs.models import FairMode, FairPlace, FairState, Objective, RoomKind
from marketplace.fairs.plan_models import MeetingState, TimetableState
from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_

FAIR_STATES: dict[FairState, str] = {
    "draft": N_("Draft"),
    "open": N_("Registration is open"),
    "matching": N_("The timetable is being made"),
    "published": N_("The timetable is published"),
    "live": N_("On now"),
    "closed": N_("Over"),
    "cancelled": N_("Cancelled"),
}
FAIR_MOVES: dict[FairState, tuple[FairState, ...]] = {
    "draft": ("open", "cancelled"),
    "open": ("matching", "live", "cancelled"),
    "matching": ("open", "published", "cancelled"),
    "published": ("matching", "live", "cancelled"),
    "live": ("closed",),
    "closed": (),
    "cancelled": (),
}
"""A fair with a timetable goes through matching and published; an open hall goes live from open."""

BOOTH_MOVES: dict[BoothState, tuple[BoothState, ...]] = {
    "invited": ("requested", "approved", "withdrawn"),
    "requested": ("approved", "refused", "withdrawn"),
    "approved": ("confirmed", "refused", "withdrawn"),
    "confirmed": ("approved", "refused", "withdrawn"),
    "refused": ("approved",),
    "withdrawn": (),
}
"""An invited employer is approved when it accepts; a confirmed one without an open posting is approved again."""
ACTING = ("owner", "hiring")
"""Roles in an organisation that act for it at fairs."""
HIDDEN: tuple[FairState, ...] = ("draft", "cancelled")
"""Fairs that stand in no list; a draft is nobody else's at all."""
INDEX = "fairs"
"""Their search index."""
SHOWN_BOOTHS: tuple[BoothState, ...] = ("approved", "confirmed")
"""Who is on the public page and in the timetable."""

CANDIDATE_MOVES: dict[CandidateState, tuple[CandidateState, ...]] = {
    "waiting": ("registered", "withdrawn", "removed"),
    "registered": ("confirmed", "waiting", "withdrawn", "removed"),
    "confirmed": ("registered", "withdrawn", "removed"),
    "withdrawn": ("waiting", "registered"),
    "removed": (),
}
SEATED: tuple[CandidateState, ...] = ("registered", "confirmed")
"""Who holds a seat: Fair.seats_taken counts exactly them."""

TIMETABLE_MOVES: dict[TimetableState, tuple[TimetableState, ...]] = {
    "waiting": ("running", "failed"),
    "running": ("made", "failed"),
    "made": ("provisional", "published", "superseded"),
    "provisional": ("published", "superseded"),
    "published": ("superseded",),
    "superseded": ("provisional", "published"),
    "failed": (),
}
LIVE_TIMETABLES: tuple[TimetableState, ...] = ("provisional", "published")
"""Whose meetings are rows; at most one per fair."""

MEETING_STATES: dict[MeetingState, str] = {
    "planned": N_("planned"),
    "called": N_("called to the table"),
    "checked_in": N_("at the table"),
    "done": N_("over"),
    "no_show": N_("missed"),
    "cancelled": N_("cancelled"),
}
MEETING_MOVES: dict[MeetingState, tuple[MeetingState, ...]] = {
    "planned": ("called", "checked_in", "done", "no_show", "cancelled"),
    "called": ("planned", "checked_in", "no_show", "cancelled"),
    "checked_in": ("done", "no_show", "cancelled"),
    "done": ("no_show",),
    "no_show": ("done",),
    "cancelled": (),
}
"""A result that was tapped wrongly can be put right: done and no-show."""
LIVE_MEETINGS: tuple[MeetingState, ...] = ("planned", "called", "checked_in", "done")
"""Meetings that hold their table and their candidate in their slot."""


class MoveRefused(Conflict):
    message = N_("This can't be done any more: it is “%(state)s” by now.")


def check_move(moves: Mapping[Any, tuple[Any, ...]], before: str, to: str) -> None:
    """Raises: MoveRefused when the table has no such move."""
    if to not in moves[before]:
        raise MoveRefused(state=before)


LONGEST_TITLE, LONGEST_TEXT, MOST_SEATS, MOST_ROOMS = 120, 10_000, 20_000, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an organiser says of a fair, but for its hours."""

    title_en: str
    title_ur: str = ""
    text_en: str = ""
    text_ur: str = ""
    place: FairPlace = "venue"
    venue: str = ""
    district: str | None = None
    park_id: UUID | None = None
    online_url: str = ""
    time_zone: str = "Asia/Karachi"
    mode: FairMode = "timetable"
    capacity: int = 200
    max_companions: int = 1
    min_meetings: int = 1
    max_meetings: int = 6
    longest_run: int = 3
    spares_walks: bool = True
    keeps_reserve: bool = True
    objective: Objective = "coverage"
    grace_minutes: int = 5
    results_due_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room or gate as it is typed: `Hall A | ground`, a room online `Room 1 | | https://…`."""

    kind: RoomKind
    name: str
    zone: str = ""
    url: str = ""


def check_shape(shape: Shape) -> None:
    """Raises: Invalid."""
    if not 2 <= len(shape.title_en) <= LONGEST_TITLE or len(shape.title_ur) > LONGEST_TITLE:
        raise Invalid.at("title_en", N_("Write a name of 2 to 120 letters."))
    if max(len(shape.text_en), len(shape.text_ur)) > LONGEST_TEXT:
        raise Invalid.at("text_en", N_("Keep this under 10,000 letters."))
    if shape.place != "online" and not shape.venue:
        raise Invalid.at("venue", N_("Say where people come to."))
    if shape.place != "venue" and not shape.online_url.startswith("https://"):
        raise Invalid.at("online_url", N_("Give the address where people meet online; it begins with https://."))
    if shape.time_zone not in available_timezones():
        raise Invalid.at("time_zone", N_("Choose a time zone, like Asia/Karachi."))
    limits = {
        "capacity": (shape.capacity, 1, MOST_SEATS),
        "max_companions": (shape.max_companions, 0, 10),
        "max_meetings": (shape.max_meetings, 1, 100),
        "min_meetings": (shape.min_meetings, 0, shape.max_meetings),
        "longest_run": (shape.longest_run, 1, 100),
        "grace_minutes": (shape.grace_minutes, 0, 60),
        "results_due_days": (shape.results_due_days, 0, 60),
    }
    for name, (value, least, most) in limits.items():
        if not least <= value <= most:
            raise Invalid.at(name, N_("Write a number from %(least)s to %(most)s."), least=least, most=most)


def read_rooms(text: str, kind: RoomKind) -> tuple[Room, ...]:
    """One room a line, `Hall A | ground` where its zone is said, a second bar before an address. Raises: Invalid."""
    found: dict[str, Room] = {}
    for line in text.splitlines():
        name, zone, url = ([part.strip() for part in line.split("|", 2)] + ["", ""])[:3]
        if url and not url.startswith("https://"):
            raise Invalid.at("rooms", N_("The address of a room online begins with https://."))
        if name:
            found.setdefault(name.lower(), Room(kind=kind, name=name[:80], zone=zone[:40], url=url[:300]))
    if len(found) > MOST_ROOMS:
        raise Invalid.at("rooms", N_("At most %(most)s rooms, please."), most=MOST_ROOMS)
    return tuple(found.values())
