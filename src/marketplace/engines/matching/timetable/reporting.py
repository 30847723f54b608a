"""What a plan means for people: who is left out and why, wishes met, blocking pairs, groups, advice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from marketplace.engines.matching.timetable.flow import Network, most_in_day
from marketplace.engines.matching.timetable.problem import Ints, Plan, Problem, triples
from marketplace.engines.matching.timetable.rewards import least_of


class Reason(StrEnum):
    """Why a candidate has no meeting."""

    NO_PAIR = "no_pair"
    """No employer that she may meet: wishes, skills, language or pay do not fit any."""
    NONE_ALLOWED = "none_allowed"
    """Her own most meetings is 0, or below her fewest."""
    NEVER_THERE = "never_there"
    """Whenever she is there, the tables of her employers are closed."""
    WOMEN_ONLY = "women_only"
    """The only slots that fit are for women."""
    FEW_PAIRS = "few_pairs"
    """She fits fewer employers than she is meant to meet."""
    SHORT_DAY = "short_day"
    """Her hours do not hold so many meetings."""
    FULL = "full"
    """She could come, but every table that she fits is given away."""


@dataclass(frozen=True, slots=True)
class Unserved:
    candidate: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Below:
    """A candidate with a meeting, but fewer than she is meant to have."""

    candidate: int
    meetings: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class GroupShare:
    """How one group of candidates fares. `share_served` and `mean_meetings` are of its `candidates`."""

    group: int
    candidates: int
    share_served: float
    mean_meetings: float


@dataclass(frozen=True, slots=True)
class Advice:
    """One more table at `employer`, in all slots in which it has one, would serve `more` candidates (at most)."""

    employer: int
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the result page shows, beside the plan's own figures."""

    meetings: int
    seats: int
    """Table-slots that could be given away, without the reserve."""
    reserved: int
    unserved: tuple[Unserved, ...]
    least_unserved: int
    """Proven: no plan leaves fewer people without a meeting."""
    below: tuple[Below, ...]
    first_wishes: int
    """Candidates whose first wish is met, of `first_wishes_of` who named one."""
    first_wishes_of: int
    blocking_pairs: int
    """Pairs who do not meet but would both rather, each for someone they do meet or a seat that is free."""
    groups: tuple[GroupShare, ...]
    advice: tuple[Advice, ...]


def report(problem: Problem, plan: Plan, *, advise: int = 0, progress: Callable[[str], None] | None = None) -> Report:
    """The report of `plan`; `advise` employers are tried for one more table, which takes a flow each."""
    meetings = {(c, e) for c, e, _ in triples(plan.meetings)}
    count = np.bincount(plan.meetings[:, 0], minlength=problem.n_candidates)
    met, of = first_wishes(problem, meetings)
    return Report(
        meetings=len(plan.meetings),
        seats=int(problem.tables.sum()),
        reserved=int((problem.open - problem.tables).sum()),
        unserved=unserved(problem, count),
        least_unserved=problem.n_candidates - plan.most_served,
        below=below(problem, count),
        first_wishes=met,
        first_wishes_of=of,
        blocking_pairs=blocking_pairs(problem, meetings),
        groups=groups(problem, count),
        advice=tuple(advice(problem, plan, count, advise, progress or (lambda text: None))) if advise else (),
    )


def unserved(problem: Problem, count: Ints) -> tuple[Unserved, ...]:
    """Everybody without a meeting, with the first reason that applies."""
    left_out = np.flatnonzero(count == 0)
    of_pairs = np.flatnonzero(np.isin(problem.candidate, left_out))
    candidate, employer = problem.candidate[of_pairs], problem.employer[of_pairs]
    hours = (problem.open[employer] > 0) & problem.available[candidate]
    hours[:, : problem.frozen_until] = False
    allowed = hours.copy()
    if problem.women_only is not None:
        woman = np.zeros(problem.n_candidates, dtype=np.bool_) if problem.woman is None else problem.woman
        allowed &= ~problem.women_only[employer] | woman[candidate][:, None]
    has_pair, has_hour = set(candidate.tolist()), set(candidate[hours.any(axis=1)].tolist())
    may_sit = set(candidate[allowed.any(axis=1)].tolist())

    def reason(person: int) -> Reason:
        if problem.most[person] == 0:
            return Reason.NONE_ALLOWED
        if person not in has_pair:
            return Reason.NO_PAIR
        if person not in has_hour:
            return Reason.NEVER_THERE
        return Reason.FULL if person in may_sit else Reason.WOMEN_ONLY

    return tuple(Unserved(person, reason(person)) for person in left_out.tolist())


def below(problem: Problem, count: Ints) -> tuple[Below, ...]:
    """Everybody with a meeting and fewer than her fewest, with the first reason that applies."""
    least = least_of(problem)
    fits = np.bincount(problem.candidate, minlength=problem.n_candidates)
    hours = most_in_day(problem) + np.bincount(problem.locked[:, 0], minlength=problem.n_candidates)

    def reason(person: int) -> Reason:
        for reason, most in ((Reason.NONE_ALLOWED, problem.most), (Reason.FEW_PAIRS, fits), (Reason.SHORT_DAY, hours)):
            if most[person] < least[person]:
                return reason
        return Reason.FULL

    return tuple(Below(c, int(count[c]), reason(c)) for c in np.flatnonzero((count > 0) & (count < least)).tolist())


def first_wishes(problem: Problem, meetings: set[tuple[int, int]]) -> tuple[int, int]:
    """How many got their first wish, of how many who named one and may meet it."""
    if problem.candidate_rank is None:
        return 0, 0
    first = np.flatnonzero(problem.candidate_rank == 1)
    wishes = list(zip(problem.candidate[first].tolist(), problem.employer[first].tolist(), strict=True))
    return sum(wish in meetings for wish in wishes), len(wishes)


def blocking_pairs(problem: Problem, meetings: set[tuple[int, int]]) -> int:
    """Pairs who do not meet but would both rather, whatever the hour: each has a free place, or likes somebody it
    meets less. By the ranks, else by weight (Roth, Sotomayor, Two-Sided Matching, 1990, section 5.1).
    """
    is_met = np.array([pair in meetings for pair in each_pair(problem)], dtype=np.bool_)
    hers, theirs = likes(problem, problem.candidate_rank), likes(problem, problem.employer_rank)
    wants = np.ones(len(is_met), dtype=np.bool_)
    for side, liking, room in (
        (problem.candidate, hers, problem.most),
        (problem.employer, theirs, problem.tables.sum(axis=1)),
    ):
        least = np.full(len(room), np.iinfo(np.int64).max)
        np.minimum.at(least, side[is_met], liking[is_met])
        has_room = np.bincount(side[is_met], minlength=len(room)) < room
        would = has_room[side] | ((liking > least[side]) & (room > 0)[side])
        wants &= would
    return int((wants & ~is_met).sum())


def each_pair(problem: Problem) -> Iterator[tuple[int, int]]:
    return zip(problem.candidate.tolist(), problem.employer.tolist(), strict=True)


def likes(problem: Problem, ranks: Ints | None) -> Ints:
    """(P,): how much a side wants the pair; more is more, unranked least."""
    return problem.weight if ranks is None else np.where(ranks > 0, -ranks, np.iinfo(np.int64).min + 1)


def groups(problem: Problem, count: Ints) -> tuple[GroupShare, ...]:
    if problem.group is None:
        return ()
    found = [(int(group), count[problem.group == group]) for group in np.unique(problem.group) if group >= 0]
    return tuple(
        GroupShare(group, len(members), float((members > 0).mean()), float(members.mean())) for group, members in found
    )


def advice(problem: Problem, plan: Plan, count: Ints, tries: int, progress: Callable[[str], None]) -> Iterator[Advice]:
    """The employers whom most of the left out could meet, each with one more table in all its hours.

    Exact but for what the bound leaves out: `more` is the rise of the proven most who can be served.
    """
    could_meet = np.bincount(
        problem.employer[np.isin(problem.candidate, np.flatnonzero(count == 0))], minlength=problem.n_employers
    )
    for employer in np.argsort(-could_meet, kind="stable")[:tries].tolist():
        if could_meet[employer] == 0:
            return
        progress(f"one more table at employer {employer}")
        tables = problem.open.copy()
        tables[employer] += tables[employer] > 0
        more = Network(replace(problem, open=tables)).most_served() - plan.most_served
        if more > 0:
            yield Advice(employer, more)
