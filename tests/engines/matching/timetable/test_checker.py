"""The checker finds each kind of broken rule, and nothing in a plan that keeps them."""

from dataclasses import replace

import numpy as np
import pytest

from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.planner import solve
from marketplace.engines.matching.timetable.problem import Problem, ProblemError

FAIR = Problem(
    n_candidates=3,
    n_employers=3,
    n_slots=6,
    open=np.array([[1, 1, 1, 1, 1, 1], [1, 2, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]]),
    candidate=np.array([0, 0, 0, 1, 1, 1, 2, 2]),
    employer=np.array([0, 1, 2, 0, 1, 2, 0, 1]),
    weight=np.array([9, 8, 7, 6, 5, 4, 3, 2]),
    available=np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]], dtype=bool),
    most=np.array([3, 2, 3]),
    woman=np.array([True, False, True]),
    women_only=np.array([[1, 0, 0, 0, 0, 0], [0] * 6, [0] * 6], dtype=bool),
    longest_run=2,
    far=np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]], dtype=bool),
    breaks_after=(2,),
    reserve=np.array([[0, 0, 0, 0, 1, 0], [0] * 6, [0] * 6]),
    locked=np.array([[0, 0, 1]]),
    frozen_until=2,
)
"""Candidate 0 was at table 0 in slot 1; now is slot 2. Breaks after slot 2, employers 0 and 2 are far apart."""

GOOD = [(0, 0, 1), (0, 1, 2), (0, 2, 3), (1, 1, 3), (2, 0, 3)]

BROKEN = {
    "unknown": [*GOOD, (7, 0, 2)],
    "not_a_pair": [*GOOD, (2, 2, 4)],
    "met_twice": [*GOOD, (2, 0, 5)],
    "two_places": [*GOOD, (2, 1, 3)],
    "full": [*GOOD, (2, 1, 5)],
    "reserve": [(0, 0, 1), (2, 0, 4)],
    "not_there": [*GOOD, (1, 2, 5)],
    "women_only": [*GOOD, (1, 0, 0)],
    "too_many": [*GOOD, (1, 0, 2), (1, 2, 5)],
    "run": [(0, 0, 1), (2, 0, 3), (2, 1, 4), (2, 2, 5)],
    "too_far": [(0, 0, 1), (1, 0, 3), (1, 2, 4)],
    "frozen": [*GOOD, (2, 1, 1)],
    "lost_lock": GOOD[1:],
}


def test_a_good_plan_has_no_violation() -> None:
    assert check(FAIR, np.array(GOOD)) == []
    assert check(FAIR, np.array([(0, 0, 1)])) == []


@pytest.mark.parametrize("kind", BROKEN)
def test_each_broken_rule_is_named(kind: str) -> None:
    assert kind in {violation.kind for violation in check(FAIR, np.array(BROKEN[kind]))}


def test_a_problem_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ProblemError, match="weight must be 1 to 1,000: number 1 is 0"):
        replace(FAIR, weight=np.array([9, 0, 7, 6, 5, 4, 3, 2]))
    with pytest.raises(ProblemError, match=r"available has the shape \(3, 5\)"):
        replace(FAIR, available=FAIR.available[:, :5])
    with pytest.raises(ProblemError, match="a pair is there twice"):
        replace(FAIR, employer=np.array([0, 0, 2, 0, 1, 2, 0, 1]))
    with pytest.raises(ProblemError, match="locked meetings break the rules: candidate 1 is not there in slot 5"):
        solve(replace(FAIR, locked=np.array([[1, 0, 5]])))
