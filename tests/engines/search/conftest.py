"""Every engine that can be tried here, for the tests that hold whichever it is."""

import pytest

from tests.engines.search.corpus import ENGINES, opened


@pytest.fixture(params=ENGINES)
async def empty(request, tmp_path):
    """An engine with nothing in it."""
    async with opened(request.param, tmp_path) as search:
        yield search


@pytest.fixture(scope="module", params=ENGINES)
async def whole(request, tmp_path_factory):
    """One for all tests of a module, to be filled once and read."""
    async with opened(request.param, tmp_path_factory.mktemp("search")) as search:
        yield search
