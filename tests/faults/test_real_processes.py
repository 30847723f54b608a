"""The processes that an operator runs: web processes that die at every third webhook, a worker that dies in a call.

Stripe sends its webhook again, the server of the web processes starts another, the queue gives the dead worker's task
to the next one.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.contracts import actions as contracts
from marketplace.contracts.models import Milestone
from marketplace.engines.payments import outbox
from marketplace.escrow.models import Payout, Transfer
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.money import Money
from tests.engines.payments.sandbox_server import CONNECT_SECRET, OWN_SECRET, SandboxServer, free_port
from tests.faults.conftest import ALL_IS_WELL, Trial, begin

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 240  # dying web processes and a Stripe that waits longer each time, on a busy machine
SITE = "https://market.example"


@contextmanager
def process(folder: Path, name: str, *words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command of `marketplace`; its log is `name`.log."""
    with (folder / f"{name}.log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "marketplace.cli", *words],
            env=os.environ | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield started
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGTERM)
            started.wait(30)


async def until(what: Callable[[], Awaitable[bool]], why: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await what():
        assert time.monotonic() < deadline, why
        await asyncio.sleep(0.2)


@pytest.fixture
async def site(server: EmbeddedPostgres, migrated: str, folder: Path) -> AsyncIterator[tuple[Trial, int]]:
    """A trial whose Stripe sends webhooks to a port."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/webhooks/stripe"
    with SandboxServer(folder / "talking", webhook_url=address, clock_file=folder / "clock-offset") as bank:
        async with begin(server, migrated, bank, folder) as trial:
            yield trial, port


@pytest.mark.skipif(
    not os.environ.get("MARKETPLACE_SOAK"),
    reason="with MARKETPLACE_SOAK=1: granian alone, without `up`, gives up on processes that die this often",
)
async def test_the_whole_site_survives(site: tuple[Trial, int], folder: Path) -> None:
    trial, port = site
    common = trial.order.environment | {
        "MARKETPLACE_PORT": str(port),
        "STRIPE_WEBHOOK_SECRET": OWN_SECRET,
        "STRIPE_CONNECT_WEBHOOK_SECRET": CONNECT_SECRET,
    }
    dying = common | {"MARKETPLACE_FAILPOINT": "payments.receive.written:3"}
    with process(folder, "serve", "serve", **dying):
        with process(folder, "worker", "worker", **common, MARKETPLACE_FAILPOINT="payments.call.after") as worker:
            await _fund_and_accept(trial, 1)
            await until(lambda: _is(worker.poll() == -signal.SIGKILL), "the worker was not killed")
        clock.advance(timedelta(minutes=3))  # what the dead worker had leased is free again
        with process(folder, "worker", "worker", **common):
            await until(lambda: _has_sent(trial, 1), "the transfer was not sent by the next worker")
            await _fund_and_accept(trial, 2)
            await until(lambda: _has_sent(trial, 2), "the second transfer was not sent")
            await trial.world.pay_out(Money(33_33, "USD"))
            await until(lambda: _is_confirmed(trial), "the payout was not confirmed")
    assert "exit" in (folder / "serve.log").read_text(), "no web process was killed"
    assert await trial.outcome() == ALL_IS_WELL | {
        "milestones": ["released", "released", "planned"],
        "releases": 2,
        "transfers": ["sent", "sent"],
        "charged": [100_00, 150_00],
        "transferred": [40_00, 60_00],
        "refunded": [],
        "her balance": 100_00 - 33_33,
    }


async def _fund_and_accept(trial: Trial, number: int) -> None:
    """As the pages do it; what Stripe tells comes to the web processes."""
    world, bilal = trial.world, UUID(trial.order.bilal)
    async with world.database.write.begin() as db:
        milestone = await _milestone(db, number)
        command_id = await contracts.fund_milestone(
            db, milestone, success_url=f"{SITE}/paid", cancel_url=SITE, by=bilal, at=clock.now()
        )
    command = await outbox.dispatch(world.database, world.client, command_id)
    await until(lambda: _has_page(trial, command_id), "no pay page")
    command = await outbox.dispatch(world.database, world.client, command_id)
    assert command.result
    await world.sandbox.pay(command.result["url"])
    await until(lambda: _is_in(trial, number, "funded"), "the payment was not heard of")
    async with world.database.write.begin() as db:
        ayesha = UUID(trial.order.ayesha)
        await contracts.deliver(db, await _milestone(db, number), text="Done.", by=ayesha, at=clock.now())
    async with world.database.write.begin() as db:
        await contracts.accept_delivery(db, await _milestone(db, number), by=bilal, at=clock.now())


async def _is(fact: bool) -> bool:
    return fact


async def _milestone(db: Session, number: int) -> Milestone:
    return (await db.execute(select(Milestone).where(Milestone.number == number))).scalar_one()


async def _has_page(trial: Trial, command_id: UUID) -> bool:
    command = await outbox.dispatch(trial.world.database, trial.world.client, command_id)
    return command.is_final


async def _is_in(trial: Trial, number: int, state: str) -> bool:
    async with trial.world.database.write.begin() as db:
        return (await _milestone(db, number)).state == state


async def _has_sent(trial: Trial, count: int) -> bool:
    async with trial.world.database.write.begin() as db:
        states = (await db.execute(select(Transfer.state))).scalars().all()
        return states.count("sent") == count


async def _is_confirmed(trial: Trial) -> bool:
    async with trial.world.database.write.begin() as db:
        return (await db.execute(select(Payout.state))).scalars().all() == ["confirmed"]
