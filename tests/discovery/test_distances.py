"""How far districts are from each other."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.discovery.criteria import GigCriteria
from marketplace.discovery.queries import gig_query
from marketplace.engines.search.sql import listed
from marketplace.kernel import clock
from marketplace.places.gazetteer import distance, districts_within, read_places
from tests.engines.search.corpus import DOCUMENTS, ENGINES, opened, stored_in_sql

AT = {each.slug: each.at for each in read_places()[0]}
PLACES = [*sorted(AT), None]
GIGS = [
    {**DOCUMENTS[1], "id": UUID(int=number + 1), "title": f"Gig {number}", "district": place, "deadline_at": 2**40}
    for number, place in enumerate(PLACES)
]
"""One in each district, one that is nowhere."""


@pytest.mark.parametrize(("one", "other", "km"), [("multan", "lahore", 312), ("karachi", "islamabad", 1_140)])
def test_distances_are_those_of_the_globe(one, other, km):
    assert distance(AT[one], AT[other]) == distance(AT[other], AT[one]) == pytest.approx(km, rel=0.03)


def test_what_is_near_is_itself_and_its_neighbours():
    assert districts_within(("lodhran",), 0) == ("lodhran",)
    assert set(districts_within(("lodhran",), 30)) == {"lodhran", "bahawalpur"}
    assert districts_within(("atlantis",), 10_000) == ()
    assert set(districts_within(("multan",), 10_000)) == set(AT)
    assert all(23 < lat < 37 and 61 < lon < 77 for lat, lon in AT.values()), "all in Pakistan"


@pytest.fixture(scope="module", params=ENGINES)
async def spread(request, tmp_path_factory):
    async with opened(request.param, tmp_path_factory.mktemp("search")) as search:
        await search.write("gigs", upsert=GIGS)
        yield search


@given(near=st.lists(st.sampled_from(sorted(AT)), min_size=1, max_size=2), km=st.integers(1, 400))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_engine_and_sql_draw_the_same_circles(spread, db, sql, near, km):
    query = gig_query(GigCriteria(near=tuple(near), km=km), at=clock.now())
    found, plain = await spread.search("gigs", query), await listed(db, sql, query)
    inside = [
        gig["id"]
        for gig in GIGS
        if gig["district"] and any(distance(AT[gig["district"]], AT[each]) <= km for each in near)
    ]
    assert found.total == plain.total == len(inside) >= 1
    assert {hit.id for hit in found.hits} <= set(inside) >= {hit.id for hit in plain.hits}
    assert dict(found.facets["district"]) == dict(plain.facets["district"])


@pytest.fixture
async def sql(db):
    """The same gigs as rows."""
    return await stored_in_sql(db, GIGS)
