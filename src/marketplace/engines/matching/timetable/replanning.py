"""The day itself: the plan is mended where something changed, and nowhere else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from marketplace.engines.matching.timetable.board import Board, sorted_meetings
from marketplace.engines.matching.timetable.chains import Chains, Pair
from marketplace.engines.matching.timetable.events import Event, on_the_day
from marketplace.engines.matching.timetable.problem import (
    FIRST_MEETING,
    MEETING_TOWARDS_LEAST,
    Bools,
    Ints,
    Problem,
    triples,
)
from marketplace.engines.matching.timetable.rewards import Rewards, least_of

CHAIN = 60
"""Meetings that a chain may look through: short chains move few people."""

TRIES = 20
"""Chains tried for each freed seat that nobody can take as he stands."""

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
    problem: Problem, meetings: Ints, *, now: int, events: Sequence[Event] = (), with_reserve: bool = True
) -> Diff:
    """The plan `meetings` (M, 3) mended for `events`, or for a `problem` that already says what is true now.

    Slots before `now` are past or running and stay as they are; locked meetings stay unless an event makes them
    impossible. A meeting that cannot stay gets another slot (`moved`), if need be by moving a few others, else another
    employer, else it is cancelled. Reserved tables (`with_reserve`) are for those and for people without any meeting;
    other freed seats go to the best pair that fits. A walk-in is
    no event: put her, her pairs and her hours into the problem.
    """
    past = meetings[meetings[:, 2] < now]
    mending = Mending(on_the_day(problem, past, events, now=now), problem.locked)
    mending.keep(meetings)
    if not with_reserve:
        mending.withhold()
    mending.rehouse()
    mending.welcome()
    if with_reserve:
        mending.withhold()
    mending.refill()
    return mending.diff(meetings)


class Worth(Mapping[Pair, int]):
    """The weight of each pair who may meet, from one table: a re-plan asks for few of many thousand pairs."""

    def __init__(self, problem: Problem) -> None:
        self.employers = problem.n_employers
        self.weight = np.zeros(problem.n_candidates * problem.n_employers, dtype=np.int16)
        self.weight[problem.candidate * problem.n_employers + problem.employer] = problem.weight

    def __getitem__(self, pair: Pair) -> int:
        found = int(self.weight.item(pair[0] * self.employers + pair[1]))
        if not found:
            raise KeyError(pair)
        return found

    def __iter__(self) -> Iterator[Pair]:
        return (divmod(number, self.employers) for number in np.flatnonzero(self.weight).tolist())

    def __len__(self) -> int:
        return int(np.count_nonzero(self.weight))


class Mending:
    """One re-plan of a problem whose past is locked. `locks` (L, 3) of the time to come stay where they still fit."""

    def __init__(self, problem: Problem, locks: Ints) -> None:
        self.problem, self.now = problem, problem.frozen_until
        self.board = Board(problem, with_reserve=True)
        self.worth = Worth(problem)
        self.lot = np.random.default_rng(problem.seed).permutation(len(problem.candidate))
        self.must = {(c, e) for c, e, s in triples(locks) if s >= self.now}
        for c, e, s in triples(locks):
            if s >= self.now and self.may_keep(c, e, s):
                self.board.put(c, e, s)
                self.board.locked[c, e] = s
        rewards = Rewards(FIRST_MEETING, MEETING_TOWARDS_LEAST, least_of(problem))
        self.chains = Chains(self.board, self.worth, rewards)
        self.homeless: list[Pair] = []
        self.freed: dict[int, int] = {}
        """Seats of each employer that a meeting left and nobody took yet."""

    def may_keep(self, candidate: int, employer: int, slot: int) -> bool:
        board = self.board
        return (
            board.open[employer] >> slot & 1 == 1
            and board.count[candidate] < board.most[candidate]
            and board.fits(candidate, employer, slot)
            and (candidate, employer) not in board.slot_of
            and self.worth.weight.item(candidate * self.worth.employers + employer) > 0
        )

    def keep(self, meetings: Ints) -> None:
        """All that can stay stays. Where a table is missing, first those who would have fewest meetings."""
        to_come = meetings[meetings[:, 2] >= self.now]
        future = [row for row in triples(to_come) if row[:2] not in self.board.locked]
        if len(future) < len(to_come):
            to_come = np.array(future, dtype=np.int64).reshape(-1, 3)
        wanted = np.zeros_like(self.problem.open)
        np.add.at(wanted, (to_come[:, 1], to_come[:, 2]), 1)
        short = {(e, s) for e, s in np.argwhere(wanted > np.array(self.board.free)).tolist()}
        first, contested = future, list[tuple[int, int, int]]()
        if short:
            planned = np.bincount(meetings[:, 0], minlength=self.problem.n_candidates).tolist()
            first = [row for row in future if row[1:] not in short]
            contested = [row for row in future if row[1:] in short]
            contested.sort(key=lambda row: (planned[row[0]], -self.worth.get(row[:2], 0), row))
        gone: list[tuple[int, int]] = []
        for c, e, s in [*first, *contested]:
            if self.may_keep(c, e, s):
                self.board.put(c, e, s)
            else:
                self.homeless.append((c, e))
                gone.append((e, s))
        for e, s in gone:
            self.freed[e] = self.freed.get(e, 0) + (self.board.free[e][s] > 0)

    def withhold(self) -> None:
        """From now on reserved tables are no longer free."""
        if self.problem.reserve is not None:
            for e, s in np.argwhere(self.problem.reserve > 0).tolist():
                self.board.add_tables(e, s, -int(self.problem.reserve[e, s]))

    def rehouse(self) -> None:
        """Another slot for each meeting that lost its own, or another employer for its candidate."""
        staying = [pair for pair in self.homeless if self.is_here(pair[0])]
        for pair in sorted(
            staying, key=lambda p: (p not in self.must, self.board.count[p[0]], -self.worth.get(p, 0), p)
        ):
            is_in = pair in self.worth and self.insert([pair], may_drop=pair in self.must)
            if not is_in and self.board.count[pair[0]] < self.board.most[pair[0]]:
                self.insert(self.choices(pair[0]))

    def welcome(self) -> None:
        """A first meeting for whoever is here and has none: walk-ins, and people left out so far."""
        everybody = range(self.problem.n_candidates)
        waiting = [c for c in everybody if self.board.count[c] == 0 and self.board.most[c] > 0 and self.is_here(c)]
        has_seat = [any(free > 0 for free in row[self.now :]) for row in self.board.free]
        if not waiting or not any(has_seat):
            return
        direct = np.isin(self.problem.candidate, waiting) & np.array(has_seat)[self.problem.employer]
        for pair in self.ranked(direct):
            if self.board.count[pair[0]] == 0:
                self.sit(pair)
        seats = sum(free > 0 for row in self.board.free for free in row[self.now :])
        for candidate in [c for c in waiting if self.board.count[c] == 0][: TRIES * seats]:
            self.insert(self.choices(candidate))

    def refill(self) -> None:
        """Freed seats: whoever fits as things stand, then by moving a few."""
        left = {e: min(n, sum(f for f in self.board.free[e] if f > 0)) for e, n in self.freed.items()}
        pairs = self.ranked(np.isin(self.problem.employer, [e for e, n in left.items() if n > 0]))
        for pair in pairs:
            if left[pair[1]] > 0 and self.sit(pair):
                left[pair[1]] -= 1
        tries = TRIES * sum(left.values())
        for pair in pairs:
            if tries > 0 and left[pair[1]] > 0 and pair not in self.board.slot_of:
                tries -= 1
                left[pair[1]] -= self.insert([pair])

    def is_here(self, candidate: int) -> bool:
        return self.board.there[candidate] > 0

    def sit(self, pair: Pair) -> bool:
        """Takes a free seat if one fits, without moving anybody."""
        board = self.board
        if pair in board.slot_of or board.count[pair[0]] >= board.most[pair[0]]:
            return False
        for slot in board.openings(*pair):
            board.put(*pair, slot)
            return True
        return False

    def insert(self, pairs: Iterable[Pair], *, may_drop: bool = False) -> bool:
        """The first of `pairs` that gets in, as things stand or through a chain."""
        return (may_drop or self.has_seat()) and any(
            self.sit(pair) or self.chains.insert(pair, may_drop=may_drop, limit=CHAIN)
            for pair in pairs
            if pair not in self.board.slot_of
        )

    def has_seat(self) -> bool:
        return any(free > 0 for row in self.board.free for free in row[self.now :])

    def choices(self, candidate: int) -> list[Pair]:
        return self.ranked(self.problem.candidate == candidate)

    def ranked(self, chosen: Bools) -> list[Pair]:
        """Pairs by weight, ties by the lot."""
        at = np.flatnonzero(chosen)
        at = at[np.lexsort((self.lot[at], -self.problem.weight[at]))]
        return list(zip(self.problem.candidate[at].tolist(), self.problem.employer[at].tolist(), strict=True))

    def diff(self, before: Ints) -> Diff:
        after = self.board.meetings()
        size = self.problem.n_employers
        was, now = before[:, 0] * size + before[:, 1], after[:, 0] * size + after[:, 1]
        stays, came = np.isin(was, now, kind="table"), ~np.isin(now, was, kind="table")
        slot_of = self.board.slot_of
        moved = [(c, e, s, slot_of[c, e]) for c, e, s in triples(before[stays]) if slot_of[c, e] != s]
        elsewhere = np.array([c * size + e for c, e, _, _ in moved], dtype=np.int64)
        return Diff(
            problem=self.problem_after(),
            meetings=after,
            kept=before[stays & ~np.isin(was, elsewhere)],
            moved=tuple(moved),
            new=after[came],
            cancelled=sorted_meetings(triples(before[~stays])),
        )

    def problem_after(self) -> Problem:
        """Locks that stand stay locked; of the reserve is left what nobody sits on."""
        locked = sorted_meetings((*pair, slot) for pair, slot in self.board.locked.items())
        reserve = self.problem.reserve
        if reserve is not None:
            used = np.zeros_like(reserve)
            for (_, employer), slot in self.board.slot_of.items():
                used[employer, slot] += 1
            reserve = np.clip(self.problem.open - used, 0, reserve)
        return replace(self.problem, locked=locked, reserve=reserve)
