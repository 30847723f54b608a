"""Proves that a plan keeps the rules. Written apart from the planner, with plain loops and none of its code."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from marketplace.engines.matching.timetable.problem import Ints, Problem


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. `kind` is one of KINDS; numbers that do not apply are -1."""

    kind: str
    text: str
    candidate: int = -1
    employer: int = -1
    slot: int = -1


KINDS = (
    "unknown",  # a number that no candidate, employer or slot has
    "not_a_pair",  # they may not meet
    "met_twice",  # the same pair again
    "two_places",  # one candidate, two tables, one slot
    "full",  # more meetings than tables
    "reserve",  # a table that is kept free was given away
    "not_there",  # the candidate is not available
    "women_only",
    "too_many",  # more meetings than she may have
    "run",  # too long without a free slot
    "too_far",  # no time to walk
    "frozen",  # a new meeting in the past
    "lost_lock",  # a locked meeting is missing
)

Meeting = tuple[int, int, int]


def check(problem: Problem, meetings: Ints) -> list[Violation]:
    """All rules that `meetings` (M, 3) break; empty when the plan stands."""
    rows = [(int(c), int(e), int(s)) for c, e, s in meetings.tolist()]
    unknown = list(strangers(problem, rows))
    if unknown:
        return unknown
    locked = {(int(c), int(e), int(s)) for c, e, s in problem.locked.tolist()}
    return [
        *each_meeting(problem, rows, locked),
        *each_table(problem, rows, locked),
        *each_candidate(problem, rows),
        *(Violation("lost_lock", f"locked meeting {m} is missing", *m) for m in sorted(locked - set(rows))),
    ]


def strangers(problem: Problem, rows: list[Meeting]) -> Iterator[Violation]:
    for c, e, s in rows:
        if not (0 <= c < problem.n_candidates and 0 <= e < problem.n_employers and 0 <= s < problem.n_slots):
            yield Violation("unknown", f"({c}, {e}, {s}) names nobody or no slot", c, e, s)


def each_meeting(problem: Problem, rows: list[Meeting], locked: set[Meeting]) -> Iterator[Violation]:
    may_meet = set(zip(problem.candidate.tolist(), problem.employer.tolist(), strict=True))
    times = Counter((c, e) for c, e, _ in rows)
    for c, e, s in rows:
        if (c, e) not in may_meet:
            yield Violation("not_a_pair", f"candidate {c} and employer {e} may not meet", c, e, s)
        if times[c, e] > 1:
            yield Violation("met_twice", f"candidate {c} meets employer {e} {times[c, e]} times", c, e, s)
        if not problem.available[c, s]:
            yield Violation("not_there", f"candidate {c} is not there in slot {s}", c, e, s)
        is_woman = problem.woman is not None and problem.woman[c]
        if problem.women_only is not None and problem.women_only[e, s] and not is_woman:
            yield Violation("women_only", f"slot {s} of employer {e} is for women", c, e, s)
        if s < problem.frozen_until and (c, e, s) not in locked:
            yield Violation("frozen", f"slot {s} is past and ({c}, {e}) is not locked there", c, e, s)


def each_table(problem: Problem, rows: list[Meeting], locked: set[Meeting]) -> Iterator[Violation]:
    taken = Counter((e, s) for _, e, s in rows)
    standing = Counter((e, s) for _, e, s in locked)
    for (e, s), count in sorted(taken.items()):
        tables = int(problem.open[e, s])
        if count > tables:
            yield Violation("full", f"employer {e} has {count} meetings in slot {s}, {tables} tables", -1, e, s)
        kept = 0 if problem.reserve is None else int(problem.reserve[e, s])
        if tables >= count > max(tables - kept, standing[e, s]):
            yield Violation("reserve", f"employer {e} keeps {kept} tables free in slot {s}", -1, e, s)


def each_candidate(problem: Problem, rows: list[Meeting]) -> Iterator[Violation]:
    days: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for c, e, s in rows:
        days[c].append((s, e))
    for c, day in sorted(days.items()):
        day.sort()
        if len(day) > problem.most[c]:
            yield Violation("too_many", f"candidate {c} has {len(day)} meetings, {problem.most[c]} at most", c)
        run = 1
        for (slot, employer), (following, next_employer) in pairwise(day):
            if slot == following:
                yield Violation("two_places", f"candidate {c} is at two tables in slot {slot}", c, employer, slot)
                continue
            is_next = following == slot + 1 and slot not in problem.breaks_after
            run = run + 1 if is_next else 1
            if problem.longest_run and run > problem.longest_run:
                yield Violation("run", f"candidate {c} has {run} meetings in a row", c, next_employer, following)
            if is_next and problem.far is not None and problem.far[employer, next_employer]:
                text = f"candidate {c} can't walk from {employer} to {next_employer} after slot {slot}"
                yield Violation("too_far", text, c, next_employer, following)
