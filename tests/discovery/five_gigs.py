"""Fixtures for modules that search: five open gigs and two listed freelancers, published once for all their tests."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.config import Settings
from marketplace.kernel.queue import drain
from marketplace.postings import actions as postings
from marketplace.postings.models import Posting
from marketplace.talent import actions as talent
from marketplace.talent.queries import freelancer_of
from tests.discovery.conftest import AYESHA, GIGS, HINA, NOW
from tests.engines.search.corpus import ENGINES, opened
from tests.staged import staged


@pytest.fixture(name="stage", scope="module")
async def the_stage(tasks, shared_engine, tmp_path_factory):
    """Five open gigs of AgriTrack, the last one newest, and two listed freelancers, in the index."""
    async with staged(shared_engine, tmp_path_factory.mktemp("discovery")) as stage:
        cast = stage.cast
        async with stage.database._writes() as db:
            for number, content in enumerate(GIGS):
                who = {"by": cast.bilal.id, "at": NOW - timedelta(hours=len(GIGS) - number)}
                draft = await postings.save_draft(db, content, organisation_id=cast.agritrack.id, **who)
                await postings.publish(db, draft, **who)
            for user, profile in ((cast.ayesha, AYESHA), (cast.hina, HINA)):
                await talent.save(db, await freelancer_of(db, user.id), profile, by=user.id, at=NOW)
            await db.commit()
        await drain(stage.services, later_too=False)
        yield stage


@pytest.fixture(name="database")
async def the_database(stage):
    async with stage.again() as database:
        yield database


@pytest.fixture(name="index", params=ENGINES)
async def the_index(request, stage, database, tmp_path) -> AsyncIterator[SearchIndex]:
    """Every engine that can be tried here, knowing them."""
    folder = tmp_path / "search"
    if request.param == "embedded":
        shutil.copytree(stage.services[Settings].data_dir / "search", folder)
    async with opened(request.param, folder) as search:
        if request.param != "embedded":
            for name in search.names:
                await outbox.rebuild(database, search, name)
        yield search


@pytest.fixture(name="cast")
async def the_cast(stage, db):
    return await stage.cast.within(db)


@pytest.fixture(name="world")
async def the_world(db, index):
    """The gigs, in the order in which they were published."""
    return list(await db.scalars(select(Posting).order_by(Posting.id)))
