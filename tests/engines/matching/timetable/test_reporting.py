"""What a plan means for people, and that anybody can make it again."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench.fair_worlds import TINY, fair
from click.testing import CliRunner

from marketplace.cli import main
from marketplace.engines.matching.timetable import exchange
from marketplace.engines.matching.timetable.baselines import deferred_acceptance, first_come, greedy
from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.planner import solve
from marketplace.engines.matching.timetable.problem import Objective, Problem, ProblemError
from marketplace.engines.matching.timetable.reporting import GroupShare, Reason, report

ONE_TABLE = Problem(
    n_candidates=6,
    n_employers=2,
    n_slots=2,
    open=np.array([[1, 1], [1, 0]]),
    candidate=np.array([0, 1, 2, 4, 5]),
    employer=np.array([0, 0, 0, 1, 1]),
    weight=np.array([900, 800, 700, 600, 500]),
    available=np.array([[1, 1], [1, 1], [1, 1], [1, 1], [0, 1], [1, 1]], dtype=bool),
    most=np.array([2, 2, 2, 2, 2, 2]),
    woman=np.array([True] * 5 + [False]),
    women_only=np.array([[False, False], [True, False]]),
    candidate_rank=np.array([1, 2, 1, 1, 1]),
    group=np.array([0, 0, 1, 1, -1, -1]),
)
"""Three want the two slots of employer 0; 3 has no pair, 4 is never there in time, 5 is no woman."""


def test_each_person_left_out_is_told_why() -> None:
    found = report(ONE_TABLE, solve(ONE_TABLE), advise=2)
    reasons = {each.candidate: each.reason for each in found.unserved}
    assert reasons == {2: Reason.FULL, 3: Reason.NO_PAIR, 4: Reason.NEVER_THERE, 5: Reason.WOMEN_ONLY}
    assert (found.meetings, found.seats, found.least_unserved) == (2, 3, 4)
    assert (found.first_wishes, found.first_wishes_of) == (1, 4)
    assert found.groups == (GroupShare(0, 2, 1.0, 1.0), GroupShare(1, 2, 0.0, 0.0))
    assert [(each.employer, each.more) for each in found.advice] == [(0, 1)]


def test_without_hours_deferred_acceptance_leaves_no_blocking_pair() -> None:
    """One slot, three tables each. A plan with a meeting missing has some, so the counter counts."""
    problem = replace(
        fair(TINY, seed=1),
        n_slots=1,
        open=np.full((TINY.employers, 1), 3),
        available=np.ones((TINY.candidates, 1), dtype=np.bool_),
        most=np.ones(TINY.candidates, dtype=np.int64),
        women_only=None,
        breaks_after=(),
        objective=Objective.STABLE,
    )
    plan = solve(problem)
    assert report(problem, plan).blocking_pairs == 0
    assert report(problem, replace(plan, meetings=plan.meetings[1:])).blocking_pairs > 0


def test_a_report_sees_the_rules_of_every_baseline_kept() -> None:
    problem = fair(TINY, seed=2, hostile=True)
    best = solve(problem)
    for way in (greedy, first_come, deferred_acceptance):
        meetings = way(problem).meetings()
        assert check(problem, meetings) == []
        assert len(set(meetings[:, 0].tolist())) <= best.served


def test_json_keeps_every_field_and_the_plan() -> None:
    problem = fair(TINY, seed=2, with_reserve=True)
    content = exchange.problem_to_json(problem)
    again = exchange.problem_from_json(json.loads(exchange.written(content)))
    assert exchange.written(exchange.problem_to_json(again)) == exchange.written(content)
    plan = solve(again)
    assert plan.meetings.tolist() == solve(problem).meetings.tolist()
    assert exchange.plan_from_json(exchange.plan_to_json(plan)).meetings.tolist() == plan.meetings.tolist()
    with pytest.raises(ProblemError, match="seed is missing"):
        exchange.problem_from_json({name: value for name, value in content.items() if name != "seed"})
    with pytest.raises(ProblemError, match="format"):
        exchange.problem_from_json({})


def test_the_command_makes_the_published_plan_again_and_checks_it(tmp_path: Path) -> None:
    problem = fair(TINY, seed=2)
    published = solve(problem)
    asked, answered, wrong = tmp_path / "problem.json", tmp_path / "plan.json", tmp_path / "wrong.json"
    asked.write_text(exchange.written(exchange.problem_to_json(problem)))
    answered.write_text(exchange.written(exchange.plan_to_json(published)))
    wrong.write_text(exchange.written(exchange.plan_to_json(replace(published, meetings=published.meetings[[0, 0]]))))
    call = CliRunner().invoke
    assert call(main, ["fairs", "plan", str(asked), "--compare", str(answered)]).exit_code == 0
    assert call(main, ["fairs", "plan", str(asked), "--compare", str(wrong)]).exit_code == 1
    assert call(main, ["fairs", "check", str(asked), str(answered)]).exit_code == 0
    refused = call(main, ["fairs", "check", str(asked), str(wrong)])
    assert refused.exit_code == 1
    assert "met_twice" in refused.output


def test_who_checks_reports_and_re_plans_never_loads_ortools() -> None:
    code = (
        "import sys, marketplace.web, marketplace.cli.fairs;"
        "from marketplace.engines.matching.timetable import planner, replanning, reporting;"
        "print([name for name in ('ortools', 'pandas', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
