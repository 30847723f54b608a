"""Filters, totals and facet counts are exactly those of plain Python over the same documents, by tantivy and by SQL."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.engines.search.filters import And, Eq, Exists, In, Not, Or, Range
from marketplace.engines.search.meili_filters import expression
from marketplace.engines.search.protocol import Query
from marketplace.engines.search.sql import listed
from tests.engines.search.corpus import DOCUMENTS, PROMISES, TITLES, stored_in_sql

FACETS = ("skills", "pay", "currency", "remote", "district", "languages", "level", "women_friendly")
SKILLS = sorted({skill for document in DOCUMENTS for skill in document["skills"]})


def holds(part, document):
    """What a filter means."""
    match part:
        case Eq(field, value):
            own = document[field]
            return value in own if isinstance(own, list) else own == value
        case In(field, values):
            return any(holds(Eq(field, value), document) for value in values)
        case Range(field, low, high):
            own = document[field]
            return own is not None and (low is None or own >= low) and (high is None or own <= high)
        case Exists(field):
            return document[field] not in (None, [])
        case And(parts):
            return all(holds(each, document) for each in parts)
        case Or(parts):
            return any(holds(each, document) for each in parts)
        case Not(inner):
            return not holds(inner, document)


NUMBERS = st.integers(-100, 5_000)
LEAVES = st.one_of(
    st.builds(Eq, st.just("skills"), st.sampled_from([*SKILLS, "nothing"])),
    st.builds(Eq, st.just("remote"), st.booleans()),
    st.builds(Eq, st.just("women_friendly"), st.sampled_from([*PROMISES, "nothing"])),
    st.builds(In, st.just("level"), st.lists(st.sampled_from(["entry", "mid", "senior"]), max_size=2).map(tuple)),
    st.builds(Eq, st.just("district"), st.sampled_from(["multan", "lodhran", "x"])),
    st.builds(Eq, st.just("pay_min"), st.integers(0, 16).map(lambda number: number * 100)),
    st.builds(In, st.just("pay"), st.lists(st.sampled_from(["fixed", "hourly"]), max_size=2).map(tuple)),
    st.builds(Range, st.sampled_from(["pay_min", "pay_max"]), st.none() | NUMBERS, st.none() | NUMBERS),
    st.builds(Range, st.just("deadline_at"), st.none(), st.just(1_770_000_000)),
    st.builds(Exists, st.sampled_from(["district", "deadline_at", "skills", "remote", "level", "women_friendly"])),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)
GROUPS = st.fixed_dictionaries(
    {},
    optional={
        "skills": st.builds(In, st.just("skills"), st.lists(st.sampled_from(SKILLS), min_size=1).map(tuple)),
        "pay": st.builds(Eq, st.just("pay"), st.sampled_from(["fixed", "hourly"])),
        "district": st.builds(Eq, st.just("district"), st.just("multan")),
        "level": st.builds(Eq, st.just("level"), st.sampled_from(["entry", "senior"])),
        "women_friendly": st.builds(
            In, st.just("women_friendly"), st.lists(st.sampled_from(PROMISES), min_size=1).map(tuple)
        ),
    },
)
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
async def gigs(whole):
    await whole.write("gigs", upsert=DOCUMENTS[:6])
    await whole.write("gigs", upsert=DOCUMENTS[6:])  # two segments
    return whole


@given(tree=TREES)
@QUIET
async def test_filters_mean_what_python_says(gigs, tree):
    result = await gigs.search("gigs", Query(filter=tree, limit=100))
    expected = {document["id"] for document in DOCUMENTS if holds(tree, document)}
    assert {hit.id for hit in result.hits} == expected
    assert result.total == len(expected)


@given(tree=LEAVES, groups=GROUPS)
@QUIET
async def test_facet_counts_are_those_without_their_own_group(gigs, tree, groups):
    result = await gigs.search("gigs", Query(filter=tree, groups=groups, facets=FACETS, limit=100))
    assert result.total == sum(holds(And((tree, *groups.values())), document) for document in DOCUMENTS)
    for facet in FACETS:
        others = And((tree, *(part for field, part in groups.items() if field != facet)))
        counts = Counter(
            value for document in DOCUMENTS if holds(others, document) for value in values(document, facet)
        )
        assert dict(result.facets[facet]) == dict(counts)


def values(document, facet):
    own = document[facet]
    if isinstance(own, list):
        return own
    return [] if own is None else [str(own).lower() if isinstance(own, bool) else own]


@given(tree=TREES, groups=GROUPS)
@QUIET
async def test_sql_finds_and_counts_the_same(gigs, db, listing, tree, groups):
    query = Query(filter=tree, groups=groups, facets=FACETS, limit=100)
    ours, plain = await gigs.search("gigs", query), await listed(db, listing, query)
    assert plain.is_listing and not ours.is_listing
    assert [hit.id for hit in plain.hits] == [hit.id for hit in ours.hits]
    assert plain.total == ours.total
    assert plain.facets == ours.facets


@pytest.fixture
async def listing(db):
    return await stored_in_sql(db, DOCUMENTS)


async def test_sql_lists_by_the_words_of_titles_and_by_a_number(db, listing):
    async def found(**asked):
        return [TITLES[hit.id] for hit in (await listed(db, listing, Query(**asked))).hits]

    assert await found(words="Logo BAKERY") == ["Logo design for a bakery"]
    assert await found(words="100%") == await found(words="_") == []
    assert await found(sort="pay_max:asc", limit=2) == [each["title"] for each in DOCUMENTS[:2]]
    assert await found(limit=5, offset=998) == [] and len(await found(limit=5, offset=2)) == 5


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (Eq("district", 'a "b" \\ c'), 'district = "a \\"b\\" \\\\ c"'),
        (Eq("remote", True), "remote = true"),
        (In("pay", ()), "pay IN []"),
        (Range("pay_min", 1, 2), "pay_min 1 TO 2"),
        (Range("pay_min", None, None), "pay_min EXISTS"),
        (And((Eq("pay", "x"), Not(Or()))), '(pay = "x") AND (NOT (pay IN []))'),
        (And(), "NOT pay IN []"),
    ],
)
def test_meilisearch_is_told_in_its_own_words(tree, said):
    assert expression(tree, any_field="pay") == said


async def test_facets_count_only_what_the_words_find(gigs):
    result = await gigs.search("gigs", Query("seo", facets=("skills",)))
    assert dict(result.facets["skills"]) == {"seo": 2}


@pytest.mark.parametrize(
    ("sort", "field", "descending"),
    [
        ("posted_at:asc", "posted_at", False),
        ("pay_max:desc", "pay_max", True),
        ("deadline_at:asc", "deadline_at", False),
    ],
)
async def test_sorting_is_by_the_number_alone_and_the_unknown_come_last(gigs, sort, field, descending):
    result = await gigs.search("gigs", Query(sort=sort, limit=100))
    by_id = {document["id"]: document[field] for document in DOCUMENTS}
    found = [by_id[hit.id] for hit in result.hits]
    known = [number for number in found if number is not None]
    assert known == sorted(known, reverse=descending)
    assert found == known + [None] * (len(found) - len(known))


@pytest.mark.parametrize(
    "query",
    [
        Query(filter=Eq("title_s", "x")),
        Query(filter=Not(Eq("nothing", "x"))),
        Query(filter=Exists("title_s")),
        Query(groups={"x": Range("pay", 1, 2)}),
        Query(facets=("pay_min",)),
        Query(sort="pay_min:asc"),
        Query(sort="posted_at:up"),
        Query(offset=-1),
        Query(limit=0),
    ],
)
async def test_what_the_settings_do_not_allow_is_refused(gigs, query):
    with pytest.raises(ValueError, match=r"."):
        await gigs.search("gigs", query)


async def test_a_tower_of_filters_is_refused(gigs):
    tower = Eq("pay", "fixed")
    for _ in range(50):
        tower = Not(tower)
    with pytest.raises(ValueError, match="nested"):
        await gigs.search("gigs", Query(filter=tower))
