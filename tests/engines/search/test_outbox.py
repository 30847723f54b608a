"""Changes reach the index after COMMIT, once a transaction, and survive an index that fails."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text, update

from marketplace.engines.search import outbox
from marketplace.engines.search.drift import drift
from marketplace.engines.search.models import SearchChange, SearchWriter
from marketplace.engines.search.protocol import Query, SearchIndex
from marketplace.engines.search.sql import Listing
from marketplace.engines.search.writing import WriterBusy, is_writer, writing
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services, drain
from tests.engines.search.corpus import DOCUMENTS, with_other_settings

LISTING = Listing(
    select(SearchChange.document_id), {"posted_at": SearchChange.attempts}, SearchChange.error, "posted_at"
)
STORED = {document["id"]: document for document in DOCUMENTS}


@pytest.fixture
async def gigs(empty, monkeypatch):
    """An index whose documents are those of STORED that the test has not taken away."""
    stored = dict(STORED)

    async def load(db, ids):
        return [stored[id] for id in ids if id in stored]

    # The one table that is at hand with as many uuid rows as we like: none is needed before a rebuild.
    monkeypatch.setitem(outbox._sources, "gigs", outbox._Source(load, LISTING))
    empty.stored = stored
    return empty


@pytest.fixture
def services(database, gigs):
    made = Services()
    made.add(database, Database)
    made.add(gigs, SearchIndex)
    return made


async def waiting(database):
    async with database.read() as db:
        return await outbox.behind(db)


async def tasks_of(database):
    async with database.read() as db:
        return await db.scalar(text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'search.index'"))


async def change(database, *ids):
    async with database.write.begin() as db:
        for id in ids:
            await outbox.changed(db, "gigs", id)


async def found(search):
    return {hit.id for hit in (await search.search("gigs", Query(limit=100))).hits}


async def test_changes_reach_the_index_and_are_forgotten(database, gigs, services):
    ids = list(STORED)[:3]
    await change(database, *ids)
    assert (await waiting(database), await tasks_of(database)) == (3, 1)
    await drain(services)
    assert await found(gigs) == set(ids)
    assert await waiting(database) == 0


async def test_each_transaction_wakes_the_worker(database, services):
    await change(database, DOCUMENTS[0]["id"])
    await change(database, DOCUMENTS[0]["id"])
    assert await tasks_of(database) == 2


async def test_what_may_no_longer_be_found_is_taken_out(database, gigs, services):
    ids = list(STORED)[:2]
    await change(database, *ids)
    await drain(services)
    del gigs.stored[ids[0]]
    await change(database, *ids)
    await drain(services)
    assert await found(gigs) == {ids[1]}


async def test_a_change_that_is_rolled_back_never_happened(database, gigs, services):
    async def interrupted():
        async with database.write.begin() as db:
            await outbox.changed(db, "gigs", DOCUMENTS[0]["id"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await interrupted()
    assert (await waiting(database), await tasks_of(database)) == (0, 0)


async def test_a_failing_index_keeps_the_change_and_says_why(database, gigs, services, monkeypatch):
    async def full(*_args, **_options):
        raise OSError("no space left on device")

    await change(database, DOCUMENTS[0]["id"])
    with monkeypatch.context() as broken:
        broken.setattr(gigs, "write", full)
        await drain(services)
    async with database.read() as db:
        row = (await db.execute(select(SearchChange.attempts, SearchChange.error))).one()
    assert row.attempts == 1 and "no space left" in row.error
    await drain(services, later_too=True)
    assert await waiting(database) == 0
    assert await found(gigs) == {DOCUMENTS[0]["id"]}


async def test_more_than_one_batch_is_carried_over(database, gigs, services, monkeypatch):
    monkeypatch.setattr(outbox, "_BATCH", 3)
    await change(database, *STORED)
    await drain(services)
    assert await found(gigs) == set(STORED)


async def test_rebuild_takes_every_document_once(database, gigs, monkeypatch):
    monkeypatch.setattr(outbox, "_BATCH", 3)
    await change(database, *STORED)
    assert await outbox.rebuild(database, gigs, "gigs") == len(STORED)
    assert await found(gigs) == set(STORED)


async def test_an_index_with_other_settings_is_built_afresh_first(database, gigs, services):
    await change(database, *STORED)
    await drain(services)
    await with_other_settings(gigs)
    del gigs.stored[DOCUMENTS[0]["id"]]
    await change(database, DOCUMENTS[1]["id"])
    await drain(services)
    assert not await gigs.needs_rebuild("gigs")
    assert await found(gigs) == {DOCUMENTS[1]["id"]}


async def test_only_one_process_writes_and_a_killed_one_holds_nobody_up(database, gigs, services):
    await change(database, DOCUMENTS[0]["id"])
    async with writing(database) as other:
        with pytest.raises(WriterBusy, match="another process"):
            await outbox.rebuild(database, gigs, "gigs")
        await drain(services)
        assert await waiting(database) == 1, "it waits, and a task looks again"
        assert await tasks_of(database) == 1
        async with database.write.begin() as db:
            await db.execute(update(SearchWriter).values(until=func.now()))  # as after its end by kill -9
        await drain(services, later_too=True)
        assert (await waiting(database), await found(gigs)) == (0, {DOCUMENTS[0]["id"]})
        async with database.write.begin() as db:
            assert not await is_writer(db, other)


async def test_who_lost_its_turn_while_writing_has_its_changes_carried_over_again(database, gigs, monkeypatch):
    ids = list(STORED)[:2]
    await change(database, *ids)
    written = gigs.write

    async def slowly(*args, **options):
        await written(*args, **options)
        async with database.write.begin() as db:  # meanwhile another process took over, wrote and forgot
            await db.execute(update(SearchWriter).values(holder=UUID(int=1)))
            await db.execute(delete(SearchChange))

    with monkeypatch.context() as slow:
        slow.setattr(gigs, "write", slowly)
        with pytest.raises(WriterBusy):
            await outbox.carry_over(database, gigs)
    assert await waiting(database) == len(ids)


async def test_one_document_that_the_index_refuses_does_not_hold_up_the_others(database, gigs, services):
    ids = list(STORED)[:5]
    await gigs.write("gigs")  # an index that is there: nothing has to be built
    gigs.stored[ids[2]] = STORED[ids[2]] | {"colour": "blue"}  # a field that the settings do not name
    await change(database, *ids)
    await drain(services)
    assert await found(gigs) == {*ids} - {ids[2]}
    async with database.read() as db:
        lag, letters = await outbox.lag(db), await outbox.refused(db)
    assert (lag.waiting, lag.refused) == (0, 1)
    assert [letter.document_id for letter in letters] == [ids[2]] and "colour" in letters[0].error
    gigs.stored[ids[2]] = STORED[ids[2]]
    await change(database, ids[2])
    await drain(services)
    assert await found(gigs) == {*ids}
    async with database.read() as db:
        assert (await outbox.lag(db)).refused == 0


async def test_drift_is_what_the_index_lacks_and_has_too_much(database, gigs, services):
    ids = list(STORED)
    await change(database, *ids[:4])
    assert (await drift(database, gigs, "gigs")).missing == tuple(sorted(ids[:4]))
    await gigs.write("gigs", upsert=[STORED[id] for id in ids[1:6]])
    seen = await drift(database, gigs, "gigs")
    assert (seen.count, seen.missing, seen.extra) == (5, (ids[0],), tuple(sorted(ids[4:6])))


async def test_killed_between_commit_and_index_it_converges_without_drift(database, gigs, services, monkeypatch):
    """The process ends after the index was written and before the changes were forgotten: they are written again."""
    ids = list(STORED)[:4]
    await change(database, *ids)

    written = gigs.write

    async def killed(*args, **options):
        await written(*args, **options)
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(gigs, "write", killed)
        with pytest.raises(asyncio.CancelledError):
            await outbox.carry_over(database, gigs)
    assert await waiting(database) == len(ids)
    assert await outbox.carry_over(database, gigs) == len(ids)
    async with database.read() as db:
        assert await outbox.behind(db) == 0
    assert await found(gigs) == set(ids)
