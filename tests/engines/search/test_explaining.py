"""A score said again afterwards is the score that was served, and its grounds say what a reader would see."""

import pytest

from marketplace.engines.search.protocol import Query
from tests.engines.search.corpus import DOCUMENTS, engine

BY_ID = {each["id"]: each for each in DOCUMENTS}
TYPED = (
    *(
        "wordpress developer",
        "wordpr",
        "wrodpress",
        "shpoify store",
        "desgin logo",
        "node js",
        "frontend",
        "e commerce",
    ),
    *(
        "c++",
        "silai",
        "ڈيزائنر",
        "آنلائن ٹیچر",
        "search engine optimization",
        "invoices 2025",
        "logos",
        "silayi zzzqqq",
    ),
    *("experienced shopify expert", "online academi", "descriptoin product", "dat entry", "the video of youtub"),
    *('"logo design" bakery', '"school site" wordpress -theme', '"node.js"'),
)


@pytest.mark.parametrize("typed", TYPED)
async def test_the_score_said_again_is_what_was_served(whole, typed):
    if not await whole.count("gigs"):
        await whole.write("gigs", upsert=DOCUMENTS)
    result = await whole.search("gigs", Query(typed))
    assert result.hits and result.read
    for hit in result.hits:
        said = await whole.explain("gigs", result.read, BY_ID[hit.id])
        assert said is not None and said.score == pytest.approx(hit.score, abs=0.01)
        if said.is_summed:
            assert sum(ground.points for ground in said.grounds) == pytest.approx(said.score)


async def test_the_grounds_say_how_each_word_was_found_and_where(tmp_path):
    search = engine(tmp_path)
    await search.write("gigs", upsert=DOCUMENTS)
    result = await search.search("gigs", Query("wordpress develper zzzqqq"))
    said = await search.explain("gigs", result.read, BY_ID[result.hits[0].id])
    first = {ground.word: (ground.how, ground.found, ground.field) for ground in said.grounds if ground.how != "more"}
    assert first["wordpress"] == ("exact", "wordpress", "title")
    assert first["develper"] == ("typo", "developer", "title")
    assert first["zzzqqq"] == ("none", "", "")


async def test_without_words_or_in_another_order_there_is_nothing_to_say(whole):
    assert not (await whole.search("gigs", Query(""))).read
    assert not (await whole.search("gigs", Query("logo", sort="posted_at:desc"))).read
    assert await whole.explain("gigs", {"by": "an engine of before"}, DOCUMENTS[0]) is None
