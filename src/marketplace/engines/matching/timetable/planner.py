"""Makes a timetable: flow, placing, reseating, prices; the best of several rounds and the lowest bound."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from marketplace.engines.matching.timetable.baselines import stable_pairs
from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.flow import Flow, Network
from marketplace.engines.matching.timetable.placing import Placing, Standing
from marketplace.engines.matching.timetable.pricing import Pricing
from marketplace.engines.matching.timetable.problem import Ints, Objective, Plan, Problem, Progress
from marketplace.engines.matching.timetable.reseating import Reseating
from marketplace.engines.matching.timetable.rewards import Rewards, least_of
from marketplace.engines.matching.timetable.validation import demand

PRICED = {1: 25_000, 2: 700_000}
"""Arcs that rounds of prices may look at: small fairs get more rounds, large ones none with effort 1."""

MOST_PRICED = {1: 12, 2: 24}

RESEATED, MOST_RESEATED = {1: 200_000, 2: 700_000}, 6
"""Arcs that rounds of reseating one plan may look at, and rounds at most."""

CERTAINLY, RATHER = 1_000, 10
"""How many times a first meeting counts where nobody may be left out for any score, and while people are reseated."""


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
        self.rewards = Rewards.of(problem)
        self.network = Network(problem)
        self.placing = Placing(problem, self.network, self.rewards, is_over=watch.is_over)
        self.reseating = Reseating(problem, self.network, self.rewards.times(1, first=RATHER))
        arcs = max(len(self.network.pair), 1)
        self.rounds = min(MOST_PRICED[effort], PRICED[effort] // arcs)
        self.reseatings = min(MOST_RESEATED, RESEATED[effort] // arcs)
        self.done = 0
        self.bound = self.most_served = 0
        self.best: Standing | None = None

    def first(self) -> Flow:
        """The flow at no prices: the first bound, how many can be served, and a first plan from it."""
        self.tell("bound", 0.0)
        flow = self.network.best(self.rewards)
        self.bound = flow.value
        self.most_served = flow.served
        if not self.rewards.first or flow.served < self.network.servable():
            self.most_served = self.network.most_served()
        start = flow
        if self.rewards.first and flow.served < self.most_served:
            start = self.network.best(self.rewards.times(1, first=CERTAINLY))
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
            flow, bound = pricing.solve(self.network, self.rewards)
            self.bound = min(self.bound, bound)
            self.keep_placed(flow.meetings)
            self.done += 1

    @property
    def is_proven(self) -> bool:
        return self.best is not None and self.best.value >= self.bound

    def keep_placed(self, meetings: Ints) -> None:
        self.tell("place", self.done / max(self.rounds, 1))
        standing = self.placing.standing(self.placing.place(meetings, most_served=self.most_served).meetings())
        self.keep(standing)
        if self.problem.objective is not Objective.STABLE:
            self.reseat(standing)

    def reseat(self, standing: Standing) -> None:
        """Rounds of reseating from here, until two in turn bring nothing."""
        self.reseating.load(standing.meetings)
        idle = 0
        for _ in range(self.reseatings):
            if self.is_proven or self.watch.is_over() or idle == 2:
                return
            self.reseating.round()
            following = self.placing.standing(self.reseating.meetings())
            idle = 0 if self.is_better(following, standing) else idle + 1
            standing = following
            self.keep(standing)

    def keep(self, standing: Standing) -> None:
        if self.best is None or self.is_better(standing, self.best):
            self.best = standing

    def is_better(self, one: Standing, other: Standing) -> bool:
        """More people served come first, where coverage does."""
        if self.rewards.first and one.served != other.served:
            return one.served > other.served
        return one.value > other.value

    def tell(self, stage: str, share: float) -> None:
        if self.progress is not None:
            meetings = len(self.best.meetings) if self.best else 0
            gap = (self.bound - self.best.value) / self.bound if self.best and self.bound else 1.0
            self.progress(Progress(stage, share, meetings, gap))

    def plan(self) -> Plan:
        assert self.best is not None
        self.tell("done", 1.0)
        least = least_of(self.problem)
        count = np.bincount(self.best.meetings[:, 0], minlength=self.problem.n_candidates)
        return Plan(
            meetings=self.best.meetings,
            score=self.best.score,
            served=self.best.served,
            value=self.best.value,
            bound=self.bound,
            most_served=self.most_served,
            missing=int(np.maximum(least - count, 0).sum()),
            least_missing=self.network.least_missing(least) if (least > 1).any() else len(count) - self.most_served,
            seconds=self.watch.gone,
            rounds=self.done,
            was_cut_short=self.watch.has_struck,
        )
