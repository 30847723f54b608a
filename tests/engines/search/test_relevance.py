"""The panel of search/judgements: the embedded engine is not worse than what it reached (docs/measured.md)."""

import pytest
from bench.panel import CLASSES, World, load, ndcg
from bench.relevance import ask, figures, fill

from tests.engines.search.corpus import engine

FLOORS = {
    "plain": 0.93,
    "prefix": 0.95,
    "typo": 0.96,
    "synonym": 0.87,
    "joined": 0.965,
    "roman": 0.86,
    "urdu": 0.93,
}


@pytest.mark.slow
async def test_every_class_holds_its_floor(tmp_path):
    world, search = World(), engine(tmp_path)
    await fill(search, world)
    found = {each.kind: each for each in figures(await ask(search, world, load()))}
    assert tuple(found) == CLASSES
    assert {kind: round(found[kind].ndcg, 3) for kind, floor in FLOORS.items() if found[kind].ndcg < floor} == {}
    assert found["none"].empty == 1, "what nothing answers stays empty"
    assert all(found[kind].empty == 0 for kind in FLOORS)


def test_the_panel_is_large_enough_and_names_what_exists():
    world, queries = World(), load()
    slugs = {skill.slug for skill in world.skills}
    assert len(queries) >= 240 and len(world.documents) >= 5_000
    assert all(asked.wants <= slugs for asked in queries if asked.kind != "none")


def test_gain_is_that_of_the_literature():
    """Järvelin and Kekäläinen's measure by hand: 7/log2(2) + 3/log2(3) over the best order of the same grades."""
    assert ndcg([3, 2], [3, 2]) == 1
    assert ndcg([2, 3], [2, 3]) == pytest.approx((3 + 7 / 1.584962500721156) / (7 + 3 / 1.584962500721156))
    assert ndcg([], [1]) == 0
