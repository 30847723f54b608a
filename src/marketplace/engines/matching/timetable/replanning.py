"""The day itself: the plan is mended where something changed, and nowhere else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marketplace.engines.matching.timetable.problem import Ints, Problem


@dataclass(frozen=True, slots=True)
class Left:
    """Candidates who did not come or went home: their meetings from `now` on are cancelled, seats are refilled."""

    candidates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TableClosed:
    """`tables` tables fewer at an employer, in slots `first` to `last` (both included)."""

    employer: int
    first: int
    last: int
    tables: int = 1


@dataclass(frozen=True, slots=True)
class EmployerLeft:
    """All tables of an employer are closed from `now` on."""

    employer: int


@dataclass(frozen=True, slots=True)
class Delayed:
    """Nothing happens for the next `slots` slots: at one employer, or in the whole hall (-1).

    A fair that merely starts and ends later needs no new plan: move the clock times of the slots.
    """

    slots: int
    employer: int = -1


Event = Left | TableClosed | EmployerLeft | Delayed
"""A walk-in is no event: put her, her pairs and her availability into the problem and call replan without one."""

Move = tuple[int, int, int, int]
"""Candidate, employer, slot before, slot after."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Diff:
    """What a re-plan changes. Messages go to the people of moved, new and cancelled only."""

    problem: Problem
    """The problem after the events, past meetings locked: what `check` and the next re-plan are given."""
    meetings: Ints
    """(M, 3): the whole plan after."""
    kept: Ints
    moved: tuple[Move, ...]
    new: Ints
    cancelled: Ints


def replan(
    problem: Problem,
    meetings: Ints,
    *,
    now: int,
    events: Sequence[Event] = (),
    with_reserve: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Diff:
    """The plan `meetings` (M, 3) mended for `events`, or for a `problem` that already says what is true now.

    Slots before `now` are past or running and stay as they are; locked meetings stay unless an event makes them
    impossible. A meeting that cannot stay gets another slot (`moved`), if need be by moving a few others, else it is
    cancelled. Freed seats go to those who lost one, then to those without any, then by weight.
    """
    raise NotImplementedError
