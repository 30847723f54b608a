"""Fixtures for modules that search: thirty open gigs and two listed freelancers, published once for all their tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marketplace.kernel.queue import drain
from marketplace.postings import actions as postings
from marketplace.talent import actions as talent
from marketplace.talent.queries import freelancer_of
from marketplace.web import search
from tests.discovery.conftest import AYESHA, GIGS, HINA
from tests.staged import staged

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(name="stage", scope="module")
async def the_stage(tasks, shared_engine, tmp_path_factory):
    """Thirty open gigs and two listed freelancers, in the index."""
    dates: dict[str, Any] = {"closes_at": NOW + timedelta(days=10), "answer_by": NOW + timedelta(days=14)}
    async with staged(shared_engine, tmp_path_factory.mktemp("search")) as stage:
        cast = stage.cast
        async with stage.database._writes() as db:
            for number in range(30):
                at = NOW - timedelta(hours=30 - number)
                content = replace(GIGS[number % len(GIGS)], **dates)
                content = replace(content, title=f"{content.title}, part {number}")
                draft = await postings.save_draft(
                    db, content, organisation_id=cast.agritrack.id, by=cast.bilal.id, at=at
                )
                await postings.publish(db, draft, by=cast.bilal.id, at=at)
            for user, profile in ((cast.ayesha, AYESHA), (cast.hina, HINA)):
                await talent.save(db, await freelancer_of(db, user.id), profile, by=user.id, at=NOW)
            await db.commit()
        await drain(stage.services)
        yield stage


@pytest.fixture(name="database")
async def the_database(stage):
    async with stage.again() as database:
        yield database


@pytest.fixture(name="settings")
def the_settings(stage, tmp_path):
    return stage.copied(tmp_path)


@pytest.fixture(name="cast")
def the_cast(stage):
    return stage.cast


@pytest.fixture(name="world")
def the_world(stage):
    """What other tests showed is forgotten."""
    search.impressions.take()
