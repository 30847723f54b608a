"""What stands in for an engine that is down: PostgreSQL knows the same fields with the same values as the documents."""

import pytest
from sqlalchemy import ARRAY

from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import Query
from marketplace.engines.search.settings import load_settings
from marketplace.engines.search.sql import listed
from marketplace.kernel.paths import resource
from marketplace.runtime import load_tasks
from tests.discovery.five_gigs import the_cast, the_database, the_index, the_stage, the_world  # noqa: F401 - fixtures

load_tasks()
INDEXES = load_settings(resource("search"))


@pytest.mark.parametrize("name", INDEXES)
def test_every_field_that_filters_is_known_to_sql(name):
    assert set(outbox.listing_of(name).fields) | {"id"} == INDEXES[name].keywords | INDEXES[name].numbers


@pytest.mark.parametrize("name", INDEXES)
async def test_fields_in_sql_are_those_of_the_documents(db, world, name):
    listing = outbox.listing_of(name)
    (own,) = listing.ids.selected_columns
    labelled = [expression.label(field) for field, expression in listing.fields.items()]
    rows = (await db.execute(listing.ids.with_only_columns(own.label("id"), *labelled))).all()
    documents = {each["id"]: each for each in await outbox.documents(db, name, [row.id for row in rows])}
    assert len(rows) == len(documents) and (rows or name in ("fairs", "jobs", "services", "training"))
    for row in rows:
        for field, expression in listing.fields.items():
            in_sql, indexed = getattr(row, field), documents[str(row.id)][field]
            if isinstance(expression.type, ARRAY):
                in_sql, indexed = sorted(in_sql), sorted(indexed)
            assert in_sql == indexed, (name, field)


@pytest.mark.parametrize("name", INDEXES)
async def test_the_listing_answers_like_the_engine(db, world, index, name):
    query = Query(facets=tuple(sorted(INDEXES[name].keywords - {"id"})))
    ours, plain = await index.search(name, query), await listed(db, outbox.listing_of(name), query)
    assert {hit.id for hit in plain.hits} == {hit.id for hit in ours.hits}
    assert plain.total == ours.total
    assert not ours.total or plain.facets == ours.facets
