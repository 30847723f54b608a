"""A world with held money: our database, a sandbox that is Stripe, and the news between them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel.database import Database
from tests.engines.payments.conftest import client, contract, sandbox, sandbox_server  # noqa: F401
from tests.engines.payments.sandbox_server import SandboxServer
from tests.escrow.hearing import alone
from tests.escrow.world import World


@pytest.fixture
async def world(database: Database, client: PaymentClient, sandbox: SandboxServer) -> AsyncIterator[World]:  # noqa: F811
    """On one connection, rolled back. Whatever a test did, the books agree at its end."""
    world = await World.of(database, client, sandbox)
    yield world
    await world.settle()
    assert await world.problems() == world.expected_problems


@pytest.fixture
async def real_world(
    cloned_database: Database,
    client: PaymentClient,  # noqa: F811
    sandbox: SandboxServer,  # noqa: F811
) -> AsyncIterator[World]:
    """On a database of its own, with real commits: for races."""
    world = await World.of(cloned_database, client, sandbox)
    yield world
    await world.settle()
    assert await world.problems() == world.expected_problems


@pytest.fixture(autouse=True)
def heard() -> Iterator[list[object]]:
    """Every event of escrow that is published in this test, in order."""
    with alone() as noted:
        yield noted
