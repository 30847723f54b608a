"""A problem or a plan as JSON, so that anybody can make the plan again and check it."""

from typing import Any

from marketplace.engines.matching.timetable.problem import Plan, Problem


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """All of the problem in lists and numbers; the same problem always gives the same text."""
    raise NotImplementedError


def problem_from_json(content: dict[str, Any]) -> Problem:
    """Raises: ProblemError when something is missing or wrong."""
    raise NotImplementedError


def plan_to_json(plan: Plan) -> dict[str, Any]:
    raise NotImplementedError


def plan_from_json(content: dict[str, Any]) -> Plan:
    raise NotImplementedError
