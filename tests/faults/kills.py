"""Kill -9 at lines of escrow, ledger, payments and queue that the story runs; start again; all is well.

python -m tests.faults.kills each|all [PART/PARTS]      `make kills`: all of them, some at a time

`each` takes one line of every stretch between two effects in which a line runs first, another one each day; `all` takes
every executed line, and the first line after every effect. What was done is one line in a record
(MARKETPLACE_KILLS_RECORD, else .data/kills.jsonl) and is not done again while the code stays the same: stop it and
start it again as you like. Parts run beside each other.
"""

import asyncio
import hashlib
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import text

from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.migrate import upgrade_async
from marketplace.runtime import load_tasks
from tests.cpu import family_seconds
from tests.engines.payments.sandbox_server import SandboxServer
from tests.faults.conftest import ALL_IS_WELL, TEMPLATE, Trial, Zygote, _admin, begin
from tests.faults.lines import MONEY

LEFT = text("""
    SELECT (SELECT count(*) FROM ledger_entries), (SELECT string_agg(state, ' ' ORDER BY id) FROM payment_commands),
    (SELECT count(processed_at) FROM webhook_events), (SELECT string_agg(state, ' ' ORDER BY number) FROM milestones),
    (SELECT string_agg(state, ' ' ORDER BY id) FROM holds), (SELECT count(*) FROM pgqueuer)""")
"""What a killed process has left in PostgreSQL, to see that all lines of a stretch leave the same."""


def record() -> Path:
    return Path(os.environ.get("MARKETPLACE_KILLS_RECORD", ".data/kills.jsonl"))


@dataclass(frozen=True, slots=True)
class Place:
    """A line, `file:line`, and how many effects came before it. `is_new`: the line has not run earlier."""

    line: str
    effects: int
    is_new: bool

    @classmethod
    def of(cls, noted: str) -> Self:
        line, effects, which = noted.split()
        return cls(line, int(effects), which == "new")

    @property
    def name(self) -> str:
        return self.line if self.is_new else f"{self.line} after {self.effects}"


@dataclass
class Ground:
    """Where trials are held: a PostgreSQL, a Stripe, and processes that die."""

    folder: Path
    server: EmbeddedPostgres
    bank: SandboxServer
    zygote: Zygote

    async def places(self) -> list[Place]:
        """Warm up, then follow one undisturbed story."""
        trace = self.folder / "lines"
        async with begin(self.server, TEMPLATE, self.bank, self.folder) as trial:
            assert self.zygote.run(replace(trial.order, is_warming=True)) == 0
        async with begin(self.server, TEMPLATE, self.bank, self.folder) as trial:
            assert self.zygote.run(replace(trial.order, trace_lines=str(trace))) == 0
            assert await trial.outcome() == ALL_IS_WELL
        return [Place.of(noted) for noted in trace.read_text().splitlines()]

    async def kill(self, place: Place) -> dict[str, Any]:
        """Die there, start again twice; what came of it."""
        self._forget()
        after = 0 if place.is_new else place.effects
        async with begin(self.server, TEMPLATE, self.bank, self.folder) as trial:
            status = self.zygote.run(replace(trial.order, kill_line=place.line, kill_after=after))
            left = await self._left(trial)
            recovered = self.zygote.run(replace(trial.order, recoveries=2))
            outcome = await trial.outcome()
        is_well = recovered == 0 and outcome == ALL_IS_WELL
        return {"status": status, "left": left, "is_well": is_well} | ({} if is_well else {"outcome": outcome})

    async def _left(self, trial: Trial) -> list[Any]:
        async with trial.world.database.read() as db:
            return list((await db.execute(LEFT)).one())

    def _forget(self) -> None:
        """Stripe begins anew with each trial: its lists would grow by all that were before."""
        books = sqlite3.connect(self.bank.folder / "sandbox.sqlite", timeout=10)
        with books:
            for table in ("objects", "movements", "answers", "deliveries"):
                books.execute(f"DELETE FROM {table}")
        books.close()


def chosen(places: list[Place], which: str, *, day: int) -> list[Place]:
    """All, or one new line of each stretch that has any."""
    if which == "all":
        return places
    stretches: defaultdict[int, list[Place]] = defaultdict(list)
    for place in places:
        if place.is_new:
            stretches[place.effects].append(place)
    return [random.Random(f"{day} {effects}").choice(each) for effects, each in stretches.items()]


def source() -> str:
    """The code that is killed: with another one, lines are others."""
    files = sorted(path for folder in MONEY for path in Path(folder).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def noted() -> Iterator[dict[str, Any]]:
    """Kills of this code so far."""
    lines = record().read_text().splitlines() if record().exists() else []
    yield from (line for line in map(json.loads, lines) if line["source"] == source())


async def run(ground: Ground, which: str, part: int, parts: int) -> int:
    """How many were not well."""
    places = await ground.places()
    done = {each["name"] for each in noted() if each["status"] == -9}
    todo = [each for each in chosen(places, which, day=datetime.now(UTC).toordinal()) if each.name not in done]
    todo = [each for each in todo if zlib.crc32(each.name.encode()) % parts == part]
    stretches = len({each.effects for each in places})
    print(f"{len(places)} places in {stretches} stretches; {len(todo)} to do here", flush=True)
    wrong = 0
    for place in todo:
        began, busy = time.monotonic(), family_seconds()
        found = await ground.kill(place)
        wrong += not found["is_well"]
        cost = {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(family_seconds() - busy, 2)}
        line = {"source": source(), "name": place.name, "effects": place.effects, **found, **cost}
        with record().open("a") as file:
            file.write(json.dumps(line) + "\n")
    return wrong


def main(which: str, of: str = "1/1") -> int:
    """The exit status: 1 when something was lost or doubled."""
    part, parts = map(int, of.split("/"))
    record().parent.mkdir(parents=True, exist_ok=True)
    load_tasks()
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "data", fast=True, options={"synchronous_commit": "on"})
        server.start()
        try:
            wrong = asyncio.run(_main(folder, server, which, part - 1, parts))
        finally:
            server.stop()
    print(f"{sum(each['status'] == -9 for each in noted())} kills on record, {wrong} not well here")
    return int(wrong > 0)


async def _main(folder: Path, server: EmbeddedPostgres, which: str, part: int, parts: int) -> int:
    await _admin(server, f"CREATE DATABASE {TEMPLATE}")
    await upgrade_async(server.url(TEMPLATE))
    with SandboxServer(folder / "sandbox", clock_file=folder / "clock-offset") as bank:
        zygote = Zygote(folder)
        try:
            return await run(Ground(folder, server, bank, zygote), which, part, parts)
        finally:
            zygote.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
