"""Makes a timetable: flow, placing, chains, filling, prices; the best of several rounds and the lowest bound."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from marketplace.engines.matching.timetable.baselines import stable_pairs
from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.flow import Flow, Network
from marketplace.engines.matching.timetable.placing import Placing, Standing
from marketplace.engines.matching.timetable.pricing import Pricing
from marketplace.engines.matching.timetable.problem import FIRST_MEETING, Ints, Objective, Plan, Problem, Progress
from marketplace.engines.matching.timetable.validation import demand

WORK = {1: 200_000, 2: 2_000_000}
"""Arcs that rounds of prices may look at: small fairs get more rounds, large ones none with effort 1."""

MOST_ROUNDS = {1: 12, 2: 100}


def solve(
    problem: Problem,
    *,
    seconds: float = 60.0,
    effort: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> Plan:
    """The best plan that `effort` finds, with a bound that proves how good it is.

    The same problem and effort give the same plan on every machine: rounds are counted, not time. `seconds` is only
    the outer limit; `Plan.was_cut_short` says when it struck. Effort 1 takes seconds; 2 goes on improving where a gap
    stays, in the background. `progress` is called between rounds; what it raises ends the work.

    Raises: ProblemError when the locked meetings break the rules themselves.
    """
    if len(problem.locked):
        standing = check(problem, problem.locked)
        demand(not standing, f"locked meetings break the rules: {'; '.join(each.text for each in standing[:3])}")
    run = Run(problem, watch=Watch(seconds), effort=effort, progress=progress)
    flow = run.first()
    if problem.objective is not Objective.STABLE:
        run.improve(flow)
    plan = run.plan()
    broken = check(problem, plan.meetings)
    assert not broken, broken[:3]
    return plan


@dataclass(slots=True)
class Watch:
    """The outer limit. It decides nothing unless it strikes."""

    seconds: float
    began: float = field(default_factory=time.perf_counter)
    has_struck: bool = False

    @property
    def gone(self) -> float:
        return time.perf_counter() - self.began

    def is_over(self) -> bool:
        self.has_struck = self.has_struck or self.gone > self.seconds
        return self.has_struck


class Run:
    """One call of `solve`: the best plan so far and the lowest bound so far."""

    def __init__(
        self, problem: Problem, *, watch: Watch, effort: int, progress: Callable[[Progress], None] | None
    ) -> None:
        self.problem, self.watch, self.progress = problem, watch, progress
        self.bonus = FIRST_MEETING if problem.objective is Objective.COVERAGE else 0
        self.network = Network(problem)
        self.placing = Placing(problem, self.network, bonus=self.bonus, is_over=watch.is_over)
        self.rounds = min(MOST_ROUNDS[effort], WORK[effort] // max(len(self.network.pair), 1))
        self.done = 0
        self.bound = self.most_served = 0
        self.best: Standing | None = None

    def first(self) -> Flow:
        """The flow at no prices: the first bound, how many can be served, and a first plan from it."""
        self.tell("bound", 0.0)
        flow = self.network.best(bonus=self.bonus)
        self.bound = flow.value
        self.most_served = flow.served
        if not self.bonus or flow.served < self.network.servable():
            self.most_served = self.network.most_served()
        start = flow
        if self.bonus and flow.served < self.most_served:
            start = self.network.best(bonus=1_000 * self.bonus)
        if self.problem.objective is Objective.STABLE:
            self.keep_placed(
                np.array([(*pair, -1) for pair in stable_pairs(self.problem)], dtype=np.int64).reshape(-1, 3)
            )
        else:
            self.keep_placed(start.meetings)
        return flow

    def improve(self, flow: Flow) -> None:
        """Rounds of prices, as long as something can be better; `flow` is the one at no prices."""
        pricing, bound = Pricing(self.problem), flow.value
        while self.done < self.rounds and not self.is_proven and not self.watch.is_over():
            assert self.best is not None
            if not pricing.step(flow, bound=bound, value=self.best.value):
                break
            self.tell("improve", self.done / max(self.rounds, 1))
            flow, bound = pricing.solve(self.network, bonus=self.bonus)
            self.bound = min(self.bound, bound)
            self.keep_placed(flow.meetings)
            self.done += 1

    @property
    def is_proven(self) -> bool:
        return self.best is not None and self.best.value >= self.bound

    def keep_placed(self, meetings: Ints) -> None:
        self.tell("place", self.done / max(self.rounds, 1))
        self.keep(self.placing.standing(self.placing.place(meetings, most_served=self.most_served)))

    def keep(self, standing: Standing) -> None:
        mine = (standing.served if self.bonus else 0, standing.value)
        if self.best is None or mine > (self.best.served if self.bonus else 0, self.best.value):
            self.best = standing

    def tell(self, stage: str, share: float) -> None:
        if self.progress is not None:
            meetings = len(self.best.meetings) if self.best else 0
            gap = (self.bound - self.best.value) / self.bound if self.best and self.bound else 1.0
            self.progress(Progress(stage, share, meetings, gap))

    def plan(self) -> Plan:
        assert self.best is not None
        self.tell("done", 1.0)
        return Plan(
            meetings=self.best.meetings,
            score=self.best.score,
            served=self.best.served,
            value=self.best.value,
            bound=self.bound,
            most_served=self.most_served,
            seconds=self.watch.gone,
            rounds=self.done,
            was_cut_short=self.watch.has_struck,
        )
