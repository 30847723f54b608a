"""What an interview may be and become; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from marketplace.jobs.models import Interview, InterviewKind, InterviewState
from marketplace.kernel.errors import Conflict, Invalid, NotAllowed
from marketplace.kernel.i18n import N_

MOVES: dict[InterviewState, frozenset[InterviewState]] = {
    "proposed": frozenset({"proposed", "agreed", "declined", "cancelled"}),
    "agreed": frozenset({"proposed", "cancelled"}),
    "declined": frozenset(),
    "cancelled": frozenset(),
}
"""proposed → proposed: other times, from either side."""

OPEN = ("proposed", "agreed")
MOST_OPTIONS = 5
FARTHEST = timedelta(days=60)
REMINDED_BEFORE = timedelta(days=1)
MINUTES = (15, 240)
LONGEST_PLACE = 300
LONGEST_NOTE = 1_000

KIND_WORDS: dict[str, str] = {
    "online": N_("A video call"),
    "phone": N_("A phone call"),
    "place": N_("Meeting in person"),
}


class InterviewMoveRefused(Conflict):
    message = N_("This interview has been answered or cancelled meanwhile. Look at it again.")


class InterviewWaits(Conflict):
    message = N_("An interview with this candidate is open already. Change its times instead of offering another.")


class NoInterviewNow(Conflict):
    message = N_("This application is decided, so there is nothing to talk about any more.")


class NotYourTurn(NotAllowed):
    message = N_("You offered these times yourself: the other side picks one of them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is offered. `place` is a link, a phone number or an address, by kind."""

    kind: InterviewKind
    options: Sequence[datetime]
    minutes: int
    place: str
    note: str = ""


def is_open(interview: Interview, at: datetime) -> bool:
    """Whether it can still be answered, moved or called off."""
    return interview.state in OPEN and (interview.starts_at is None or interview.starts_at > at)


def check_plan(plan: Plan, at: datetime) -> None:
    """Raises: Invalid with all faults at their fields."""
    faults = {field: [message] for field, message in (*_option_faults(plan.options, at), *_other_faults(plan))}
    if faults:
        raise Invalid(faults)


def check_options(options: Sequence[datetime], at: datetime) -> None:
    """Other times alone. Raises: Invalid."""
    if faults := dict(_option_faults(options, at)):
        raise Invalid({field: [message] for field, message in faults.items()})


def check_move(interview: Interview, to: InterviewState, *, at: datetime) -> None:
    """Raises: InterviewMoveRefused, also for one that has begun."""
    is_over = interview.starts_at is not None and interview.starts_at <= at
    if to not in MOVES[cast(InterviewState, interview.state)] or is_over:
        raise InterviewMoveRefused


def check_pick(interview: Interview, starts_at: datetime, at: datetime) -> None:
    """Raises: Invalid for a time that was not offered or has passed."""
    if starts_at not in interview.options:
        raise Invalid.at("starts_at", N_("Pick one of the times that are offered."))
    if starts_at <= at:
        raise Invalid.at("starts_at", N_("This time has passed. Pick another, or offer others."))


def _option_faults(options: Sequence[datetime], at: datetime) -> list[tuple[str, str]]:
    if not 1 <= len(options) <= MOST_OPTIONS:
        return [("time_1", N_("Offer one to five times."))]
    if len(set(options)) < len(options):
        return [("time_1", N_("Offer each time once."))]
    if any(not at < option <= at + FARTHEST for option in options):
        return [("time_1", N_("Offer times that are still to come, within 60 days."))]
    return []


def _other_faults(plan: Plan) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    if not MINUTES[0] <= plan.minutes <= MINUTES[1]:
        faults.append(("minutes", N_("Write between 15 and 240 minutes.")))
    if not 0 < len(plan.place.strip()) <= LONGEST_PLACE:
        faults.append(("place", N_("Say where: a link, a phone number or an address, under 300 letters.")))
    if len(plan.note) > LONGEST_NOTE:
        faults.append(("note", N_("Keep the note under 1,000 letters.")))
    return faults
