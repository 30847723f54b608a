"""Random histories of money (machine.py): a few in each run, many in CI, 100,000 steps with `make histories`."""

import pytest

from tests.escrow.machine import EFFECTIVE, FEW, histories
from tests.escrow.world import World

MANY_STEPS, BUDGET_SECONDS, MOST_SECONDS = 3_000, 180.0, 600.0


async def test_some_histories(real_world: World) -> None:
    came = await histories(real_world, steps=FEW)
    assert came.steps >= FEW and came.holds > 0 and came.lines > 0


@pytest.mark.slow
async def test_many_histories(real_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """As many steps as fit, and 3,000 at least; the figure is printed."""
    came = await histories(real_world, steps=MANY_STEPS, seconds=BUDGET_SECONDS, most=MOST_SECONDS)
    with capsys.disabled():
        print(f"\nhistories of money: {came}")
    assert came.steps >= MANY_STEPS
    assert came.effective >= EFFECTIVE * came.steps
