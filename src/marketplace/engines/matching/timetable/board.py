"""A timetable while it is being made: who is where, what is free, what the rules still allow."""

from collections.abc import Iterable, Iterator

import numpy as np

from marketplace.engines.matching.timetable.problem import Ints, Problem, triples


class Board:
    """Meetings of a problem under all rules; `problem.tables` minus `used` is free.

    Plain lists inside: single cells of numpy arrays are slow to read.
    """

    def __init__(self, problem: Problem, meetings: Ints | None = None, *, with_reserve: bool = False) -> None:
        self.problem = problem
        c, e, s = problem.n_candidates, problem.n_employers, problem.n_slots
        self.free: list[list[int]] = (problem.open if with_reserve else problem.tables).tolist()
        self.at: list[list[int]] = [[-1] * s for _ in range(c)]
        """Employer of each candidate in each slot, -1: none."""
        self.count = [0] * c
        self.sitting: list[list[set[int]]] = [[set() for _ in range(s)] for _ in range(e)]
        self.slot_of: dict[tuple[int, int], int] = {}
        self.there: list[list[bool]] = problem.available.tolist()
        self.most: list[int] = problem.most.tolist()
        self.for_women: list[list[bool]] | None = None if problem.women_only is None else problem.women_only.tolist()
        self.woman: list[bool] = [False] * c if problem.woman is None else problem.woman.tolist()
        self.far: list[list[bool]] | None = None if problem.far is None else problem.far.tolist()
        self.before = neighbours(problem)
        self.locked = {(c, e): s for c, e, s in triples(problem.locked)}
        for candidate, employer, slot in triples(problem.locked):
            self.put(candidate, employer, slot)
        for candidate, employer, slot in [] if meetings is None else triples(meetings):
            if (candidate, employer) not in self.locked:
                self.put(candidate, employer, slot)

    def put(self, candidate: int, employer: int, slot: int) -> None:
        assert self.at[candidate][slot] < 0 and (candidate, employer) not in self.slot_of
        self.at[candidate][slot] = employer
        self.count[candidate] += 1
        self.free[employer][slot] -= 1
        self.sitting[employer][slot].add(candidate)
        self.slot_of[candidate, employer] = slot

    def take(self, candidate: int, employer: int) -> int:
        """Takes the meeting off the board and says its slot."""
        slot = self.slot_of.pop((candidate, employer))
        self.at[candidate][slot] = -1
        self.count[candidate] -= 1
        self.free[employer][slot] += 1
        self.sitting[employer][slot].remove(candidate)
        return slot

    def may_sit(self, candidate: int, employer: int, slot: int) -> bool:
        """She is there, the slot is for her and not past. Says nothing of tables or other meetings."""
        return (
            slot >= self.problem.frozen_until
            and self.there[candidate][slot]
            and (self.for_women is None or not self.for_women[employer][slot] or self.woman[candidate])
        )

    def suits_day(self, candidate: int, employer: int, slot: int) -> bool:
        """Run and way of her other meetings allow one there; the slot itself counts as free."""
        row = self.at[candidate]
        back, on = self.before[slot], self.before[slot + 1]
        if self.far is not None:
            way = self.far[employer]
            if back and row[slot - 1] >= 0 and way[row[slot - 1]]:
                return False
            if on and row[slot + 1] >= 0 and way[row[slot + 1]]:
                return False
        return not self.problem.longest_run or self.run_with(row, slot) <= self.problem.longest_run

    def run_with(self, row: list[int], slot: int) -> int:
        """Length of the run that a meeting in `slot` would be part of."""
        first = slot
        while self.before[first] and row[first - 1] >= 0:
            first -= 1
        last = slot
        while self.before[last + 1] and row[last + 1] >= 0:
            last += 1
        return last - first + 1

    def fits(self, candidate: int, employer: int, slot: int) -> bool:
        """She may sit there, has nothing else then, and her day allows it. Tables are not looked at."""
        return (
            self.at[candidate][slot] < 0
            and self.may_sit(candidate, employer, slot)
            and self.suits_day(candidate, employer, slot)
        )

    def openings(self, candidate: int, employer: int) -> Iterator[int]:
        """Slots in which the pair could meet as the board stands."""
        free = self.free[employer]
        for slot in range(self.problem.frozen_until, self.problem.n_slots):
            if free[slot] > 0 and self.fits(candidate, employer, slot):
                yield slot

    def meetings(self) -> Ints:
        """(M, 3), sorted by slot, employer, candidate."""
        return sorted_meetings((c, e, s) for (c, e), s in self.slot_of.items())


def sorted_meetings(rows: Iterable[tuple[int, int, int]]) -> Ints:
    found = np.array(list(rows), dtype=np.int64).reshape(-1, 3)
    return found[np.lexsort((found[:, 0], found[:, 1], found[:, 2]))]


def neighbours(problem: Problem) -> list[bool]:
    """For each slot and one more: is there no break between it and the one before."""
    following = [slot > 0 and slot - 1 not in problem.breaks_after for slot in range(problem.n_slots)]
    return [*following, False]
