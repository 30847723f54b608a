"""The timetable as a minimum-cost flow: a first plan, and the bound that no plan can pass.

    source -> candidate -> pair -> employer in a slot -> sink

Time is in the graph, so availability, women-only slots, breaks, tables, most meetings and the bonus of the first one
are kept exactly. Left out is only what ties one candidate's slots together: one place at a time, runs, ways. Those come
back as prices on (candidate, slot), see pricing.py. Every plan that keeps the rules is a flow, so the best flow is a
bound. Capacities and costs are whole numbers, so the flow is too (Ahuja, Magnanti, Orlin, Network Flows, 1993,
theorem 9.10).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketplace.engines.matching.timetable.problem import Bools, Ints, Problem, triples
from marketplace.engines.matching.timetable.rewards import Rewards

Ints32 = NDArray[np.int32]

SOURCE, SINK, FIRST = 0, 1, 2
"""Nodes: these two, then candidates, pairs, employers in slots."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The best flow: `meetings` (M, 3) with the locked ones, which may put one person in two places; its worth."""

    meetings: Ints
    value: int
    served: int


class Network:
    """Arcs of a problem, made once, solved for several bonuses and prices.

    Pairs are sorted and then shuffled by the seed: the order of the input decides nothing, the lot decides ties.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        locked = problem.locked
        width = max(problem.n_employers, 1)
        is_free = ~np.isin(problem.candidate * width + problem.employer, locked[:, 0] * width + locked[:, 1])
        order = np.lexsort((problem.employer, problem.candidate))
        order = np.random.default_rng(problem.seed).permutation(order)
        order = order[is_free[order]]
        self.candidate, self.employer = problem.candidate[order], problem.employer[order]
        self.weight = problem.weight[order]
        allowed = open_cells(problem)[self.employer] & hers(problem)[self.candidate]
        if problem.women_only is not None:
            woman = np.zeros(problem.n_candidates, dtype=np.bool_) if problem.woman is None else problem.woman
            allowed &= ~problem.women_only[self.employer] | woman[self.candidate][:, None]
        self.allowed = allowed
        """(P, S): she is there, it is for her, a table is to give away."""
        self.pair, self.slot = (index.astype(np.int64) for index in np.nonzero(allowed))
        self.had = np.bincount(locked[:, 0], minlength=problem.n_candidates)
        self.room = np.minimum(np.maximum(problem.most - self.had, 0), most_in_day(problem))

    @cached_property
    def lock_weight(self) -> int:
        """Score of the locked meetings."""
        locked = {(c, e) for c, e, _ in triples(self.problem.locked)}
        pairs = zip(self.problem.candidate.tolist(), self.problem.employer.tolist(), strict=True)
        return sum(int(self.problem.weight[at]) for at, pair in enumerate(pairs) if pair in locked)

    def best(self, rewards: Rewards, *, weight: Ints | None = None, prices: Ints | None = None) -> Flow:
        """The flow of the highest value: weights (or `weight`, in their place) and `rewards`, less `prices` (C, S) of
        the slots in which she sits."""
        from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

        weights = self.weight if weight is None else weight
        tails, heads, capacities, costs = self.arcs(rewards, weights, prices)
        seats = int(free_tables(self.problem).sum())
        solver: Any = SimpleMinCostFlow()  # its stubs write arrays' types wrongly
        names = np.asarray(solver.add_arcs_with_capacity_and_unit_cost(tails, heads, capacities, costs))
        solver.set_node_supply(SOURCE, seats)
        solver.set_node_supply(SINK, -seats)
        status = solver.solve()
        assert status == SimpleMinCostFlow.Status.OPTIMAL, status
        first = 3 * self.problem.n_candidates + len(self.weight)
        used = np.flatnonzero(np.asarray(solver.flows(names[first : first + len(self.pair)])))
        pair = self.pair[used]
        rows = np.stack([self.candidate[pair], self.employer[pair], self.slot[used]], axis=1)
        meetings = np.concatenate([self.problem.locked, rows])
        value = self.lock_weight + rewards.total(self.had) - solver.optimal_cost()
        return Flow(meetings=meetings, value=value, served=int((np.bincount(meetings[:, 0]) > 0).sum()))

    def arcs(self, rewards: Rewards, weights: Ints, prices: Ints | None) -> tuple[Ints32, Ints32, Ints, Ints]:
        """Tails, heads, capacities and costs: of candidates (first meeting, up to her fewest, more), pairs, sitting,
        tables, and one for the seats that stay empty."""
        c, p, cells = self.problem.n_candidates, len(self.weight), self.problem.open.size
        candidates, pairs, tables = FIRST + np.arange(c), FIRST + c + np.arange(p), FIRST + c + p + np.arange(cells)
        is_new = (self.had == 0) & (self.room > 0)
        towards = np.clip(rewards.least - np.maximum(self.had, 1), 0, self.room - is_new)
        sitting = len(self.pair)
        price = np.zeros(sitting) if prices is None else prices[self.candidate[self.pair], self.slot]
        cell = self.employer[self.pair] * self.problem.n_slots + self.slot
        seats = free_tables(self.problem).reshape(-1)
        parts = [
            (np.full(c, SOURCE), candidates, is_new, np.full(c, -rewards.first)),
            (np.full(c, SOURCE), candidates, towards, np.full(c, -rewards.towards)),
            (np.full(c, SOURCE), candidates, self.room - is_new - towards, np.zeros(c)),
            (candidates[self.candidate], pairs, np.ones(p), -weights),
            (pairs[self.pair], tables[cell], np.ones(sitting), price),
            (tables, np.full(cells, SINK), seats, np.zeros(cells)),
            ([SOURCE], [SINK], [seats.sum()], [0]),
        ]
        tails, heads = (np.concatenate([part[at] for part in parts]).astype(np.int32) for at in (0, 1))
        capacities, costs = (np.concatenate([part[at] for part in parts]).astype(np.int64) for at in (2, 3))
        return tails, heads, capacities, costs

    def servable(self) -> int:
        """Candidates who have a meeting already, or some slot and table that fit."""
        return int((self.had > 0).sum()) + len(self.reachable())

    def reachable(self) -> Ints:
        """Candidates without a meeting whom some slot and table fit."""
        arcs = np.bincount(self.candidate[self.pair], minlength=self.problem.n_candidates)
        return np.flatnonzero((arcs > 0) & (self.room > 0) & (self.had == 0))

    def least_missing(self, least: Ints) -> int:
        """Proven: in every plan so many meetings are missing to everybody's `least`."""
        most = self.best(Rewards(1, 1, least), weight=np.zeros_like(self.weight)).value - self.lock_weight
        return int(least.sum()) - most

    def most_served(self) -> int:
        """Proven: no plan gives more candidates a meeting. One seat for each is a maximum flow of its own."""
        from ortools.graph.python.max_flow import SimpleMaxFlow

        people, cells = self.reachable(), self.problem.open.size
        cell = self.employer[self.pair] * self.problem.n_slots + self.slot
        wanted = np.unique(self.candidate[self.pair] * cells + cell)
        wanted = wanted[np.isin(wanted // cells, people)]
        tables = FIRST + self.problem.n_candidates + np.arange(cells)
        solver: Any = SimpleMaxFlow()
        for tails, heads, capacities in (
            (np.full(len(people), SOURCE), FIRST + people, np.ones(len(people))),
            (FIRST + wanted // cells, tables[wanted % cells], np.ones(len(wanted))),
            (tables, np.full(cells, SINK), free_tables(self.problem).reshape(-1)),
        ):
            solver.add_arcs_with_capacity(tails.astype(np.int32), heads.astype(np.int32), capacities.astype(np.int64))
        status = solver.solve(SOURCE, SINK)
        assert status == SimpleMaxFlow.Status.OPTIMAL, status
        return int((self.had > 0).sum()) + solver.optimal_flow()


def free_tables(problem: Problem) -> Ints:
    """(E, S): tables to give away beside the locked meetings, none in the past."""
    tables = problem.open.copy()
    standing = np.zeros_like(tables)
    np.add.at(standing, (problem.locked[:, 1], problem.locked[:, 2]), 1)
    free = np.maximum(problem.tables - standing, 0)
    free[:, : problem.frozen_until] = 0
    return free


def open_cells(problem: Problem) -> Bools:
    return free_tables(problem) > 0


def hers(problem: Problem) -> Bools:
    """(C, S): she is there and has no locked meeting."""
    there = problem.available.copy()
    there[problem.locked[:, 0], problem.locked[:, 2]] = False
    return there


def most_in_day(problem: Problem) -> Ints:
    """(C,): most slots that she can fill, runs kept; tightens the bound where people are there for a short time.

    Filling every slot as early as the run allows is best: a slot given up now ends the run, one given up later
    costs the same.
    """
    there = hers(problem)
    there[:, : problem.frozen_until] = False
    if not problem.longest_run:
        return there.sum(axis=1)
    run = np.zeros(problem.n_candidates, dtype=np.int64)
    total = np.zeros(problem.n_candidates, dtype=np.int64)
    for slot in range(problem.n_slots):
        if slot and slot - 1 in problem.breaks_after:
            run[:] = 0
        sits = there[:, slot] & (run < problem.longest_run)
        total += sits
        run = np.where(sits, run + 1, 0)
    return total
