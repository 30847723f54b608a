"""Transfers per second through the journal's one door, beside the barest double entry that PostgreSQL can do.

    python bench/ledger.py [seconds per run]

and, where PGLEDGER_SQL names its files (as they are to be loaded, with ':' between), beside pgledger's own
`pgledger_create_transfer`. All run in the same embedded PostgreSQL with durable commits, driven by pgbench in turns
(bare, ours, …, bare, ours, …), and ours through the application's own `post` too. Each figure is the median of its
rounds, each ratio the median of one to the bare one of the same round. On a busy machine trust the ratio and the CPU
per transfer, not the transfers per second.
"""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from marketplace.engines.ledger.journal import Line, post
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.embedded_place import wheel_binaries
from marketplace.kernel.database.migrate import upgrade_async
from marketplace.kernel.money import Money

ACCOUNTS = 10_000
CLIENTS = (1, 4, 16)
ROUNDS = 5
RICH = 1_000_000_000

_PAIR = (
    "\\set a random(1, {n})\n\\set b 1 + (:a + random(0, {n} - 2)) % {n}\n\\set key random(1, 9000000000000000000)\n"
)
_OURS = (
    "SELECT ledger_post('bench:' || :client_id || ':' || :key, '\\x00', 'bench', 'bench',"
    " '00000000-0000-0000-0000-000000000007', now(), {lines}, NULL);\n"
)
# In the order in which the door wants them, as `post` does.
_CODES = "least('b:' || :a, 'b:' || :b), greatest('b:' || :a, 'b:' || :b)"
_TWO = f"ARRAY[{_CODES}], ARRAY['USD', 'USD'], ARRAY[-10, 10]::bigint[]"
_THREE = f"ARRAY[{_CODES}, 'platform' || chr(58) || 'bench'], ARRAY['USD', 'USD', 'USD'], ARRAY[-10, 9, 1]::bigint[]"
SCRIPTS = {
    "bare reference, 2 entries": _PAIR + "SELECT ref_transfer(:client_id || ':' || :key, :a, :b, 10);\n",
    "ours, 2 lines": _PAIR + _OURS.replace("{lines}", _TWO),
    "ours, 3 lines, one hot account": _PAIR + _OURS.replace("{lines}", _THREE),
}
PGLEDGER = [Path(name) for name in os.environ.get("PGLEDGER_SQL", "").split(os.pathsep) if name]
if PGLEDGER:
    SCRIPTS["pgledger, 2 entries"] = _PAIR + "SELECT pgledger_create_transfer('b:' || :a, 'b:' || :b, 10);\n"
BARE = "bare reference, 2 entries"


@dataclass(frozen=True, slots=True)
class Result:
    per_second: float
    cpu_ms: float


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "data", options={"max_connections": "40"})
        server.start()
        try:
            asyncio.run(prepare(server))
            report(server, Path(folder), seconds)
        finally:
            server.stop()


async def prepare(server: EmbeddedPostgres) -> None:
    """Both schemas, and all accounts rich enough never to be refused."""
    await upgrade_async(server.url())
    connection = await asyncpg.connect(user="postgres", database="postgres", host=str(server.socket_folder))
    for name in (Path(__file__).with_name("bare.sql"), *PGLEDGER):
        await connection.execute(name.read_text())
    await connection.execute(f"INSERT INTO ref_account SELECT n, {RICH}, 0 FROM generate_series(1, {ACCOUNTS}) n")
    await connection.execute(
        f"""SELECT ledger_post('seed:' || s, '\\x00', 'seed', 'bench', '00000000-0000-0000-0000-000000000007', now(),
        array_agg('b:' || n ORDER BY ('b:' || n) COLLATE "C") || ARRAY['world:bench:USD'],
        array_agg('USD'::text) || ARRAY['USD'],
        array_agg({RICH}::bigint) || ARRAY[-count(*) * {RICH}]::bigint[], NULL)
        FROM generate_series(1, {ACCOUNTS}) n, LATERAL (SELECT n % {ACCOUNTS // 80}) g (s) GROUP BY s"""
    )
    if PGLEDGER:
        await connection.execute(
            f"""INSERT INTO pgledger_accounts
            (id, name, currency, balance, allow_negative_balance, allow_positive_balance, created_at, updated_at)
            SELECT 'b:' || n, 'b:' || n, 'USD', {RICH}, false, true, now(), now()
            FROM generate_series(1, {ACCOUNTS}) n"""
        )
    await connection.execute("ANALYZE")
    await connection.close()


def report(server: EmbeddedPostgres, folder: Path, seconds: int) -> None:
    for clients in CLIENTS:  # plans, pages and catalogues are warm before anything counts
        for script in SCRIPTS.values():
            pgbench(server, folder, script, clients, 1)
    for clients in CLIENTS:
        print(f"\n{clients} clients, {ROUNDS} x {seconds} s each, {ACCOUNTS} accounts, load {os.getloadavg()[0]:.1f}")
        rounds = [
            {name: pgbench(server, folder, script, clients, seconds) for name, script in SCRIPTS.items()}
            for _ in range(ROUNDS)
        ]
        for name in SCRIPTS:
            print(f"{name:34}{_median(rounds, name)}")
        if clients > 1:
            done = asyncio.run(through_python(server, clients, seconds))
            bare = statistics.median(each[BARE].per_second for each in rounds)
            print(f"{'post() in Python':34}{done:10,.0f}/s {done / bare:5.0%} of bare")


def _median(rounds: list[dict[str, Result]], name: str) -> str:
    rate = statistics.median(each[name].per_second for each in rounds)
    cpu = statistics.median(each[name].cpu_ms for each in rounds)
    ratio = statistics.median(each[name].per_second / each[BARE].per_second for each in rounds)
    cpu_ratio = statistics.median(each[BARE].cpu_ms / each[name].cpu_ms for each in rounds)
    return f"{rate:10,.0f}/s {ratio:5.0%}   {cpu:.3f} ms CPU {cpu_ratio:5.0%}"


def pgbench(server: EmbeddedPostgres, folder: Path, script: str, clients: int, seconds: int) -> Result:
    path = folder / "script.sql"
    path.write_text(script.format(n=ACCOUNTS))
    words = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", str(path)]
    before = backend_cpu(folder)
    done = subprocess.run(
        [str(wheel_binaries() / "pgbench"), "-h", str(server.socket_folder), "-U", "postgres", *words, "postgres"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    time.sleep(0.2)  # the postmaster collects its children
    count = int(re.search(r"actually processed: (\d+)", done.stdout)[1])  # type: ignore[index]
    rate = float(re.search(r"tps = ([\d.]+)", done.stdout)[1])  # type: ignore[index]
    return Result(rate, (backend_cpu(folder) - before) * 1_000 / count)


def backend_cpu(folder: Path) -> float:
    """Seconds that ended server processes used: children of the postmaster (proc(5), cutime and cstime)."""
    pid = (folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


async def through_python(server: EmbeddedPostgres, tasks: int, seconds: int) -> float:
    """Each in a transaction of its own, as a page does."""
    database, until, done = Database(server.url(), pool_size=tasks), time.monotonic() + seconds, 0

    async def work(number: int) -> None:
        nonlocal done
        turn = 0
        while time.monotonic() < until:
            turn += 1
            source, target = (number * 611 + turn) % ACCOUNTS + 1, (number * 611 + turn + 5_000) % ACCOUNTS + 1
            lines = [Line(f"b:{source}", Money(-10, "USD")), Line(f"b:{target}", Money(10, "USD"))]
            async with database.write.begin() as db:
                await post(
                    db, key=str(uuid4()), kind="bench", lines=lines, at=clock.now(), subject=("bench", UUID(int=7))
                )
            done += 1

    started = time.monotonic()
    await asyncio.gather(*(work(number) for number in range(tasks)))
    rate = done / (time.monotonic() - started)
    await database.close()
    return rate


if __name__ == "__main__":
    main()
