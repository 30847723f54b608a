"""Prices on a candidate's slots: what the flow leaves out comes back as a cost, and the bound comes down.

Lagrangian relaxation with a subgradient step (Held, Wolfe, Crowder, Validation of subgradient optimization, 1974). A
price on (candidate, slot) is for being in two places, one on a stretch of `longest_run + 1` slots for sitting through
it. Prices are whole parts of a point, so that the flow stays whole and the bound exact.
"""

import numpy as np

from marketplace.engines.matching.timetable.board import neighbours
from marketplace.engines.matching.timetable.flow import Flow, Network
from marketplace.engines.matching.timetable.problem import Problem
from marketplace.engines.matching.timetable.rewards import Rewards

PARTS = 8
"""Prices are eighths of a point."""


class Pricing:
    """Prices, all 0 at first; `solve` gives the flow at these prices and `bound` what it proves."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        before, length = neighbours(problem), problem.longest_run
        self.stretches = [
            slice(first, first + length + 1)
            for first in range(problem.n_slots - length if length else 0)
            if all(before[first + 1 : first + length + 1])
        ]
        self.of_slot = np.zeros(problem.available.shape)
        self.of_stretch = np.zeros((problem.n_candidates, len(self.stretches)))
        self.pace, self.stale, self.least = 1.0, 0, 2**62

    def solve(self, network: Network, rewards: Rewards) -> tuple[Flow, int]:
        """The best flow at the present prices, and the bound: its value and the prices' own worth."""
        of_slot = np.rint(self.of_slot * PARTS).astype(np.int64)
        of_stretch = np.rint(self.of_stretch * PARTS).astype(np.int64)
        prices = of_slot.copy()
        for at, stretch in enumerate(self.stretches):
            prices[:, stretch] += of_stretch[:, [at]]
        # A locked meeting pays no price in the flow: its slots are no longer hers to give.
        locked = self.problem.locked
        paid = int(prices[locked[:, 0], locked[:, 2]].sum())
        flow = network.best(rewards.times(PARTS), weight=network.weight * PARTS, prices=prices)
        credit = int(of_slot.sum()) + self.problem.longest_run * int(of_stretch.sum()) - paid
        unlocked = flow.value - network.lock_weight  # the network counts locked weights once, not in parts
        bound = (unlocked + network.lock_weight * PARTS + credit) // PARTS
        self.stale = 0 if bound < self.least else self.stale + 1
        self.least = min(self.least, bound)
        if self.stale == 3:
            self.pace, self.stale = self.pace * 0.7, 0
        return flow, bound

    def step(self, flow: Flow, *, bound: int, value: int) -> bool:
        """Prices go up where the flow breaks a rule and down where it leaves room; False: nothing is broken."""
        sits = np.zeros(self.problem.available.shape)
        np.add.at(sits, (flow.meetings[:, 0], flow.meetings[:, 2]), 1)
        slots = sits - 1
        slots[(slots < 0) & (self.of_slot <= 0)] = 0
        stretches = np.zeros_like(self.of_stretch)
        for at, stretch in enumerate(self.stretches):
            stretches[:, at] = sits[:, stretch].sum(axis=1) - self.problem.longest_run
        stretches[(stretches < 0) & (self.of_stretch <= 0)] = 0
        norm = float((slots**2).sum() + (stretches**2).sum())
        if norm == 0:
            return False
        length = self.pace * max(bound - value, 1) / norm
        self.of_slot = np.maximum(self.of_slot + length * slots, 0)
        self.of_stretch = np.maximum(self.of_stretch + length * stretches, 0)
        return True
