"""A problem or a plan as JSON, so that anybody can make the plan again and check it."""

import hashlib
import json
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from marketplace.engines.matching.timetable.problem import Objective, Plan, Problem, ProblemError

FORMAT = "fair-timetable-1"

NUMBERS = ("n_candidates", "n_employers", "n_slots", "longest_run", "frozen_until", "seed")
TRUTHS = ("available", "woman", "women_only", "far")
"""Written as texts of 0 and 1, one for each row: an array of a thousand people stays readable."""


LATER = ("least",)
"""What the format did not know at first: not written where nobody says so, and not missed."""


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """All of the problem in numbers, lists and texts of 0 and 1; what is not said is null."""
    content: dict[str, Any] = {"format": FORMAT, "objective": str(problem.objective)}
    content |= {name: int(getattr(problem, name)) for name in NUMBERS}
    content["breaks_after"] = [int(slot) for slot in problem.breaks_after]
    for field in fields(problem):
        value = getattr(problem, field.name)
        if value is None and field.name in LATER:
            continue
        if field.name in TRUTHS:
            content[field.name] = None if value is None else bits(value)
        elif field.name not in content:
            content[field.name] = None if value is None else value.tolist()
    return content


def problem_from_json(content: dict[str, Any]) -> Problem:
    """Raises: ProblemError when something is missing or wrong."""
    if content.get("format") != FORMAT:
        raise ProblemError(f"format is {content.get('format')!r}, it must be {FORMAT!r}")
    try:
        values: dict[str, Any] = {name: int(content[name]) for name in NUMBERS}
        values["objective"] = Objective(content["objective"])
        values["breaks_after"] = tuple(int(slot) for slot in content["breaks_after"])
        for field in fields(Problem):
            if field.name not in values:
                value = content.get(field.name) if field.name in LATER else content[field.name]
                values[field.name] = array(field.name, value, values)
        return Problem(**values)
    except KeyError as missing:
        raise ProblemError(f"{missing.args[0]} is missing") from missing
    except (TypeError, ValueError, OverflowError) as error:
        raise ProblemError(str(error)) from error


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The plan and what is proven about it."""
    return {"format": FORMAT, **plan.as_numbers(), "meetings": plan.meetings.tolist()}


def plan_from_json(content: dict[str, Any]) -> Plan:
    """Raises: ProblemError when something is missing."""
    try:
        values: dict[str, Any] = {
            each.name: content[each.name] if each.default is MISSING else content.get(each.name, each.default)
            for each in fields(Plan)
        }
    except KeyError as missing:
        raise ProblemError(f"{missing.args[0]} is missing") from missing
    values["meetings"] = np.array(values["meetings"], dtype=np.int64).reshape(-1, 3)
    return Plan(**values)


def written(content: dict[str, Any]) -> str:
    """The one text of a problem or plan: sorted, without spaces, so that the same content has the same fingerprint."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n"


def fingerprint(content: dict[str, Any]) -> str:
    """SHA-256 of the text, to publish beside the seed before the plan is made."""
    return hashlib.sha256(written(content).encode()).hexdigest()


def bits(array: Any) -> Any:
    """Rows of truths as texts of 0 and 1."""
    if array.ndim == 1:
        return "".join("1" if truth else "0" for truth in array.tolist())
    return [bits(row) for row in array]


def array(name: str, value: Any, sizes: dict[str, Any]) -> Any:
    if value is None:
        return None
    if name in TRUTHS:
        rows = [value] if isinstance(value, str) else value
        found = np.array([[letter == "1" for letter in row] for row in rows], dtype=np.bool_)
        return found[0] if isinstance(value, str) else found.reshape(len(rows), -1)
    if name == "locked":
        return np.array(value, dtype=np.int64).reshape(-1, 3)
    if name in ("open", "reserve"):
        return np.array(value, dtype=np.int64).reshape(sizes["n_employers"], sizes["n_slots"])
    return np.array(value, dtype=np.int64)
