"""What was written stays, through other processes, rebuilds and kill -9."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from marketplace.engines.search.protocol import Query
from tests.engines.search.corpus import DOCUMENTS, engine, with_other_settings

ROOT = Path(__file__).resolve().parents[3]

WRITER = """
import asyncio, sys
from pathlib import Path
from tests.engines.search.corpus import DOCUMENTS, engine, with_other_settings

async def main():
    search = engine(Path(sys.argv[1]))
    await search.write("gigs", upsert=DOCUMENTS[:4])
    print("four", flush=True)
    for number in range(10_000):
        await search.write("gigs", upsert=DOCUMENTS[4:])
        print(number, flush=True)

asyncio.run(main())
"""


def titles(*ids):
    return {document["title"] for document in DOCUMENTS if document["id"] in ids}


async def all_ids(search):
    return {hit.id for hit in (await search.search("gigs", Query(limit=100))).hits}


async def test_an_index_that_was_never_built_finds_nothing_and_wants_a_rebuild(empty):
    assert (await empty.search("gigs", Query("logo"))).total == 0
    assert await empty.needs_rebuild("gigs")
    with pytest.raises(KeyError):
        await empty.search("nothing", Query())


async def test_writing_again_replaces_and_deleting_forgets(empty):
    await empty.write("gigs", upsert=DOCUMENTS[:3])
    await empty.write("gigs", upsert=[DOCUMENTS[0] | {"title": "Something else"}], delete=[DOCUMENTS[1]["id"]])
    assert await all_ids(empty) == {DOCUMENTS[0]["id"], DOCUMENTS[2]["id"]}
    assert await empty.count("gigs") == 2
    hits = (await empty.search("gigs", Query("something else"))).hits
    assert [hit.id for hit in hits] == [DOCUMENTS[0]["id"]]


async def test_a_document_with_a_field_that_the_settings_do_not_name_is_a_bug(empty):
    with pytest.raises(AssertionError, match="colour"):
        await empty.write("gigs", upsert=[DOCUMENTS[0] | {"colour": "blue"}])


async def test_another_process_sees_commits_and_swaps(tmp_path):
    writer, reader = engine(tmp_path), engine(tmp_path)
    await writer.write("gigs", upsert=DOCUMENTS[:1])
    assert await all_ids(reader) == {DOCUMENTS[0]["id"]}
    await writer.write("gigs", upsert=DOCUMENTS[1:2])
    assert len(await all_ids(reader)) == 2

    async def batches():
        yield DOCUMENTS[5:7]
        yield DOCUMENTS[7:8]

    assert await writer.rebuild("gigs", batches()) == 3
    assert await all_ids(reader) == {document["id"] for document in DOCUMENTS[5:8]}
    assert not await reader.needs_rebuild("gigs")


async def test_a_rebuild_replaces_all_and_knows_its_settings(empty):
    await empty.write("gigs", upsert=DOCUMENTS[:3])

    async def batches():
        yield DOCUMENTS[5:7]
        yield DOCUMENTS[7:8]

    assert await empty.rebuild("gigs", batches()) == await empty.count("gigs") == 3
    assert await all_ids(empty) == await empty.ids("gigs") == {document["id"] for document in DOCUMENTS[5:8]}
    assert not await empty.needs_rebuild("gigs")


async def test_old_generations_and_half_built_ones_are_swept(tmp_path):
    search = engine(tmp_path)

    async def batches():
        yield DOCUMENTS[:1]

    (tmp_path / "gigs" / "7").mkdir(parents=True)
    for _ in range(3):
        await search.rebuild("gigs", batches())
    assert sorted(path.name for path in (tmp_path / "gigs").iterdir()) == ["10", "9", "current"]
    assert await all_ids(search) == {DOCUMENTS[0]["id"]}


async def test_the_same_question_is_answered_anew_after_each_commit(tmp_path):
    search = engine(tmp_path)
    question = Query("logo", facets=("skills",))
    assert (await search.search("gigs", question)).total == 0
    for count, document in enumerate(DOCUMENTS[:1] * 3, start=1):
        await search.write("gigs", upsert=[document | {"id": UUID(int=count), "title": "logo"}])
        assert (await search.search("gigs", question)).total == count
        assert await search.search("gigs", question) is await search.search("gigs", question)


async def test_a_rebuild_that_fails_leaves_the_present_index(empty):
    await empty.write("gigs", upsert=DOCUMENTS[:2])

    async def batches():
        yield DOCUMENTS[5:7]
        raise ConnectionError("PostgreSQL went away")

    with pytest.raises(ConnectionError):
        await empty.rebuild("gigs", batches())
    assert await all_ids(empty) == {document["id"] for document in DOCUMENTS[:2]}
    await empty.write("gigs", delete=[DOCUMENTS[0]["id"]])
    assert await all_ids(empty) == {DOCUMENTS[1]["id"]}


async def test_other_settings_want_a_rebuild(empty):
    await empty.write("gigs", upsert=DOCUMENTS[:1])
    assert not await empty.needs_rebuild("gigs")
    await with_other_settings(empty)
    assert await empty.needs_rebuild("gigs")


@pytest.mark.slow
@pytest.mark.parametrize("batches_before_the_end", [0, 1, 3])
async def test_kill_9_in_the_middle_of_writing_keeps_every_commit(tmp_path, batches_before_the_end):
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        text=True,
        cwd=ROOT,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "four\n"
        for _ in range(batches_before_the_end):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    search = engine(tmp_path)
    found = await all_ids(search)
    four, everything = {each["id"] for each in DOCUMENTS[:4]}, {each["id"] for each in DOCUMENTS}
    assert found == everything or (found == four and batches_before_the_end == 0)
    extra = DOCUMENTS[0] | {"id": UUID(int=999)}
    await search.write("gigs", upsert=[extra])
    assert await all_ids(search) == found | {extra["id"]}
