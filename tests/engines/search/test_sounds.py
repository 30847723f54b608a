"""Roman Urdu has no spelling: words with the same consonants are offered, and nothing that is far from them."""

from uuid import UUID

import pytest

from marketplace.engines.search.protocol import Query
from marketplace.engines.search.sounds import Sounds, sound
from tests.engines.search.corpus import DOCUMENTS, TITLES


@pytest.mark.parametrize(
    ("roman", "urdu"),
    [
        ("silai", "سلائی"),
        ("darzi", "درزی"),
        ("karhai", "کڑھائی"),
        ("tarjuma", "ترجمہ"),
        ("ustad", "استاد"),
        ("naqsha", "نقشہ"),
    ],
)
def test_both_scripts_sound_alike(roman, urdu):
    assert sound(roman) == sound(urdu)


@pytest.mark.parametrize(("typed", "meant"), [("drzi", "درزی"), ("selaai", "سلائی"), ("tarjmah", "ترجمہ")])
def test_a_spelling_nobody_wrote_down_finds_the_word(typed, meant):
    assert meant in Sounds(["سلائی", "درزی", "ترجمہ", "designer"]).like(typed)


@pytest.mark.parametrize("typed", ["zzzqqq", "12345", "c++", "xylophone", "a"])
def test_what_sounds_like_nothing_gets_nothing(typed):
    assert Sounds(["سلائی", "درزی", "ترجمہ", "designer"]).like(typed) == ()


async def test_also_searched_is_said_and_can_be_declined(empty):
    await empty.write("gigs", upsert=[*DOCUMENTS, DOCUMENTS[0] | {"id": UUID(int=99), "title": "درزی"}])
    result = await empty.search("gigs", Query("drzi"))
    assert 99 in [hit.id.int for hit in result.hits] and "درزی" in result.instead["drzi"]
    exact = await empty.search("gigs", Query("drzi", is_exact=True))
    assert (exact.total, exact.instead) == (0, {})
    known = await empty.search("gigs", Query("logo"))
    assert known.instead == {} and TITLES[known.hits[0].id] == "Logo design for a bakery"
