"""Kill -9 at every line of escrow, ledger, payments and queue that the story runs; start again; all is well.

In CI every STRIDE-th line, beginning somewhere else each day; `make soak` takes them all.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from marketplace.kernel import clock
from marketplace.kernel.database.embedded import EmbeddedPostgres
from tests.engines.payments.sandbox_server import SandboxServer
from tests.faults.conftest import ALL_IS_WELL, Zygote, begin

pytestmark = pytest.mark.slow

STRIDE = 1 if os.environ.get("MARKETPLACE_SOAK") else 40


async def test_wherever_it_is_killed_nothing_is_lost_or_doubled(
    server: EmbeddedPostgres, migrated: str, bank: SandboxServer, folder: Path, zygote: Zygote
) -> None:
    trace = folder / "lines"
    async with begin(server, migrated, bank, folder) as trial:
        assert zygote.run(replace(trial.order, trace_lines=str(trace))) == 0
    lines = trace.read_text().split()
    assert len(lines) > 300, "the story runs less of the money code than it should"
    start = clock.now().toordinal() % STRIDE
    wrong: dict[str, object] = {}
    for line in lines[start::STRIDE]:
        async with begin(server, migrated, bank, folder) as trial:
            status = zygote.run(replace(trial.order, kill_line=line))
            for _ in range(2):
                zygote.run(replace(trial.order, is_recovery=True))
            outcome = await trial.outcome()
            if status not in (-9, 0) or outcome != ALL_IS_WELL:
                wrong[line] = (status, outcome)
    assert wrong == {}, f"of {len(lines)} lines"
