"""The day itself: what changed is mended, the rest stays, the past always."""

from dataclasses import replace

import numpy as np
from bench.fair_worlds import TINY, fair
from numpy.random import Generator

from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.events import Delayed, EmployerLeft, Event, Left, TableClosed
from marketplace.engines.matching.timetable.planner import solve
from marketplace.engines.matching.timetable.problem import Problem
from marketplace.engines.matching.timetable.replanning import Diff, replan

Rows = set[tuple[int, ...]]


def rows(array: object) -> Rows:
    return {tuple(row) for row in np.asarray(array).tolist()}


def adds_up(before: np.ndarray, diff: Diff, now: int) -> None:
    """A diff tells all of the change, breaks no rule and leaves the past alone."""
    moved_from = {(c, e, old) for c, e, old, _ in diff.moved}
    moved_to = {(c, e, new) for c, e, _, new in diff.moved}
    assert check(diff.problem, diff.meetings) == []
    assert rows(before) == rows(diff.kept) | moved_from | rows(diff.cancelled)
    assert rows(diff.meetings) == rows(diff.kept) | moved_to | rows(diff.new)
    assert {row for row in rows(before) if row[2] < now} == {row for row in rows(diff.meetings) if row[2] < now}


def any_event(rng: Generator, problem: Problem, now: int) -> Event:
    employer, slots = int(rng.integers(problem.n_employers)), problem.n_slots
    match int(rng.integers(10)):
        case 0:
            return TableClosed(employer, int(rng.integers(now, slots)), slots - 1)
        case 1:
            return Delayed(1, employer)
        case 2 if rng.random() < 0.2:
            return EmployerLeft(employer)
        case _:
            return Left(tuple(rng.choice(problem.n_candidates, size=int(rng.integers(1, 4)), replace=False).tolist()))


def test_fifty_events_in_a_row() -> None:
    rng = np.random.default_rng(6)
    problem = fair(TINY, seed=6, with_reserve=True)
    meetings = solve(problem).meetings
    locked = rows(meetings[meetings[:, 2] == TINY.slots - 1][:2])
    problem = replace(problem, locked=np.array(sorted(locked)))
    for step in range(50):
        now = step * TINY.slots // 50
        diff = replan(problem, meetings, now=now, events=[any_event(rng, problem, now)])
        adds_up(meetings, diff, now)
        problem, meetings = diff.problem, diff.meetings
    assert check(problem, meetings) == []


def test_without_an_event_nothing_changes() -> None:
    problem = fair(TINY, seed=3)
    meetings = solve(problem).meetings
    diff = replan(problem, meetings, now=3)
    assert rows(diff.kept) == rows(meetings) == rows(diff.meetings)


def test_a_no_show_frees_seats_for_others_and_moves_nobody() -> None:
    problem = fair(TINY, seed=3)
    meetings = solve(problem).meetings
    candidate = int(meetings[meetings[:, 2] > 4][0][0])
    diff = replan(problem, meetings, now=3, events=[Left((candidate,))])
    adds_up(meetings, diff, 3)
    assert set(diff.cancelled[:, 0].tolist()) == {candidate}
    assert len(diff.new) == len(diff.cancelled)
    assert diff.moved == ()


def test_what_a_closed_table_loses_goes_into_the_reserve() -> None:
    """Of this fair all of it: nobody who loses a meeting could come in the table's last slots only."""
    problem = fair(TINY, seed=1, with_reserve=True)
    meetings = solve(problem).meetings
    busiest = int(np.bincount(meetings[meetings[:, 2] >= 3, 1]).argmax())
    closed = TableClosed(busiest, 3, TINY.slots - 1)
    helped = replan(problem, meetings, now=3, events=[closed])
    alone = replan(problem, meetings, now=3, events=[closed], with_reserve=False)
    adds_up(meetings, helped, 3)
    adds_up(meetings, alone, 3)
    assert len(alone.cancelled) - len(alone.new) > len(helped.cancelled) - len(helped.new)
    assert len(helped.cancelled) == len(helped.new)
    assert set(meetings[:, 0].tolist()) == set(helped.meetings[:, 0].tolist())


def test_a_walk_in_gets_a_first_meeting_from_the_reserve() -> None:
    problem = fair(TINY, seed=3, with_reserve=True)
    meetings = solve(problem).meetings
    newcomer, employers = problem.n_candidates, np.arange(problem.n_employers)
    assert problem.woman is not None
    with_her = replace(
        problem,
        n_candidates=newcomer + 1,
        candidate=np.concatenate([problem.candidate, np.full(len(employers), newcomer)]),
        employer=np.concatenate([problem.employer, employers]),
        weight=np.concatenate([problem.weight, np.full(len(employers), 500)]),
        available=np.vstack([problem.available, np.arange(TINY.slots) >= 3]),
        most=np.append(problem.most, 6),
        woman=np.append(problem.woman, True),
        candidate_rank=None,
        group=None,
    )
    diff = replan(with_her, meetings, now=3)
    assert [int(row[0]) for row in diff.new] == [newcomer]
    assert rows(diff.kept) | {(c, e, old) for c, e, old, _ in diff.moved} == rows(meetings)


def test_a_locked_meeting_outlives_what_it_can() -> None:
    problem = fair(TINY, seed=3)
    meetings = solve(problem).meetings
    c, e, s = (int(n) for n in meetings[-1])
    problem = replace(problem, locked=meetings[-1:])
    others = tuple(int(other) for other in np.unique(meetings[:, 0]) if other != c)[:20]
    assert (c, e, s) in rows(replan(problem, meetings, now=3, events=[Left(others)]).meetings)
    gone = replan(problem, meetings, now=3, events=[EmployerLeft(e)])
    assert (c, e, s) in rows(gone.cancelled)
    assert gone.problem.locked.tolist() == [row for row in meetings.tolist() if row[2] < 3]
