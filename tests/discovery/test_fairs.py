"""Fairs in search: found by title in either language, place, organiser and employers; never a draft."""

from datetime import timedelta

import pytest
from sqlalchemy import ARRAY

from marketplace.discovery.fairs import FairCriteria, search_fairs
from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import Query
from marketplace.engines.search.sql import listed
from marketplace.fairs import organising
from marketplace.kernel import clock
from tests.cast import make_cast
from tests.fairs.scenes import make_hall, opening


@pytest.fixture
async def park(db):
    return await make_cast(db)


async def _found(db, index, **asked) -> list[str]:
    found = await search_fairs(db, index, FairCriteria(**asked), at=clock.now())
    return [row.title_en for row in found.rows]


async def test_open_ones_are_found_and_drafts_never(db, park, index, catch_up) -> None:
    past = {"starts_at": opening() - timedelta(days=60), "ends_at": opening() - timedelta(days=59)}
    tales = {
        "Lodhran Hiring Day": {"title_ur": "لودھراں روزگار میلہ", "district": "lodhran", "place": "both"},
        "Secret Fair": {"state": "draft"},
        "Autumn Fair": {"state": "closed", "mode": "both", **past},
        "Called off Fair": {"state": "cancelled"},
    }
    fairs = {
        title: (await make_hall(db, park, candidates=0, title_en=title, slug=title.lower(), **told)).fair
        for title, told in tales.items()
    }
    for fair in fairs.values():
        await outbox.changed(db, "fairs", fair.id)
    await db.commit()
    await catch_up()
    assert await _found(db, index) == ["Lodhran Hiring Day"]
    assert await _found(db, index, is_past=True) == ["Autumn Fair"]
    for words in ("lodhran", "روزگار", "agritrack", "main hall", "dhanote"):
        assert "Lodhran Hiring Day" in await _found(db, index, words=words), words
    assert await _found(db, index, words="secret") == [] == await _found(db, index, districts=("multan",))
    assert await _found(db, index, places=("online",)) == ["Lodhran Hiring Day"]
    query = Query(facets=("district", "places", "modes", "state", "women_only"))
    ours, plain = await index.search("fairs", query), await listed(db, outbox.listing_of("fairs"), query)
    assert plain.facets == ours.facets and plain.total == ours.total == 2
    await _fields_agree(db)
    await organising.move(db, fairs["Secret Fair"], "open", by=None, at=clock.now())
    await organising.move(db, fairs["Lodhran Hiring Day"], "cancelled", by=None, at=clock.now())
    await db.commit()
    assert await _found(db, index, words="lodhran") == [], "what the index has not heard yet is decided by the rows"
    await catch_up()
    assert await _found(db, index) == ["Secret Fair"]


async def _fields_agree(db) -> None:
    """What filters has the same value in SQL and in the documents."""
    listing = outbox.listing_of("fairs")
    (own,) = listing.ids.selected_columns
    labelled = [expression.label(field) for field, expression in listing.fields.items()]
    rows = (await db.execute(listing.ids.with_only_columns(own.label("id"), *labelled))).all()
    documents = {each["id"]: each for each in await outbox.documents(db, "fairs", [row.id for row in rows])}
    for row in rows:
        for field, expression in listing.fields.items():
            in_sql, indexed = getattr(row, field), documents[str(row.id)][field]
            assert (sorted(in_sql), sorted(indexed)) if isinstance(expression.type, ARRAY) else in_sql == indexed, field
