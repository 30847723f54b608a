"""Refuses a problem that contradicts itself, and says where."""

from typing import Any

import numpy as np

from marketplace.engines.matching.timetable.problem import LIMITS, Objective, Problem, ProblemError


def validate(problem: Problem) -> None:
    """Raises: ProblemError with the first thing that is wrong."""
    sizes(problem)
    shapes(problem)
    ranges(problem)
    pairs(problem)


def sizes(problem: Problem) -> None:
    asked = {name: getattr(problem, name) for name in ("n_candidates", "n_employers", "n_slots")}
    asked["pairs"] = len(problem.candidate)
    for name, value in asked.items():
        demand(0 <= value <= LIMITS[name], f"{name} is {value}, it must be 0 to {LIMITS[name]:,}")
    demand(problem.objective in list(Objective), f"objective {problem.objective!r} is unknown")
    demand(0 <= problem.seed < 2**63, "seed must be 0 to 2^63 - 1")
    demand(0 <= problem.frozen_until <= problem.n_slots, "frozen_until is not a slot")
    demand(problem.longest_run >= 0, "longest_run is negative")
    demand(all(0 <= slot < problem.n_slots for slot in problem.breaks_after), "breaks_after names slots that are not")


def shapes(problem: Problem) -> None:
    c, e, s, p = problem.n_candidates, problem.n_employers, problem.n_slots, len(problem.candidate)
    wanted: dict[str, tuple[tuple[int, ...], Any]] = {
        "open": ((e, s), np.integer),
        "candidate": ((p,), np.integer),
        "employer": ((p,), np.integer),
        "weight": ((p,), np.integer),
        "available": ((c, s), np.bool_),
        "most": ((c,), np.integer),
        "least": ((c,), np.integer),
        "woman": ((c,), np.bool_),
        "women_only": ((e, s), np.bool_),
        "far": ((e, e), np.bool_),
        "reserve": ((e, s), np.integer),
        "locked": ((len(problem.locked), 3), np.integer),
        "candidate_rank": ((p,), np.integer),
        "employer_rank": ((p,), np.integer),
        "group": ((c,), np.integer),
    }
    for name, (shape, kind) in wanted.items():
        array = getattr(problem, name)
        if array is not None:
            demand(array.shape == shape, f"{name} has the shape {array.shape}, it must be {shape}")
            demand(np.issubdtype(array.dtype, kind), f"{name} holds {array.dtype}, it must be {kind.__name__}")


def ranges(problem: Problem) -> None:
    within("candidate", problem.candidate, 0, problem.n_candidates - 1)
    within("employer", problem.employer, 0, problem.n_employers - 1)
    within("weight", problem.weight, 1, 1_000)
    within("open", problem.open, 0, 1_000)
    within("most", problem.most, 0, 1_000)
    within("locked candidates", problem.locked[:, 0], 0, problem.n_candidates - 1)
    within("locked employers", problem.locked[:, 1], 0, problem.n_employers - 1)
    within("locked slots", problem.locked[:, 2], 0, problem.n_slots - 1)
    for name in ("least", "reserve"):
        if getattr(problem, name) is not None:
            within(name, getattr(problem, name), 0, 1_000)
    for name in ("candidate_rank", "employer_rank"):
        if getattr(problem, name) is not None:
            within(name, getattr(problem, name), 0, 1_000_000)
    if problem.group is not None:
        within("group", problem.group, -1, 1_000)
    if problem.far is not None:
        demand(bool((problem.far == problem.far.T).all()), "far must be symmetric")


def pairs(problem: Problem) -> None:
    keys = np.sort(problem.candidate * max(problem.n_employers, 1) + problem.employer)
    demand(not (keys[1:] == keys[:-1]).any(), "a pair is there twice")


def within(name: str, values: Any, least: int, most: int) -> None:
    outside = (values < least) | (values > most)
    if outside.any():
        where = int(np.argmax(outside))
        raise ProblemError(f"{name} must be {least} to {most:,}: number {where} is {values.flat[where]}")


def demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ProblemError(otherwise)
