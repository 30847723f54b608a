"""Kill -9 at every failpoint of fund → release → settlement → payout, and of PostgreSQL; nothing is lost or doubled.

A process that dies takes its queue task along: what remains is finished by the sweeps, by Stripe's list of events
and by people who press again. The twin without idempotency keys must turn red.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from marketplace.kernel.database import Database
from marketplace.kernel.database.embedded import EmbeddedPostgres
from tests.faults.conftest import ALL_IS_WELL, Trial, Zygote

pytestmark = pytest.mark.slow

POINTS = [
    "payments.send.written",
    "payments.claim.before",
    "payments.claim.after",
    "payments.call.before",
    *(f"payments.call.after:{n}" for n in range(1, 9)),
    *(f"payments.record.before:{n}" for n in (1, 3)),
    *(f"payments.record.within:{n}" for n in (2, 4, 5)),
    "payments.record.after:3",
    "payments.receive.before:2",
    "payments.receive.written:3",
    "payments.process.taken:2",
    "payments.process.fetched",
    "payments.process.within:4",
    "payments.process.after:3",
    "ledger.post.before:2",
    "ledger.post.after:3",
    "escrow.fund.posted",
    "escrow.release.posted:2",
    "escrow.transfer.posted",
    "escrow.settlement.posted",
    "escrow.payout.posted",
    "escrow.payout.confirmed",
]
POSTGRES_POINTS = [
    "payments.call.after:3",
    "payments.record.within:2",
    "payments.process.within:3",
    "escrow.release.posted",
    "escrow.settlement.posted",
    "escrow.payout.posted",
]
# Calls: page, transfer, page, transfer, page, transfer, refund, payout. A doubled page alone costs nobody anything.
TWIN_POINTS = ["payments.call.after:2", "payments.call.after:7", "payments.call.after:8"]


async def _recover(trial: Trial, zygote: Zygote) -> None:
    """Start again, and once more: the second time there is nothing left to do."""
    assert zygote.run(replace(trial.order, recoveries=2)) == 0


async def test_undisturbed_it_ends_well_and_passes_every_failpoint(trial: Trial, zygote: Zygote, folder: Path) -> None:
    trace = folder / "trace"
    assert zygote.run(replace(trial.order, trace=str(trace))) == 0
    assert await trial.outcome() == ALL_IS_WELL
    passed = trace.read_text().split()
    for point in POINTS:
        name, _, count = point.partition(":")
        assert passed.count(name) >= int(count or 1), f"{point} is never reached"
    money = {name for name in passed if name.startswith(("payments.", "escrow.", "ledger.post"))}
    assert money == {point.partition(":")[0] for point in POINTS}, "a failpoint of money without a trial"


@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_process_loses_and_doubles_nothing(trial: Trial, zygote: Zygote, point: str) -> None:
    assert zygote.run(replace(trial.order, kill=point)) == -9, "it was not killed"
    await _recover(trial, zygote)
    assert await trial.outcome() == ALL_IS_WELL


@pytest.mark.parametrize("point", POSTGRES_POINTS)
async def test_a_killed_postgresql_loses_and_doubles_nothing(
    trial: Trial, zygote: Zygote, server: EmbeddedPostgres, folder: Path, point: str
) -> None:
    await trial.world.database.close()  # our own connections would only die with the server
    pid = int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    status = zygote.run(replace(trial.order, kill=point, postgres_pid=pid))
    server.start()
    assert status == 1, "the process did not notice"
    trial.world.database = Database(trial.url)
    await _recover(trial, zygote)
    assert await trial.outcome() == ALL_IS_WELL


@pytest.mark.parametrize("point", TWIN_POINTS)
async def test_the_twin_without_idempotency_keys_is_red(trial: Trial, zygote: Zygote, point: str) -> None:
    twin = replace(trial.order, is_keyless=True)
    assert zygote.run(replace(twin, kill=point)) == -9
    assert zygote.run(replace(twin, recoveries=1)) == 0
    outcome = await trial.outcome()
    assert outcome != ALL_IS_WELL
    assert any("in the ledger" in line for line in outcome["problems"]), outcome
    ledger_alone = [line for line in outcome["problems"] if "at Stripe" not in line]
    assert ledger_alone == [], "our own books balance: only the comparison with Stripe's shows it"
