"""Makes a timetable better: everybody gives up one meeting at most, and all of these are seated anew at once.

With one meeting of each candidate on the move, what ties her slots together (one place at a time, runs, ways, most
meetings, a pair once) only forbids single seats: the best way to seat them is a flow without anything left out. So no
step makes a plan worse, and each keeps every rule. A round takes slots in groups, then employers in groups, each group
by lot (Ahuja, Ergun, Orlin, Punnen, A survey of very large-scale neighborhood search techniques, 2002).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from marketplace.engines.matching.timetable.board import neighbours
from marketplace.engines.matching.timetable.flow import SINK, SOURCE, Network, free_tables
from marketplace.engines.matching.timetable.problem import Bools, Ints, Problem
from marketplace.engines.matching.timetable.rewards import Rewards

SLOTS, EMPLOYERS = 3, 3
"""Slots and employers in a group, or a tenth of all employers where that is more."""


class Reseating:
    """A plan that gets better. Pairs and what they may take are the network's."""

    def __init__(self, problem: Problem, network: Network, rewards: Rewards) -> None:
        self.problem, self.rewards = problem, rewards
        self.candidate, self.employer, self.weight = network.candidate, network.employer, network.weight
        self.allowed = network.allowed
        self.rng = np.random.default_rng(problem.seed)
        self.follows = np.array(neighbours(problem))
        self.far = np.zeros((problem.n_employers + 1,) * 2, dtype=np.bool_)
        """With one row and column more, for nobody: -1."""
        if problem.far is not None:
            self.far[:-1, :-1] = problem.far
        self.numbers = self.candidate * problem.n_employers + self.employer
        self.sorted = np.argsort(self.numbers)

    def load(self, meetings: Ints) -> None:
        """Begin at `meetings` (M, 3), which keep every rule."""
        self.at = np.full(self.problem.available.shape, -1)
        """(C, S): employer of each candidate in each slot, -1: none."""
        self.at[meetings[:, 0], meetings[:, 2]] = meetings[:, 1]
        self.slot = np.full(len(self.candidate), -1)
        """(P,): slot of each pair, -1: they do not meet."""
        self.free = free_tables(self.problem)
        number = meetings[:, 0] * self.problem.n_employers + meetings[:, 1]
        is_mine = np.isin(number, self.numbers)
        at = self.sorted[np.searchsorted(self.numbers, number[is_mine], sorter=self.sorted)]
        self.put(at, meetings[is_mine, 2])

    def put(self, pairs: Ints, slots: Ints) -> None:
        self.slot[pairs] = slots
        self.at[self.candidate[pairs], slots] = self.employer[pairs]
        np.subtract.at(self.free, (self.employer[pairs], slots), 1)

    def take(self, pairs: Ints) -> None:
        slots = self.slot[pairs]
        self.at[self.candidate[pairs], slots] = -1
        np.add.at(self.free, (self.employer[pairs], slots), 1)
        self.slot[pairs] = -1

    def meetings(self) -> Ints:
        """(M, 3): with the locked ones; sorted by slot, employer, candidate."""
        candidate, slot = np.nonzero(self.at >= 0)
        found = np.stack([candidate, self.at[candidate, slot], slot], axis=1)
        return found[np.lexsort((found[:, 0], found[:, 1], found[:, 2]))]

    def round(self) -> None:
        """Every slot and every employer once."""
        everybody, all_slots = np.arange(len(self.candidate)), np.arange(self.problem.n_slots)
        for slots in self.groups(self.problem.n_slots, SLOTS):
            self.reseat(everybody, np.sort(slots))
        for employers in self.groups(self.problem.n_employers, max(EMPLOYERS, self.problem.n_employers // 10)):
            is_chosen = np.zeros(self.problem.n_employers, dtype=np.bool_)
            is_chosen[employers] = True
            self.reseat(np.flatnonzero(is_chosen[self.employer]), all_slots)

    def groups(self, count: int, size: int) -> Iterator[Ints]:
        order = self.rng.permutation(count)
        return (order[first : first + size] for first in range(0, count, size))

    def reseat(self, pairs: Ints, slots: Ints) -> None:
        """Of each candidate one meeting of `pairs` in `slots`, by lot; the best seats there for all of them."""
        is_here = np.zeros(self.problem.n_slots + 1, dtype=np.bool_)
        is_here[slots] = True  # the last one is for pairs who do not meet: -1
        on = self.rng.permutation(pairs[is_here[self.slot[pairs]]])
        chosen = np.full(self.problem.n_candidates, -1)
        chosen[self.candidate[on]] = on
        self.take(chosen[chosen >= 0])
        count = (self.at >= 0).sum(axis=1)
        idle = pairs[(self.slot[pairs] < 0) & (count < self.problem.most)[self.candidate[pairs]]]
        at, column = np.nonzero(self.fitting(idle, slots))
        order = self.rng.permutation(len(at))
        chosen, slot = idle[at[order]], slots[column[order]]
        gain = self.weight[chosen] + self.rewards.of_next(count)[self.candidate[chosen]]
        seated = self.seated(self.candidate[chosen], self.employer[chosen] * self.problem.n_slots + slot, gain)
        self.put(chosen[seated], slot[seated])

    def fitting(self, pairs: Ints, slots: Ints) -> Bools:
        """(pairs, slots): seats that are free and that her other meetings allow."""
        who, where = self.candidate[pairs], self.employer[pairs][:, None]
        nobody = np.full((len(self.at), 1), -1)
        before = np.where(self.follows[:-1], np.hstack([nobody, self.at[:, :-1]]), -1)
        after = np.where(self.follows[1:], np.hstack([self.at[:, 1:], nobody]), -1)
        hers = ((self.at < 0) & self.rested())[:, slots][who]
        fits = self.allowed[pairs[:, None], slots] & hers & (self.free[:, slots] > 0)[where[:, 0]]
        return fits & ~self.far[where, before[:, slots][who]] & ~self.far[where, after[:, slots][who]]

    def rested(self) -> Bools:
        """(C, S): a meeting there makes no run that is too long."""
        busy, longest, last = self.at >= 0, self.problem.longest_run, self.problem.n_slots - 1
        if not longest:
            return np.ones(busy.shape, dtype=np.bool_)
        left, right = np.zeros(busy.shape, dtype=np.int64), np.zeros(busy.shape, dtype=np.int64)
        for slot in range(1, last + 1):
            left[:, slot] = np.where(busy[:, slot - 1] & self.follows[slot], left[:, slot - 1] + 1, 0)
            back = last - slot
            right[:, back] = np.where(busy[:, back + 1] & self.follows[back + 1], right[:, back + 1] + 1, 0)
        return left + right < longest

    def seated(self, candidates: Ints, cells: Ints, gain: Ints) -> Ints:
        """Which of these seats are taken when nobody takes two: the most `gain`."""
        from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

        people, seats = self.problem.n_candidates, self.free.reshape(-1)
        used = np.flatnonzero(np.bincount(cells))
        parts = [
            (np.full(people, SOURCE), 2 + np.arange(people), np.ones(people), np.zeros(people)),
            (2 + candidates, 2 + people + cells, np.ones(len(cells)), -gain),
            (2 + people + used, np.full(len(used), SINK), seats[used], np.zeros(len(used))),
            ([SOURCE], [SINK], [people], [0]),
        ]
        solver: Any = SimpleMinCostFlow()
        tails, heads = (np.concatenate([part[at] for part in parts]).astype(np.int32) for at in (0, 1))
        amounts, costs = (np.concatenate([part[at] for part in parts]).astype(np.int64) for at in (2, 3))
        names = np.asarray(solver.add_arcs_with_capacity_and_unit_cost(tails, heads, amounts, costs))
        solver.set_node_supply(SOURCE, people)
        solver.set_node_supply(SINK, -people)
        status = solver.solve()
        assert status == SimpleMinCostFlow.Status.OPTIMAL, status
        return np.flatnonzero(np.asarray(solver.flows(names[people : people + len(cells)])))
