"""Meilisearch behind the port: what it is asked, what happens when it fails, and that nothing is lost meanwhile."""

import os
from uuid import UUID

import pytest

from marketplace.engines.search.filters import Eq, In
from marketplace.engines.search.meili_client import Meili, SearchUnavailable, TaskFailed
from marketplace.engines.search.meilisearch import MeiliSearch, settings_body
from marketplace.engines.search.protocol import Query
from marketplace.engines.search.settings import load_settings
from tests.engines.search.corpus import DOCUMENTS, SEARCH, stored_in_sql
from tests.engines.search.meili_stub import REASON, MeiliContract, MeiliStub

SETTINGS = load_settings(SEARCH)


@pytest.fixture
async def stub():
    async with MeiliStub().running() as running:
        yield running


@pytest.fixture
async def gigs(stub, database, db):
    listing = await stored_in_sql(db, DOCUMENTS)
    await db.commit()
    meili = Meili(stub.url, stub.key, wait_seconds=0.2, search_seconds=0.3)
    yield MeiliSearch(meili, SETTINGS, database, lambda _: listing)
    await meili.close()


async def batches(*parts):
    for part in parts:
        yield part


async def titles(search, words="", **options):
    by_id = {each["id"]: each["title"] for each in DOCUMENTS}
    return [by_id[hit.id] for hit in (await search.search("gigs", Query(words, **options))).hits]


async def test_what_was_written_is_found_and_what_was_deleted_is_not(gigs, stub):
    await gigs.write("gigs", upsert=DOCUMENTS[:4])
    assert await titles(gigs, "LOGO design") == ["Logo design for a bakery"]
    await gigs.write("gigs", delete=[DOCUMENTS[3]["id"]])
    assert await titles(gigs, "logo") == []
    assert (await gigs.count("gigs"), len(await gigs.ids("gigs"))) == (3, 3)
    assert stub.indexes["gigs"]["settings"] == settings_body(SETTINGS["gigs"])


async def test_a_rebuild_swaps_and_leaves_one_index(gigs, stub):
    await gigs.write("gigs", upsert=DOCUMENTS[:2])
    assert await gigs.rebuild("gigs", batches(DOCUMENTS[5:7], DOCUMENTS[7:8])) == 3
    assert stub.ids("gigs") == {str(each["id"]) for each in DOCUMENTS[5:8]}
    assert set(stub.indexes) == {"gigs"}
    swap = next(at for at, (_, path, _) in enumerate(stub.requests) if path == "/swap-indexes")
    assert all(path != "/indexes/gigs" or method != "DELETE" for method, path, _ in stub.requests[:swap])


async def test_an_index_that_was_never_made_finds_nothing_and_wants_a_rebuild(gigs):
    assert (await gigs.search("gigs", Query("logo"))).total == 0
    assert await gigs.needs_rebuild("gigs")


async def test_other_settings_want_a_rebuild(gigs, stub):
    await gigs.write("gigs", upsert=DOCUMENTS[:1])
    assert not await gigs.needs_rebuild("gigs")
    stub.indexes["gigs"]["settings"]["searchableAttributes"] = ["title_s"]
    assert await gigs.needs_rebuild("gigs")


@pytest.mark.parametrize("fault", ["down", "slow", "half", "empty", "busy"])
async def test_while_it_does_not_answer_postgresql_lists_and_then_it_answers_again(gigs, stub, fault):
    await gigs.write("gigs", upsert=DOCUMENTS)
    stub.fault = fault
    listed = await gigs.search("gigs", Query("logo", facets=("pay",)))
    assert listed.is_listing and [hit.id for hit in listed.hits] == [DOCUMENTS[3]["id"]]
    assert dict(listed.facets["pay"]) == {"hourly": 1}
    asked = len(stub.requests)
    assert (await gigs.search("gigs", Query(filter=Eq("pay", "hourly")))).is_listing
    assert len(stub.requests) == asked, "it is left alone for some seconds"
    stub.fault, gigs._down_until = "", 0
    assert not (await gigs.search("gigs", Query("logo"))).is_listing


@pytest.mark.parametrize("fault", ["down", "half", "empty", "busy"])
async def test_what_can_not_be_written_is_said_so_that_it_is_tried_again(gigs, stub, fault):
    await gigs.write("gigs", upsert=DOCUMENTS[:1])
    stub.fault = fault
    with pytest.raises(SearchUnavailable):
        await gigs.write("gigs", upsert=DOCUMENTS[1:2])


@pytest.mark.parametrize(
    ("ends", "said"), [("failed", "no space left"), ("canceled", "canceled"), ("processing", "not done after")]
)
async def test_a_task_that_does_not_end_well_is_a_failure_with_its_reason(gigs, stub, ends, said):
    await gigs.write("gigs", upsert=DOCUMENTS[:1])
    stub.ends = ends
    with pytest.raises(TaskFailed, match=said):
        await gigs.write("gigs", upsert=DOCUMENTS[1:2])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "1.49.2"}, "1.49.2 is too old, 1.50 or newer"),
        ({"key": "other"}, "MEILI_KEY"),
        ({"fault": "empty"}, "is not Meilisearch"),
        ({"fault": "down"}, "Meilisearch at http"),
    ],
)
async def test_at_the_start_it_is_said_what_is_wrong(stub, change, said):
    vars(stub).update(change)
    meili = Meili(stub.url, "mine")
    with pytest.raises(SearchUnavailable, match=said):
        await meili.greet()
    await meili.close()


async def test_newer_ones_and_the_right_key_are_welcome(stub):
    stub.version, stub.key = "2.0.1", "mine"
    meili = Meili(stub.url, "mine")
    assert await meili.greet() == "2.0.1"
    await meili.close()


@pytest.mark.skipif(not MeiliContract.file().exists() and not os.environ.get("CI"), reason=REASON)
async def test_every_request_is_one_of_meilisearchs_own(gigs, stub):
    contract = MeiliContract()
    await gigs.rebuild("gigs", batches(DOCUMENTS))
    await gigs.write("gigs", upsert=DOCUMENTS[:2], delete=[UUID(int=77)])
    groups = {"pay": In("pay", ("fixed", "hourly")), "skills": Eq("skills", 'a"b')}
    facets = ("skills", "pay", "district")
    await gigs.search("gigs", Query("silayi logo drzi", groups=groups, facets=facets, sort="pay_max:desc"))
    await gigs.search("gigs", Query("logo zzz", facets=facets, offset=20))
    await gigs.needs_rebuild("gigs")
    await gigs.ids("gigs")
    await gigs.count("gigs")
    await gigs.meili.greet()
    covered = {contract.check(*request) for request in stub.requests}
    assert {"POST /multi-search", "PATCH /indexes/{index_uid}/settings", "POST /swap-indexes"} <= covered
