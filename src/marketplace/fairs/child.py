"""The planner in a process of its own: a problem comes in as JSON, lines of progress and then the plan go out.

It loads OR-tools and needs seconds; the worker's event loop has neither to spare.
"""

import json
import math
import sys
from dataclasses import asdict
from typing import Any

from marketplace.engines.matching.timetable.exchange import problem_from_json
from marketplace.engines.matching.timetable.planner import solve
from marketplace.engines.matching.timetable.problem import Progress
from marketplace.engines.matching.timetable.reporting import report

ADVISED = 5
"""Employers that are tried for one more table."""


def main() -> None:
    """Read one line, answer in lines."""
    asked: dict[str, Any] = json.loads(sys.stdin.readline())
    problem = problem_from_json(asked["problem"])
    plan = solve(problem, seconds=asked["seconds"], progress=_say)
    told = report(problem, plan, advise=ADVISED)
    figures = plan.as_numbers() | {
        name: value for name, value in asdict(told).items() if name not in ("unserved", "below", "groups", "advice")
    }
    figures |= {
        "unserved": [[each.candidate, str(each.reason)] for each in told.unserved],
        "below": [[each.candidate, each.meetings, str(each.reason)] for each in told.below],
        "advice": [[each.employer, each.more] for each in told.advice],
    }
    _write({"meetings": plan.meetings.tolist(), "figures": figures})


def _say(progress: Progress) -> None:
    told = asdict(progress)
    told["gap"] = float(progress.gap) if math.isfinite(progress.gap) else None
    _write({"progress": told})


def _write(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
