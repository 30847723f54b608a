"""The small size of `make bench-fairs` with its goals. Rounds decide, not the clock: a busy machine passes too."""

import pytest
from bench.fair_worlds import SMALL, fair
from bench.fairs import HOSTILE_GAP

from marketplace.engines.matching.timetable.planner import solve


@pytest.mark.slow
def test_small_fairs_reach_their_goals() -> None:
    for seed in (1, 2, 3):
        normal = solve(fair(SMALL, seed=seed), seconds=600)
        assert normal.gap <= 0.001
        assert normal.served == normal.most_served == SMALL.candidates
        hostile = solve(fair(SMALL, seed=seed, hostile=True), seconds=600)
        assert 100 * hostile.gap <= HOSTILE_GAP[1][SMALL.name]
        assert hostile.served == hostile.most_served
