"""kill -9 at every step of deciding, sending, recording, receiving and handling: nothing lost, nothing doubled."""

import ast
import asyncio
import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from marketplace.engines import payments
from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel.database import Database
from tests.engines.payments.crash_child import EFFECTS, Trial, run
from tests.engines.payments.sandbox_server import SandboxServer
from tests.engines.payments.steps import paid_charge, ready_account, transfer_body

pytestmark = pytest.mark.slow  # starts and kills servers: seconds each

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.engines.payments.crash_child"])


def failpoints() -> list[str]:
    """Every name given to `hit` in this engine."""
    names: list[str] = []
    for path in sorted(Path(payments.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hit":
                assert isinstance(node.args[0], ast.Constant)
                names.append(str(node.args[0].value))
    return names


async def _run(trial: Trial) -> int | None:
    child = _PROCESSES.Process(target=run, args=(trial,))
    child.start()
    await asyncio.to_thread(child.join, 60)
    return child.exitcode


@pytest.fixture(scope="module")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """Its own, so that its list of events is short."""
    with SandboxServer(tmp_path_factory.mktemp("crashes")) as server:
        yield server


@pytest.fixture
async def trial(cloned_database: Database, client: PaymentClient, sandbox: SandboxServer) -> Trial:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    async with cloned_database.write.begin() as db:
        await db.execute(text(EFFECTS))
    body = {**transfer_body(account, charge, 1_000), "metadata": {"crash": "yes"}}
    return Trial(
        database_url=cloned_database.engine.url.render_as_string(hide_password=False),
        sandbox_url=sandbox.url,
        api_key=sandbox.api_key,
        clock_file=sandbox.clock_file,
        body=body,
    )


async def _made(trial: Trial, sandbox: SandboxServer) -> list[str]:
    transfers = (await sandbox.books())["transfers"]
    return [each["id"] for each in transfers if each["transfer_group"] == trial.body["transfer_group"]]


async def _check(trial: Trial, database: Database, sandbox: SandboxServer) -> None:
    """One transfer at Stripe, recorded and told once; no event waits. (The list of events holds other trials' too.)"""
    [transfer] = await _made(trial, sandbox)
    async with database.read() as db:
        effects = await db.execute(
            text("SELECT kind FROM crash_effects WHERE id = :id ORDER BY kind"), {"id": transfer}
        )
        command = (await db.execute(text("SELECT state, result_id FROM payment_commands"))).one()
        waiting = (
            await db.execute(text("SELECT count(*) FROM webhook_events WHERE processed_at IS NULL"))
        ).scalar_one()
    assert list(effects.scalars()) == ["done", "transfer.created"]
    assert (command.state, command.result_id, waiting) == ("done", transfer, 0)


def test_failpoints_stand_at_every_step() -> None:
    assert len(failpoints()) == len(set(failpoints())) >= 14


def trials() -> list[object]:
    """The dearest moment in every run, all others where there are minutes."""
    names = [name for name in failpoints() if name != "payments.renew.after"]
    return [name if name == "payments.call.after" else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize("failpoint", trials())
async def test_a_kill_loses_and_doubles_nothing(
    failpoint: str, trial: Trial, cloned_database: Database, sandbox: SandboxServer
) -> None:
    assert await _run(replace(trial, failpoint=failpoint)) == -9
    assert await _run(trial) == 0
    await _check(trial, cloned_database, sandbox)


async def test_a_kill_after_a_new_key_was_stored_and_before_it_was_used(
    trial: Trial, cloned_database: Database, sandbox: SandboxServer
) -> None:
    await sandbox.fault("POST /v1/transfers", "500_before")
    assert await _run(replace(trial, failpoint="payments.renew.after")) == -9
    assert await _run(trial) == 0
    await _check(trial, cloned_database, sandbox)
    async with cloned_database.read() as db:
        assert (await db.execute(text("SELECT epoch FROM payment_commands"))).scalar_one() == 2


async def test_twin_without_stored_keys_the_same_kill_pays_twice(
    trial: Trial, cloned_database: Database, sandbox: SandboxServer
) -> None:
    forgetful = replace(trial, random_keys=True)
    assert await _run(replace(forgetful, failpoint="payments.call.after")) == -9
    assert await _run(forgetful) == 0
    assert len(await _made(trial, sandbox)) == 2
    async with cloned_database.read() as db:
        states = (await db.execute(text("SELECT state FROM payment_commands"))).scalars().all()
    assert states == ["done"]  # our own books see nothing of it: only the comparison with Stripe's does
