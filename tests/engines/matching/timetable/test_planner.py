"""The planner against brute force, HiGHS and itself."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from bench.fair_worlds import TINY, Size, fair
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.flow import Network
from marketplace.engines.matching.timetable.planner import solve
from marketplace.engines.matching.timetable.pricing import Pricing
from marketplace.engines.matching.timetable.problem import (
    FIRST_MEETING,
    MEETING_TOWARDS_LEAST,
    Ints,
    Objective,
    Problem,
)
from marketplace.engines.matching.timetable.reporting import report
from marketplace.engines.matching.timetable.rewards import Rewards
from tests.engines.matching.timetable.fairs import tiny_fairs

FEW = Size(5, 20, 6)
QUICK = settings(max_examples=15, deadline=None)


def every_plan(problem: Problem) -> Iterator[Ints]:
    """All plans of a tiny fair that the checker accepts."""
    pairs = list(zip(problem.candidate.tolist(), problem.employer.tolist(), strict=True))[:5]
    for slots in product(range(-1, problem.n_slots), repeat=len(pairs)):
        rows = [(*pair, slot) for pair, slot in zip(pairs, slots, strict=True) if slot >= 0]
        meetings = np.array(rows, dtype=np.int64).reshape(-1, 3)
        if not check(problem, meetings):
            yield meetings


def worth(problem: Problem, meetings: Ints) -> tuple[int, int]:
    """People served and value of a plan, counted apart from the planner."""
    weights = {(c, e): w for c, e, w in zip(problem.candidate, problem.employer, problem.weight, strict=True)}
    served = len({int(c) for c, _, _ in meetings})
    towards = sum(max(min(count, least) - 1, 0) for count, least in zip(*counts(problem, meetings), strict=True))
    rewards = FIRST_MEETING * served + MEETING_TOWARDS_LEAST * towards
    return served, sum(int(weights[c, e]) for c, e, _ in meetings) + rewards


def counts(problem: Problem, meetings: Ints) -> tuple[list[int], list[int]]:
    """Meetings of each candidate, and the fewest she is meant to have."""
    least = [1] * problem.n_candidates if problem.least is None else problem.least.tolist()
    return np.bincount(meetings[:, 0], minlength=problem.n_candidates).tolist(), least


def of_five_pairs(problem: Problem) -> Problem:
    return replace(problem, candidate=problem.candidate[:5], employer=problem.employer[:5], weight=problem.weight[:5])


@QUICK
@given(tiny_fairs())
def test_no_plan_of_a_tiny_fair_is_better_than_the_plan_and_none_passes_the_bound(problem: Problem) -> None:
    problem = of_five_pairs(problem)
    plan = solve(problem)
    served, value = max((worth(problem, meetings) for meetings in every_plan(problem)), default=(0, 0))
    assert worth(problem, plan.meetings) == (plan.served, plan.value)
    assert plan.value <= value <= plan.bound
    assert served <= plan.most_served
    assert plan.served == served
    assert plan.value >= 0.85 * value


@QUICK
@given(tiny_fairs(), st.integers(2, 3))
def test_the_fewest_meetings_are_aimed_for_after_coverage(problem: Problem, least: int) -> None:
    """Brute force: as many as can be are served, and then no plan has fewer meetings missing to everybody's fewest."""
    problem = replace(of_five_pairs(problem), least=np.full(problem.n_candidates, least))
    plan = solve(problem)
    every = [counts(problem, meetings)[0] for meetings in every_plan(problem)]
    served, missing = min((-sum(map(bool, each)), sum(max(least - n, 0) for n in each)) for each in every)
    assert (plan.served, plan.missing) == (-served, missing)
    assert plan.least_missing <= missing
    assert worth(problem, plan.meetings) == (plan.served, plan.value) and plan.value <= plan.bound
    told = {each.candidate: each.meetings for each in report(problem, plan).below}
    assert told == {c: n for c, n in enumerate(counts(problem, plan.meetings)[0]) if 0 < n < least}


def test_who_is_wished_for_less_comes_to_two_meetings_where_two_are_aimed_for() -> None:
    problem = Problem(
        n_candidates=2,
        n_employers=4,
        n_slots=4,
        open=np.eye(4, dtype=np.int64),
        candidate=np.repeat([0, 1], 4),
        employer=np.tile(np.arange(4), 2),
        weight=np.repeat([900, 10], 4),
        available=np.ones((2, 4), dtype=np.bool_),
        most=np.full(2, 4),
    )
    by_score, by_aim = solve(problem), solve(replace(problem, least=np.full(2, 2)))
    assert np.bincount(by_score.meetings[:, 0]).tolist() == [3, 1]
    assert np.bincount(by_aim.meetings[:, 0]).tolist() == [2, 2]
    assert (by_aim.missing, by_aim.gap) == (0, 0.0)


def test_highs_and_the_planner_agree_on_a_small_fair() -> None:
    for seed in range(2):
        problem = fair(FEW, seed=seed, hostile=seed == 1)
        plan = solve(problem)
        best = exact(problem)
        assert plan.value <= round(best) <= plan.bound
        assert plan.value >= 0.97 * best


def test_the_flow_is_the_bound_of_highs_when_runs_and_ways_are_no_rule() -> None:
    problem = replace(fair(FEW, seed=3), longest_run=0, far=None)
    problem = replace(problem, most=np.minimum(problem.most, problem.available.sum(axis=1)))
    flow = Network(problem).best(Rewards.of(problem))
    assert flow.value == round(exact(problem, whole=False, only_flow=True))


def test_prices_lower_the_bound_but_never_below_the_best_plan() -> None:
    problem = fair(FEW, seed=1, hostile=True)
    network, pricing = Network(problem), Pricing(problem)
    best = round(exact(problem))
    first, bounds = network.best(Rewards.of(problem)), []
    flow, bound = first, first.value
    for _ in range(15):
        assert pricing.step(flow, bound=bound, value=best)
        flow, bound = pricing.solve(network, Rewards.of(problem))
        bounds.append(bound)
    assert best <= min(bounds) < first.value


def test_two_runs_and_any_order_of_pairs_give_the_same_plan() -> None:
    problem = fair(FEW, seed=7, hostile=True)
    order = np.random.default_rng(1).permutation(len(problem.candidate))
    mixed = replace(
        problem,
        **{name: getattr(problem, name)[order] for name in ("candidate", "employer", "weight", "candidate_rank")},
    )
    first, second, third = solve(problem), solve(problem), solve(mixed)
    assert first.meetings.tolist() == second.meetings.tolist() == third.meetings.tolist()
    assert not first.was_cut_short


@QUICK
@given(tiny_fairs())
def test_new_numbers_for_candidates_change_neither_the_bound_nor_how_many_are_served(problem: Problem) -> None:
    new = np.random.default_rng(problem.seed).permutation(problem.n_candidates)
    old = np.argsort(new)
    other = replace(
        problem,
        candidate=new[problem.candidate],
        available=problem.available[old],
        most=problem.most[old],
        woman=None if problem.woman is None else problem.woman[old],
    )
    one, two = solve(problem), solve(other)
    assert (one.served, one.most_served) == (two.served, two.most_served)
    assert Network(problem).best(Rewards.of(problem)).value == Network(other).best(Rewards.of(other)).value


def test_without_hours_every_pair_gets_a_slot() -> None:
    """König, Über Graphen und ihre Anwendung, 1916: as many slots as the busiest person has meetings are enough."""
    rng = np.random.default_rng(5)
    allowed = np.zeros((12, 8), dtype=np.bool_)
    for _ in range(5):  # five random matchings: nobody has more than five pairs
        allowed[rng.permutation(12)[:8], np.arange(8)] = True
    candidate, employer = np.nonzero(allowed)
    problem = Problem(
        n_candidates=12,
        n_employers=8,
        n_slots=5,
        open=np.ones((8, 5), dtype=np.int64),
        candidate=candidate,
        employer=employer,
        weight=rng.integers(1, 1001, size=len(candidate)),
        available=np.ones((12, 5), dtype=np.bool_),
        most=np.full(12, 5),
    )
    plan = solve(problem)
    assert len(plan.meetings) == len(candidate)
    assert plan.gap == 0


def test_locked_meetings_stay_the_past_is_empty_and_the_reserve_is_free() -> None:
    problem = fair(TINY, seed=2, with_reserve=True)
    first = solve(problem)
    locked = first.meetings[first.meetings[:, 2] < 4][::2]
    plan = solve(replace(problem, locked=locked, frozen_until=4))
    assert {tuple(row) for row in locked.tolist()} == {tuple(row) for row in plan.meetings.tolist() if row[2] < 4}
    assert plan.value <= plan.bound
    assert check(problem, first.meetings) == []


def test_out_of_time_there_is_a_plan_that_says_so() -> None:
    plan = solve(fair(TINY, seed=2, hostile=True), seconds=0)
    assert plan.was_cut_short
    assert len(plan.meetings) > 0
    assert 0 < plan.gap < 1


def test_score_first_and_stable_are_plans_too() -> None:
    problem = fair(FEW, seed=4, hostile=True)
    score, stable, coverage = (
        solve(replace(problem, objective=objective))
        for objective in (Objective.SCORE, Objective.STABLE, Objective.COVERAGE)
    )
    assert stable.score <= score.score <= score.bound == stable.bound
    assert coverage.served >= max(score.served, stable.served)
    assert coverage.served == coverage.most_served


def exact(problem: Problem, *, whole: bool = True, only_flow: bool = False) -> float:
    """HiGHS' optimum of the same problem written as rows: whole numbers, or the bound without the integrality.

    `only_flow` leaves out what ties one candidate's slots together.
    """
    columns = [
        (at, s)
        for at, (c, e) in enumerate(zip(problem.candidate, problem.employer, strict=True))
        for s in range(problem.n_slots)
        if problem.available[c, s]
        and problem.open[e, s]
        and (problem.women_only is None or problem.woman is None or not problem.women_only[e, s] or problem.woman[c])
    ]
    rows = Rows(len(columns) + problem.n_candidates)
    gain = [float(problem.weight[at]) for at, _ in columns] + [float(FIRST_MEETING)] * problem.n_candidates
    who = [(int(problem.candidate[at]), int(problem.employer[at]), s) for at, s in columns]
    for key in {(c, e) for c, e, _ in who}:
        rows.add([i for i, (c, e, _) in enumerate(who) if (c, e) == key], 1)
    for key in {(e, s) for _, e, s in who}:
        rows.add([i for i, (_, e, s) in enumerate(who) if (e, s) == key], int(problem.open[key]))
    for c in range(problem.n_candidates):
        hers = [i for i, row in enumerate(who) if row[0] == c]
        rows.add(hers, int(problem.most[c]))
        rows.add(hers, 0, served=len(columns) + c)
        for s in range(0 if only_flow else problem.n_slots):
            rows.add([i for i in hers if who[i][2] == s], 1)
            stretch = range(s, s + problem.longest_run + 1)
            if (
                problem.longest_run
                and stretch[-1] < problem.n_slots
                and not set(stretch[:-1]) & set(problem.breaks_after)
            ):
                rows.add([i for i in hers if who[i][2] in stretch], problem.longest_run)
            for i, j in product(hers, hers) if problem.far is not None and s not in problem.breaks_after else ():
                if (
                    who[i][2] == s
                    and who[j][2] == s + 1
                    and problem.far is not None
                    and problem.far[who[i][1], who[j][1]]
                ):
                    rows.add([i, j], 1)
    matrix, upper = rows.matrix()
    if not columns:
        return 0.0
    if whole:
        answer = milp(
            [-g for g in gain],
            constraints=LinearConstraint(matrix, ub=upper),
            bounds=Bounds(0, 1),
            integrality=[1] * len(gain),
        )
    else:
        answer = linprog([-g for g in gain], A_ub=matrix, b_ub=upper, bounds=(0, 1))
    assert answer.status == 0
    return -float(answer.fun)


class Rows:
    """Rows of a sparse matrix with their upper limits."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.entries: list[tuple[int, int, float]] = []
        self.limits: list[float] = []

    def add(self, columns: list[int], limit: float, *, served: int | None = None) -> None:
        """sum(columns) <= limit, or served <= sum(columns)."""
        sign = 1.0 if served is None else -1.0
        self.entries += [(len(self.limits), column, sign) for column in columns]
        if served is not None:
            self.entries.append((len(self.limits), served, 1.0))
        self.limits.append(limit)

    def matrix(self) -> tuple[csr_array, list[float]]:
        rows, columns, values = zip(*self.entries, strict=True) if self.entries else ((), (), ())
        return csr_array((values, (rows, columns)), shape=(len(self.limits), self.width)), self.limits
