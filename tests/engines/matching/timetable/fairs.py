"""Tiny fairs that hypothesis draws: small enough to try every plan."""

import numpy as np
from hypothesis import strategies as st

from marketplace.engines.matching.timetable.problem import Objective, Problem


@st.composite
def tiny_fairs(draw: st.DrawFn, *, with_days: bool = True, objective: Objective = Objective.COVERAGE) -> Problem:
    """2 to 4 candidates, 1 to 3 employers, 2 to 4 slots; `with_days`: runs, far rooms, breaks too."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    c, e, s = draw(st.integers(2, 4)), draw(st.integers(1, 3)), draw(st.integers(2, 4))
    candidate, employer = np.nonzero(rng.random((c, e)) < 0.7)
    hall = rng.integers(2, size=e)
    return Problem(
        n_candidates=c,
        n_employers=e,
        n_slots=s,
        open=rng.integers(0, 3, size=(e, s)),
        candidate=candidate,
        employer=employer,
        weight=rng.integers(1, 1001, size=len(candidate)),
        available=rng.random((c, s)) < 0.75,
        most=rng.integers(0, 4, size=c),
        woman=rng.random(c) < 0.5,
        women_only=rng.random((e, s)) < 0.2,
        longest_run=draw(st.integers(0, 2)) if with_days else 0,
        far=np.not_equal.outer(hall, hall) if with_days else None,
        breaks_after=(1,) if with_days and s > 2 else (),
        seed=draw(st.integers(0, 2**31)),
        objective=objective,
    )
