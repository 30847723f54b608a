"""Whatever a test of rails did, the books agree at its end."""

from collections.abc import AsyncIterator

import pytest

from marketplace.kernel.database import Database
from tests.escrow.rails.paying import Rails


@pytest.fixture
async def rails(database: Database) -> AsyncIterator[Rails]:
    """On one connection, rolled back."""
    made = await Rails.of(database)
    yield made
    assert await made.problems() == []


@pytest.fixture
async def real_rails(cloned_database: Database) -> AsyncIterator[Rails]:
    """With real commits: for races."""
    made = await Rails.of(cloned_database)
    yield made
    assert await made.problems() == []
