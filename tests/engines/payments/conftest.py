"""One sandbox server for all tests of payments."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.events import CommandDone, CommandFailed, StripeObjectChanged
from marketplace.kernel import clock, events
from tests.engines.payments.contract import Contract, checking_client
from tests.engines.payments.sandbox_server import SandboxServer

USUAL: dict[str, Any] = {
    "settle_seconds": 0,
    "payout_seconds": 2,
    "account_link_seconds": 300,
    "unapproved_countries": [],
}
USUAL |= {"saved_cards": "", "requests_per_second": 0, "events": "", "event_delay_seconds": 0}


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture
async def sandbox(sandbox_server: SandboxServer) -> AsyncIterator[SandboxServer]:
    """The shared server with our clock, no faults waiting and its usual settings."""
    clock.use_offset_file(sandbox_server.clock_file)
    yield sandbox_server
    await sandbox_server._control("faults", {})
    await sandbox_server.settings(**USUAL)


@pytest.fixture(autouse=True)
def no_domain_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine is tested without the domains above it: of their subscribers only those of these tests stay."""
    for event in (CommandDone, CommandFailed, StripeObjectChanged):
        ours = [each for each in events._within[event] if each.__module__.startswith(__package__)]
        monkeypatch.setitem(events._within, event, ours)
        monkeypatch.setitem(events._after, event, [])


@pytest.fixture(scope="session")
def contract() -> Contract | None:
    """Stripe's OpenAPI where it is there."""
    return Contract.find()


@pytest.fixture
async def client(sandbox: SandboxServer, contract: Contract | None) -> AsyncIterator[PaymentClient]:
    """Our client; every request and answer is checked against Stripe's OpenAPI where that is there."""
    client = PaymentClient(sandbox.api_key, address=sandbox.url, http=checking_client(contract), timeout_seconds=10)
    yield client
    await client.close()


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return tmp_path / "sandbox"
