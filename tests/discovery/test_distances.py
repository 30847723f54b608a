"""How far districts are from each other."""

import pytest

from marketplace.places.gazetteer import distance, districts_within, read_places

AT = {each.slug: each.at for each in read_places()[0]}


@pytest.mark.parametrize(("one", "other", "km"), [("multan", "lahore", 312), ("karachi", "islamabad", 1_140)])
def test_distances_are_those_of_the_globe(one, other, km):
    assert distance(AT[one], AT[other]) == distance(AT[other], AT[one]) == pytest.approx(km, rel=0.03)


def test_what_is_near_is_itself_and_its_neighbours():
    assert districts_within(("lodhran",), 0) == ("lodhran",)
    assert set(districts_within(("lodhran",), 30)) == {"lodhran", "bahawalpur"}
    assert districts_within(("atlantis",), 10_000) == ()
    assert set(districts_within(("multan",), 10_000)) == set(AT)
    assert all(23 < lat < 37 and 61 < lon < 77 for lat, lon in AT.values()), "all in Pakistan"
