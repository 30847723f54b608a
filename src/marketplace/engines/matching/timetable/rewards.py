"""What a meeting is worth besides its weight: somebody's first one, and those up to the fewest she is meant to have."""

from dataclasses import dataclass

import numpy as np

from marketplace.engines.matching.timetable.problem import (
    FIRST_MEETING,
    MEETING_TOWARDS_LEAST,
    Ints,
    Objective,
    Problem,
)


@dataclass(frozen=True, slots=True, eq=False)
class Rewards:
    """What each further meeting of a candidate adds. It never rises, so that the best flow takes them in order."""

    first: int
    towards: int
    """Of each meeting after the first, up to `least`."""
    least: Ints
    """(C,): fewest meetings to aim for; 1 where nobody said."""

    @classmethod
    def of(cls, problem: Problem) -> "Rewards":
        """Those of its objective; with the score first there are none."""
        pays = int(problem.objective is Objective.COVERAGE)
        return cls(pays * FIRST_MEETING, pays * MEETING_TOWARDS_LEAST, least_of(problem))

    def next(self, candidate: int, count: int) -> int:
        """What one more meeting adds for whoever has `count`."""
        if count == 0:
            return self.first
        return self.towards if count < self.least.item(candidate) else 0

    def of_next(self, count: Ints) -> Ints:
        """(C,): `next` for everybody."""
        return np.where(count == 0, self.first, np.where(count < self.least, self.towards, 0))

    def total(self, count: Ints) -> int:
        """Of all meetings, `count` (C,) for each candidate."""
        towards = np.maximum(np.minimum(count, self.least) - 1, 0)
        return self.first * int((count > 0).sum()) + self.towards * int(towards.sum())

    def times(self, parts: int, *, first: int = 1) -> "Rewards":
        """All of it in smaller parts; the first meeting `first` times as much besides."""
        return Rewards(self.first * parts * first, self.towards * parts, self.least)


def least_of(problem: Problem) -> Ints:
    """(C,): fewest meetings to aim for, at least 1."""
    return np.ones(problem.n_candidates, dtype=np.int64) if problem.least is None else np.maximum(problem.least, 1)
