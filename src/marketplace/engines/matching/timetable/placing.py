"""From the flow, which may put people in two places, to a timetable that keeps every rule."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from marketplace.engines.matching.timetable.board import Board
from marketplace.engines.matching.timetable.chains import Chains, Pair
from marketplace.engines.matching.timetable.flow import Network
from marketplace.engines.matching.timetable.forcing import force
from marketplace.engines.matching.timetable.problem import Ints, Problem, triples
from marketplace.engines.matching.timetable.rewards import Rewards

CHAIN, FILL_CHAIN = 300, 100
"""Meetings that a chain may look through: for a meeting that was meant to be, and for filling a seat."""

FORCED = 200
"""Attempts, for each flow, to force in what no chain could place."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A plan that keeps every rule, and what it is worth. More people served come first, then value."""

    meetings: Ints
    served: int
    value: int
    score: int


class Placing:
    """Places flows of one problem; pairs are tried by weight, ties by the network's lot."""

    def __init__(self, problem: Problem, network: Network, rewards: Rewards, *, is_over: Callable[[], bool]) -> None:
        self.problem, self.rewards, self.is_over = problem, rewards, is_over
        everybody = zip(problem.candidate.tolist(), problem.employer.tolist(), problem.weight.tolist(), strict=True)
        self.worth: dict[Pair, int] = {(candidate, employer): weight for candidate, employer, weight in everybody}
        drawn = zip(network.candidate.tolist(), network.employer.tolist(), strict=True)
        self.lot: dict[Pair, int] = {pair: at for at, pair in enumerate(drawn)}
        self.ranked = sorted(self.lot, key=self.order)
        self.of: dict[int, list[Pair]] = defaultdict(list)
        for pair in self.ranked:
            self.of[pair[0]].append(pair)

    def order(self, pair: Pair) -> tuple[int, int]:
        return (-self.worth[pair], self.lot[pair])

    def place(self, meetings: Ints, *, most_served: int) -> Board:
        """A board from the flow's meetings (slot -1: any): as they are, by chains, the left out, free seats."""
        board = Board(self.problem)
        chains = Chains(board, self.worth, self.rewards)
        slots = {(c, e): s for c, e, s in triples(meetings) if (c, e) in self.lot}
        waiting: list[Pair] = []
        for pair in sorted(slots, key=self.order):
            slot = slots[pair]
            if slot >= 0 and board.free[pair[1]][slot] > 0 and board.fits(*pair, slot):
                board.put(*pair, slot)
            else:
                waiting.append(pair)
        waiting = self.chained(chains, waiting, may_drop=False)
        force(board, chains, waiting, tries=0 if self.is_over() else FORCED, limit=FILL_CHAIN)
        self.chained(chains, [pair for pair in waiting if pair not in board.slot_of], may_drop=True)
        if self.rewards.first:
            self.serve(board, chains, most_served)
        self.fill(board, chains)
        return board

    def chained(self, chains: Chains, waiting: list[Pair], *, may_drop: bool) -> list[Pair]:
        """Who of `waiting` did not get in."""
        return [p for p in waiting if not self.is_over() and not chains.insert(p, may_drop=may_drop, limit=CHAIN)]

    def serve(self, board: Board, chains: Chains, most_served: int) -> None:
        """A first meeting for those without, until nobody more can be served."""
        left_out = [candidate for candidate in range(self.problem.n_candidates) if board.count[candidate] == 0]
        missing = most_served - (self.problem.n_candidates - len(left_out))
        for candidate in left_out:
            if missing <= 0 or self.is_over():
                return
            missing -= any(chains.insert(pair, may_drop=True, limit=CHAIN) for pair in self.of[candidate])

    def fill(self, board: Board, chains: Chains) -> None:
        """Free seats go to the best pairs that still fit, moving others if need be."""
        seats = [sum(free for free in row if free > 0) for row in board.free]
        for pair in self.ranked:
            if seats[pair[1]] > 0 and pair not in board.slot_of and board.count[pair[0]] < board.most[pair[0]]:
                if self.is_over():
                    return
                # A chain ends in a free seat of this employer or another: count anew.
                if chains.insert(pair, may_drop=False, limit=FILL_CHAIN):
                    seats = [sum(free for free in row if free > 0) for row in board.free]

    def standing(self, meetings: Ints) -> Standing:
        score = sum(self.worth[c, e] for c, e, _ in triples(meetings))
        count = np.bincount(meetings[:, 0], minlength=self.problem.n_candidates)
        return Standing(meetings, int((count > 0).sum()), score + self.rewards.total(count), score)
