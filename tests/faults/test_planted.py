"""Each planted fault turns the trial red: the harness sees what it says it sees."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from marketplace.engines.payments.models import WebhookEvent
from tests.faults.conftest import ALL_IS_WELL, Trial, Zygote
from tests.faults.plants import PLANTS

pytestmark = pytest.mark.slow


async def _unknown_events(trial: Trial) -> int:
    """Events in our inbox whose id Stripe never gave: its ids have one underscore."""
    async with trial.world.database.write.begin() as db:
        query = select(func.count()).where(WebhookEvent.id.like("evt\\_%\\_%"))
        return int((await db.execute(query)).scalar_one())


@pytest.mark.parametrize("name", PLANTS)
async def test_a_planted_fault_is_seen(trial: Trial, zygote: Zygote, name: str) -> None:
    planted = replace(trial.order, plant=name, kill=PLANTS[name].kill)
    zygote.run(planted)
    zygote.run(replace(planted, kill="", recoveries=2))
    outcome = await trial.outcome()
    assert outcome != ALL_IS_WELL or await _unknown_events(trial), f"{name} went unseen"


async def test_without_a_plant_nothing_is_seen(trial: Trial, zygote: Zygote) -> None:
    assert zygote.run(trial.order) == 0
    assert await trial.outcome() == ALL_IS_WELL
    assert await _unknown_events(trial) == 0
