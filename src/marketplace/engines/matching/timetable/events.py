"""What happens on the day, as a change of the problem; slots before `now` never change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from marketplace.engines.matching.timetable.problem import Bools, Ints, Problem


@dataclass(frozen=True, slots=True)
class Left:
    """Candidates who did not come or went home: their meetings from `now` on are cancelled, seats are refilled."""

    candidates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TableClosed:
    """`tables` tables fewer at an employer, in slots `first` to `last` (both included)."""

    employer: int
    first: int
    last: int
    tables: int = 1


@dataclass(frozen=True, slots=True)
class EmployerLeft:
    """All tables of an employer are closed from `now` on."""

    employer: int


@dataclass(frozen=True, slots=True)
class Delayed:
    """Nothing happens for the next `slots` slots: at one employer, or in the whole hall (-1).

    A fair that merely starts and ends later needs no new plan: move the clock times of the slots.
    """

    slots: int
    employer: int = -1


Event = Left | TableClosed | EmployerLeft | Delayed
"""A walk-in is no event: put her, her pairs and her availability into the problem and call replan without one."""


def on_the_day(problem: Problem, past: Ints, events: Sequence[Event], *, now: int) -> Problem:
    """The problem after `events`, with the meetings before `now` locked: what happened, happened, so they stay
    possible whatever the problem says by now.
    """
    tables, there, most = problem.open.copy(), problem.available.copy(), problem.most.copy()
    for event in events:
        happen(event, tables, there, now=now)
    used = np.zeros_like(tables)
    np.add.at(used, (past[:, 1], past[:, 2]), 1)
    there[past[:, 0], past[:, 2]] = True
    known = problem.candidate * problem.n_employers + problem.employer
    lost = past[~np.isin(past[:, 0] * problem.n_employers + past[:, 1], known, kind="table")][:, :2]
    return replace(
        problem,
        open=np.maximum(tables, used),
        available=there,
        most=np.maximum(most, np.bincount(past[:, 0], minlength=problem.n_candidates)),
        candidate=np.concatenate([problem.candidate, lost[:, 0]]),
        employer=np.concatenate([problem.employer, lost[:, 1]]),
        weight=np.concatenate([problem.weight, np.ones(len(lost), dtype=np.int64)]),
        candidate_rank=longer(problem.candidate_rank, len(lost)),
        employer_rank=longer(problem.employer_rank, len(lost)),
        locked=past,
        frozen_until=now,
    )


def happen(event: Event, tables: Ints, there: Bools, *, now: int) -> None:
    match event:
        case Left(candidates):
            there[list(candidates), now:] = False
        case TableClosed(employer, first, last, count):
            cells = tables[employer, max(first, now) : last + 1]
            cells[:] = np.maximum(cells - count, 0)
        case EmployerLeft(employer):
            tables[employer, now:] = 0
        case Delayed(slots, employer):
            tables[slice(None) if employer < 0 else employer, now : now + slots] = 0


def longer(ranks: Ints | None, by: int) -> Ints | None:
    return None if ranks is None else np.concatenate([ranks, np.zeros(by, dtype=np.int64)])
