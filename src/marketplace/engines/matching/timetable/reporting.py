"""What a plan means for people: who is left out and why, wishes met, blocking pairs, groups, advice."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from marketplace.engines.matching.timetable.problem import Plan, Problem


class Reason(StrEnum):
    """Why a candidate has no meeting."""

    NO_PAIR = "no_pair"
    """No employer that she may meet: wishes, skills, language or pay do not fit any."""
    NONE_ALLOWED = "none_allowed"
    """Her own most meetings is 0."""
    NEVER_THERE = "never_there"
    """Whenever she is there, the tables of her employers are closed."""
    WOMEN_ONLY = "women_only"
    """The only slots that fit are for women."""
    FULL = "full"
    """She could come, but every table that she fits is given away."""


@dataclass(frozen=True, slots=True)
class Unserved:
    candidate: int
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
    first_wishes: int
    """Candidates whose first wish is met, of `first_wishes_of` who named one."""
    first_wishes_of: int
    blocking_pairs: int
    """Pairs who do not meet but would both rather, each for someone they do meet or a seat that is free."""
    groups: tuple[GroupShare, ...]
    advice: tuple[Advice, ...]


def report(problem: Problem, plan: Plan, *, advise: int = 0, progress: Callable[[str], None] | None = None) -> Report:
    """The report of `plan`; `advise` employers are tried for one more table, which takes a flow each."""
    raise NotImplementedError
