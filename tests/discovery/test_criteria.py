"""The address holds the whole state: what goes in comes out, and nothing in an address breaks a page."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.discovery.criteria import Criteria, GigCriteria, PeopleCriteria

WORDS = st.text(max_size=30).map(lambda text: text.replace("\x00", "").strip())
VALUES = st.lists(st.text("abc-", min_size=1, max_size=10), max_size=4, unique=True).map(tuple)
NUMBERS = st.none() | st.integers(1, 10_000_000)
COMMON = {"words": WORDS, "skills": VALUES, "page": st.integers(1, 50), "districts": VALUES, "languages": VALUES}
GIGS = st.builds(
    GigCriteria,
    **COMMON,
    sort=st.sampled_from(["", *GigCriteria.SORTS]),
    pay=VALUES,
    near=st.just(("multan",)),
    km=st.integers(1, 1_000),
    is_remote=st.booleans(),
    least=NUMBERS,
    most=NUMBERS,
)
PEOPLE = st.builds(
    PeopleCriteria,
    **COMMON,
    sort=st.sampled_from(["", *PeopleCriteria.SORTS]),
    is_newcomer=st.booleans(),
    most=NUMBERS,
    hours=NUMBERS,
)


def read(kind, query):
    return kind.from_query(parse_qsl(query, keep_blank_values=True))


@given(GIGS | PEOPLE)
def test_a_query_reads_back_as_it_was(criteria):
    assert read(type(criteria), criteria.to_query()) == criteria


@given(
    st.lists(
        st.tuples(st.sampled_from(["q", "skill", "min", "max", "page", "sort", "remote", "near", "km", "x"]), st.text())
    )
)
def test_any_address_is_read(pairs):
    for kind in (GigCriteria, PeopleCriteria):
        criteria = kind.from_query(pairs)
        assert read(kind, criteria.to_query()) == criteria


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", GigCriteria()),
        ("page=0&sort=nonsense&min=-5&max=abc&remote=yes&x=y", GigCriteria()),
        ("page=99999", GigCriteria(page=50)),
        ("min=1,000", GigCriteria(least=1_000)),
        ("skill=&skill=css&skill=css", GigCriteria(skills=("css",))),
        ("q=+logo++&sort=pay", GigCriteria(words="logo", sort="pay")),
        ("min=%D9%A5", GigCriteria()),
        ("near=atlantis&km=50", GigCriteria()),
        ("near=multan", GigCriteria(near=("multan",), km=50)),
        ("near=&km=100", GigCriteria()),
    ],
)
def test_what_makes_no_sense_is_left_out(query, expected):
    assert read(GigCriteria, query) == expected


def test_taking_one_filter_away_goes_back_to_the_first_page():
    criteria = GigCriteria(words="logo", skills=("css", "seo"), least=50, page=3)
    assert criteria.without("skill", "css") == GigCriteria(words="logo", skills=("seo",), least=50)
    assert criteria.without("min", "50") == GigCriteria(words="logo", skills=("css", "seo"))
    assert criteria.cleared() == GigCriteria(words="logo")


@pytest.mark.parametrize(
    ("criteria", "is_plain"),
    [
        (GigCriteria(), True),
        (GigCriteria(sort="new"), True),
        (GigCriteria(sort="pay"), False),
        (GigCriteria(page=2), False),
        (GigCriteria(words="x"), False),
        (GigCriteria(is_remote=True), False),
        (PeopleCriteria(hours=5), False),
        (PeopleCriteria(), True),
    ],
)
def test_only_the_first_page_of_everything_is_plain(criteria, is_plain):
    assert criteria.is_plain is is_plain


def test_words_are_ordered_by_match_unless_another_order_is_asked():
    assert (GigCriteria(words="x").order, GigCriteria().order) == ("match", "new")
    assert GigCriteria(words="x", sort="new").order == "new"
    assert issubclass(GigCriteria, Criteria)
