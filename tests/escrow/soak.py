"""Random histories in pieces, until a record counts enough steps: `make histories`.

python -m tests.escrow.soak [STEPS]

Each piece is a new marketplace with some thousand steps drawn from a seed of its own; when it ends well, one line is
added to the record (MARKETPLACE_SOAK_RECORD, else .data/histories.jsonl). Stop it and start it again as you like, also
several beside each other: the steps of all lines are counted. A piece that finds something prints what was done last,
is recorded as failed and counts nothing; SEED=n tells that one piece again.
"""

import asyncio
import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.migrate import upgrade_async
from marketplace.runtime import load_tasks
from tests.engines.payments.conftest import USUAL
from tests.engines.payments.contract import Contract, checking_client
from tests.engines.payments.sandbox_server import API_KEY, SandboxServer
from tests.escrow.hearing import alone
from tests.escrow.machine import Came, histories
from tests.escrow.world import World

RECORD = Path(os.environ.get("MARKETPLACE_SOAK_RECORD", ".data/histories.jsonl"))
PIECE_STEPS, ALL_STEPS = 2_500, 100_000
TEMPLATE = "template_histories"


def main() -> int:
    """The exit status: 1 when a piece has found something."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ALL_STEPS
    told = os.environ.get("SEED")
    load_tasks()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    with tempfile.TemporaryDirectory(prefix="histories-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres", fast=True)
        server.start()
        try:
            asyncio.run(_admin(server, f"CREATE DATABASE {TEMPLATE}"))
            asyncio.run(upgrade_async(server.url(TEMPLATE)))
            while told or counted() < wanted:
                seed = int(told or random.SystemRandom().randrange(1_000_000))
                if not _piece(server, folder, seed):
                    return 1
                if told:
                    return 0
        finally:
            server.stop()
    return 0


def _piece(server: EmbeddedPostgres, folder: Path, seed: int) -> bool:
    """Whether all went well; either way there is one more line in the record."""
    try:
        came = asyncio.run(_history(server, folder / str(seed), seed))
    except BaseException as failure:
        _note(seed, None, str(failure) or repr(failure))
        if not isinstance(failure, Exception):
            raise
        traceback.print_exc()
        return False
    _note(seed, came, "")
    print(f"{counted():,} steps; {seed}: {came}", flush=True)
    return True


async def _history(server: EmbeddedPostgres, folder: Path, seed: int) -> Came:
    database_name = f"histories_{seed}"
    await _admin(server, f"CREATE DATABASE {database_name} TEMPLATE {TEMPLATE}")
    database = Database(server.url(database_name))
    with SandboxServer(folder) as bank, alone():
        clock.use_offset_file(bank.clock_file)
        await bank.settings(**USUAL)
        client = PaymentClient(API_KEY, address=bank.url, http=checking_client(Contract.find()), timeout_seconds=10)
        came = await histories(await World.of(database, client, bank), steps=PIECE_STEPS, seed=seed)
        await client.close()
    await database.close()
    await _admin(server, f"DROP DATABASE {database_name} WITH (FORCE)")
    return came


async def _admin(server: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(user="postgres", database="postgres", host=str(server.socket_folder))
    await connection.execute(statement)
    await connection.close()


def _note(seed: int, came: Came | None, failure: str) -> None:
    """One line, written at once: several may write beside each other."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    line = {"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}", "seed": seed, "commit": done.stdout.strip()}
    line |= came._asdict() if came else {"failed": failure[:500]}
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    with RECORD.open("a") as file:
        file.write(json.dumps(line) + "\n")


def counted() -> int:
    """Steps of all pieces that ended well."""
    return sum(line.get("steps", 0) for line in _lines())


def _lines() -> Iterator[dict[str, int]]:
    if RECORD.exists():
        yield from map(json.loads, RECORD.read_text().splitlines())


if __name__ == "__main__":
    sys.exit(main())
