"""A timetable while it is being made: who is where, what is free, what the rules still allow."""

from collections.abc import Iterable, Iterator

import numpy as np

from marketplace.engines.matching.timetable.problem import Bools, Ints, Problem, triples


class Board:
    """Meetings of a problem under all rules; `problem.tables` minus `used` is free.

    Sets of slots are whole numbers, bit `s` for slot `s`: rules become a few operations on them. Other cells stand in
    plain lists, since single cells of numpy arrays are slow to read.
    """

    def __init__(self, problem: Problem, meetings: Ints | None = None, *, with_reserve: bool = False) -> None:
        self.problem = problem
        c, e, s = problem.n_candidates, problem.n_employers, problem.n_slots
        tables = problem.open if with_reserve else problem.tables
        self.free: list[list[int]] = tables.tolist()
        self.open = slot_sets(tables > 0)
        """Slots in which each employer has a free table."""
        self.at: list[list[int]] = [[-1] * s for _ in range(c)]
        """Employer of each candidate in each slot, -1: none."""
        self.busy = [0] * c
        """Slots in which each candidate has a meeting."""
        self.count = [0] * c
        self.sitting: list[list[set[int]]] = [[set() for _ in range(s)] for _ in range(e)]
        self.slot_of: dict[tuple[int, int], int] = {}
        self.to_come = (1 << s) - (1 << problem.frozen_until)
        self.there = [slots & self.to_come for slots in slot_sets(problem.available)]
        """Slots to come in which each candidate is there."""
        self.most: list[int] = problem.most.tolist()
        self.for_women = [0] * e if problem.women_only is None else slot_sets(problem.women_only)
        self.woman: list[bool] = [False] * c if problem.woman is None else problem.woman.tolist()
        self.far: list[list[bool]] | None = None if problem.far is None else problem.far.tolist()
        self.before = neighbours(problem)
        self.beside = [(self.before[n] << n >> 1) | (self.before[n + 1] << n << 1) for n in range(s)]
        """Slots without a break to each slot."""
        self.rested: dict[int, int] = {}
        self.locked = {(c, e): s for c, e, s in triples(problem.locked)}
        for candidate, employer, slot in triples(problem.locked):
            self.put(candidate, employer, slot)
        for candidate, employer, slot in [] if meetings is None else triples(meetings):
            if (candidate, employer) not in self.locked:
                self.put(candidate, employer, slot)

    def put(self, candidate: int, employer: int, slot: int) -> None:
        row = self.at[candidate]
        assert row[slot] < 0 and (candidate, employer) not in self.slot_of
        row[slot] = employer
        self.busy[candidate] |= 1 << slot
        self.count[candidate] += 1
        self.add_tables(employer, slot, -1)
        self.sitting[employer][slot].add(candidate)
        self.slot_of[candidate, employer] = slot

    def take(self, candidate: int, employer: int) -> int:
        """Takes the meeting off the board and says its slot."""
        slot = self.slot_of.pop((candidate, employer))
        self.at[candidate][slot] = -1
        self.busy[candidate] ^= 1 << slot
        self.count[candidate] -= 1
        self.add_tables(employer, slot, 1)
        self.sitting[employer][slot].remove(candidate)
        return slot

    def add_tables(self, employer: int, slot: int, tables: int) -> None:
        """So many more tables of this employer are free then."""
        row = self.free[employer]
        row[slot] = free = row[slot] + tables
        if free > 0:
            self.open[employer] |= 1 << slot
        else:
            self.open[employer] &= ~(1 << slot)

    def allowed(self, candidate: int, employer: int) -> int:
        """Slots to come in which she is there and that are for her. Says nothing of tables or other meetings."""
        women = self.for_women[employer]
        return self.there[candidate] & ~women if women and not self.woman[candidate] else self.there[candidate]

    def suiting(self, candidate: int, employer: int, busy: int) -> int:
        """Slots in which run and way allow a meeting beside hers in the slots `busy`, the slot itself taken as free."""
        suits = self.suiting_run(busy)
        if self.far is not None:
            way, row = self.far[employer], self.at[candidate]
            while busy:
                slot = busy.bit_length() - 1
                busy ^= 1 << slot
                if way[row[slot]]:
                    suits &= ~self.beside[slot]
        return suits

    def suiting_run(self, busy: int) -> int:
        """Slots in which a meeting makes no run that is too long, beside meetings in the slots `busy`."""
        if busy in self.rested:
            return self.rested[busy]
        found, longest = 0, self.problem.longest_run
        for slot in range(self.problem.n_slots):
            if not longest or self.run_with(busy, slot) <= longest:
                found |= 1 << slot
        self.rested[busy] = found
        return found

    def run_with(self, busy: int, slot: int) -> int:
        """Length of the run that a meeting in `slot` would be part of."""
        first = slot
        while self.before[first] and busy >> (first - 1) & 1:
            first -= 1
        last = slot
        while self.before[last + 1] and busy >> (last + 1) & 1:
            last += 1
        return last - first + 1

    def seats(self, candidate: int, employer: int) -> int:
        """Slots in which she may sit there, has nothing else and her day allows it. Tables are not looked at."""
        busy = self.busy[candidate]
        able = self.allowed(candidate, employer) & ~busy
        return able and able & self.suiting(candidate, employer, busy)

    def fits(self, candidate: int, employer: int, slot: int) -> bool:
        """Whether `slot` is one of her `seats`."""
        return bool(self.seats(candidate, employer) >> slot & 1)

    def openings(self, candidate: int, employer: int) -> Iterator[int]:
        """Slots in which the pair could meet as the board stands, the first ones first."""
        return ascending(self.open[employer] and self.open[employer] & self.seats(candidate, employer))

    def meetings(self) -> Ints:
        """(M, 3), sorted by slot, employer, candidate."""
        return sorted_meetings((c, e, s) for (c, e), s in self.slot_of.items())


def slot_sets(cells: Bools) -> list[int]:
    """Each row of (N, S) as a set of slots."""
    packed = np.packbits(cells, axis=1, bitorder="little")
    width, whole = packed.shape[1], packed.tobytes()
    return [int.from_bytes(whole[n : n + width], "little") for n in range(0, len(whole), width)]


def ascending(slots: int) -> Iterator[int]:
    """The slots of a set, in order."""
    while slots:
        lowest = slots & -slots
        yield lowest.bit_length() - 1
        slots ^= lowest


def sorted_meetings(rows: Iterable[tuple[int, int, int]]) -> Ints:
    found = np.array(list(rows), dtype=np.int64).reshape(-1, 3)
    return found[np.lexsort((found[:, 0], found[:, 1], found[:, 2]))]


def neighbours(problem: Problem) -> list[bool]:
    """For each slot and one more: is there no break between it and the one before."""
    following = [slot > 0 and slot - 1 not in problem.breaks_after for slot in range(problem.n_slots)]
    return [*following, False]
