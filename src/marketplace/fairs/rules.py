"""How the states of fairs, booths, candidates, timetables and meetings move; what may be asked of a fair; pure."""

from collections.abc import Mapping

from marketplace.fairs.booth_models import BoothState
from marketplace.fairs.candidate_models import CandidateState
from marketplace.fairs.models import FairState
from marketplace.fairs.plan_models import MeetingState, TimetableState
from marketplace.kernel.errors import Conflict
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


def check_move(moves: Mapping[str, tuple[str, ...]], before: str, to: str) -> None:
    """Raises: MoveRefused when the table has no such move."""
    if to not in moves[before]:
        raise MoveRefused(state=before)
