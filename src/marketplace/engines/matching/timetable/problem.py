"""What a timetable is made from, and what a plan says."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIRST_MEETING = 2_000
"""What somebody's first meeting is worth beside the weights (1 to 1,000) when coverage comes first."""

MEETING_TOWARDS_LEAST = 1_000
"""What each further meeting up to `Problem.least` is worth besides: more than any other one meeting."""

LIMITS = {"n_candidates": 20_000, "n_employers": 1_000, "n_slots": 100, "pairs": 400_000}
"""Above these the planner refuses: nobody measured it there. All slots of all days count."""


class ProblemError(ValueError):
    """The problem contradicts itself; the message says where."""


class Objective(StrEnum):
    """What a plan is for."""

    COVERAGE = "coverage"
    """Nobody is left out who can be served; among those plans the highest score."""
    SCORE = "score"
    """The highest score, whoever is left out."""
    STABLE = "stable"
    """Few pairs who would both rather meet each other: deferred acceptance, then slots."""


def no_ints() -> Ints:
    return np.zeros(0, dtype=np.int64)


def no_meetings() -> Ints:
    return np.zeros((0, 3), dtype=np.int64)


def triples(meetings: Ints) -> list[tuple[int, int, int]]:
    """Rows of (M, 3) as plain numbers: candidate, employer, slot."""
    columns: list[list[int]] = meetings.T.tolist()
    return list(zip(columns[0], columns[1], columns[2], strict=True))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Problem:
    """One fair: C candidates, E employers, S slots, P pairs who may meet.

    A meeting is a row (candidate, employer, slot). Rules: a pair meets at most once; a candidate is at one table at a
    time, only in slots where she is `available`, at most `most` times; an employer has at most `open` meetings in a
    slot, less `reserve`; slots of `women_only` tables are for `woman` candidates; at most `longest_run` meetings
    without a free slot; never at two employers who are `far` from each other in neighbouring slots. A day or a break
    between slots (`breaks_after`) ends run and way.

    Raises: ProblemError when shapes, ranges or sizes are wrong.
    """

    n_candidates: int
    n_employers: int
    n_slots: int
    open: Ints
    """(E, S): tables open; 0 during an employer's break, before a late arrival, where she left."""
    candidate: Ints
    """(P,): the candidate of each pair who may meet: nobody said no, language, skills and pay fit."""
    employer: Ints
    """(P,): the employer of each pair. Pairs come in any order, each once."""
    weight: Ints
    """(P,): 1 to 1,000, from what both sides marked."""
    available: Bools
    """(C, S): she is there."""
    most: Ints
    """(C,): most meetings for each candidate."""
    least: Ints | None = None
    """(C,): fewest meetings to aim for, after everybody's first one; None: one."""
    woman: Bools | None = None
    """(C,): may take women-only slots; None: nobody says so."""
    women_only: Bools | None = None
    """(E, S): slots of an employer that are for women; None: none."""
    longest_run: int = 0
    """Most meetings one after the other without a free slot; 0: no such rule."""
    far: Bools | None = None
    """(E, E), symmetric: one slot is not enough to walk between the two; None: all are near."""
    breaks_after: tuple[int, ...] = ()
    """Slots after which there is time to rest and walk: lunch, prayer, the end of a day."""
    reserve: Ints | None = None
    """(E, S): of `open`, tables that the planner keeps free for the day itself (`reserve_one` picks them)."""
    locked: Ints = field(default_factory=no_meetings)
    """(L, 3): meetings that stand, whatever else is planned; they may use reserved tables."""
    frozen_until: int = 0
    """Slots before this one are past or running: only locked meetings stand there."""
    objective: Objective = Objective.COVERAGE
    seed: int = 0
    """Decides ties. Published, so that anybody can make the plan again."""
    candidate_rank: Ints | None = None
    """(P,): her wish, 1 is the first; 0: she named none. For the report and for stable plans only."""
    employer_rank: Ints | None = None
    """(P,): the employer's wish in the same way."""
    group: Ints | None = None
    """(C,): group numbers from 0 for the report (newcomers, a centre, women); -1: in none."""

    def __post_init__(self) -> None:
        from marketplace.engines.matching.timetable.validation import validate

        validate(self)

    @property
    def tables(self) -> Ints:
        """(E, S): tables that may be given away: open and not reserved."""
        return self.open if self.reserve is None else np.maximum(self.open - self.reserve, 0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plan:
    """A timetable and what is proven about it.

    `value` is the score (sum of weights) plus, with coverage first, `FIRST_MEETING` for each candidate served and
    `MEETING_TOWARDS_LEAST` for each further meeting up to the fewest she is meant to have. No plan that keeps the rules
    can have more than `bound`, none can serve more candidates than `most_served`, and in none are fewer meetings
    `missing` (to everybody's fewest) than `least_missing`.
    """

    meetings: Ints
    """(M, 3): candidate, employer, slot; sorted by slot, employer, candidate."""
    score: int
    served: int
    value: int
    bound: int
    most_served: int
    seconds: float
    rounds: int
    """Rounds of repair and improvement; they, not the clock, decide where the planner stops."""
    was_cut_short: bool
    """The time limit ended it before its rounds did: another machine may find another plan."""
    missing: int = 0
    least_missing: int = 0

    @property
    def gap(self) -> float:
        """How much better a plan could be at most, as a share of the bound: 0.0 is proven best."""
        return (self.bound - self.value) / self.bound if self.bound else 0.0

    def as_numbers(self) -> dict[str, Any]:
        """All but the meetings, for a page or a log line."""
        names = ("score", "served", "value", "bound", "gap", "most_served", "missing", "least_missing")
        names += ("seconds", "rounds", "was_cut_short")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the planner is: what a page shows while it waits."""

    stage: str
    """"bound", "place", "repair", "fill", "improve", "done"."""
    share: float
    """0 to 1 of the rounds of this stage."""
    meetings: int
    gap: float


def reserve_one(open_tables: Ints, *, from_slot: int = 0) -> Ints:
    """(E, S): one slot per table to keep free, spread over the day so that some seat is free at every hour.

    Employers with a single open slot per table keep none: they would have no meeting at all.
    """
    reserve = np.zeros_like(open_tables)
    for employer, row in enumerate(open_tables):
        for table in range(int(row.max(initial=0))):
            slots = np.flatnonzero(row > table)
            slots = slots[slots >= from_slot]
            if len(slots) > 1:
                reserve[employer, slots[(employer * 7 + table * 3 + 1) % len(slots)]] += 1
    return np.minimum(reserve, open_tables)
