"""The fairs of the demo world, small and without the worker of a site: one in each state, and the day half over."""

import asyncio

import pytest
from sqlalchemy import func, select

from marketplace.demo import fairs, people, world
from marketplace.fairs.day_models import Checkin, FairOffer, FairScorecard
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting, Objection
from marketplace.identity.models import AuditLine
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain


def _quiet(_what: str, _done: int, _total: int) -> None:
    pass


async def _filled(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """With twelve employers and sixty candidates where the world has many more."""
    told = world.fairs()
    lines = [line | ({"employers": 6, "candidates": 40} if "employers" in line else {}) for line in told["fairs"]]
    monkeypatch.setattr(world, "fairs", lambda: told | {"fairs": lines})
    everybody = await people.fill(services, _quiet)
    for _ in range(2):
        made = asyncio.create_task(fairs.fill(services, everybody, _quiet))
        while not made.done():
            await drain(services)
            await asyncio.sleep(0.02)
        await made


@pytest.mark.slow
async def test_one_in_each_state_and_filling_again_changes_nothing(
    db: Session, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _filled(services, monkeypatch)
    states = (await db.scalars(select(Fair.state))).all()
    assert sorted(states) == ["cancelled", "closed", "draft", "live", "matching", "open", "published"]
    live = (await db.scalars(select(Fair).where(Fair.state == "live"))).one()

    async def count(table: type, *conditions: object) -> int:
        return (await db.scalars(select(func.count()).select_from(table).where(*conditions))).one()

    for state in ("done", "planned"):
        assert await count(Meeting, Meeting.fair_id == live.id, Meeting.state == state), f"half of the day: {state}"
    assert await count(Checkin, Checkin.fair_id == live.id) and await count(Objection) == 1
    assert await count(FairScorecard, FairScorecard.fair_id == live.id)
    assert sorted(await db.scalars(select(FairOffer.state))) == ["accepted", "sent"]
    assert await count(AuditLine, AuditLine.action == "fair.loaded") == 5
