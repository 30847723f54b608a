"""Places: loading twice is the same, South Punjab and the park come first."""

from marketplace.places.actions import load_places
from marketplace.places.queries import districts, parks


async def test_loading_twice_is_the_same(db):
    count = await load_places(db)
    first = await districts(db), await parks(db)
    assert await load_places(db) == count
    assert (await districts(db), await parks(db)) == first


async def test_south_punjab_and_dhanote_come_first(db):
    assert [place.slug for place in await districts(db)][:3] == ["multan", "lodhran", "bahawalpur"]
    park = (await parks(db))[0]
    assert (park.name("en"), park.name("ur"), park.district) == ("Dhanote IT Park", "دھنوٹ آئی ٹی پارک", "lodhran")
