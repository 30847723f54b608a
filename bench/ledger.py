"""Transfers per second through the journal's one door, beside the barest double entry that PostgreSQL can do.

    python bench/ledger.py [seconds per run]

Both run in the same embedded PostgreSQL with durable commits, driven by pgbench, and through the application's own
`post`. On a busy machine trust the ratio and the CPU per transfer, not the transfers per second.
"""

import asyncio
import os
import re
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
RICH = 1_000_000_000

REFERENCE = """
CREATE TABLE ref_account (id int PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0), version bigint NOT NULL);
CREATE TABLE ref_txn (id uuid PRIMARY KEY DEFAULT uuidv7(), key text UNIQUE NOT NULL);
CREATE TABLE ref_entry (id uuid PRIMARY KEY DEFAULT uuidv7(), txn uuid NOT NULL REFERENCES ref_txn,
    account int NOT NULL REFERENCES ref_account, amount bigint NOT NULL, version bigint NOT NULL,
    balance_after bigint NOT NULL, UNIQUE (account, version));
CREATE FUNCTION ref_transfer(p_key text, p_from int, p_to int, p_amount bigint) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE v_txn uuid;
BEGIN
    INSERT INTO ref_txn (key) VALUES (p_key) RETURNING id INTO v_txn;
    PERFORM FROM ref_account WHERE id IN (p_from, p_to) ORDER BY id FOR NO KEY UPDATE;
    WITH moved AS (
        UPDATE ref_account a SET balance = a.balance + l.amount, version = a.version + 1
        FROM (VALUES (p_from, -p_amount), (p_to, p_amount)) l (id, amount) WHERE a.id = l.id
        RETURNING a.id, l.amount, a.version, a.balance)
    INSERT INTO ref_entry (txn, account, amount, version, balance_after) SELECT v_txn, * FROM moved;
    RETURN v_txn;
END $$
"""

_PAIR = (
    "\\set a random(1, {n})\n\\set b 1 + (:a + random(0, {n} - 2)) % {n}\n\\set key random(1, 9000000000000000000)\n"
)
_OURS = (
    "SELECT ledger_post('bench:' || :client_id || ':' || :key, '\\x00', 'bench', 'bench',"
    " '00000000-0000-0000-0000-000000000007', now(), {lines}, NULL);\n"
)
_TWO = "ARRAY['b:' || :a, 'b:' || :b], ARRAY['USD', 'USD'], ARRAY[-10, 10]::bigint[]"
_THREE = (
    "ARRAY['b:' || :a, 'b:' || :b, 'platform' || chr(58) || 'bench'],"
    " ARRAY['USD', 'USD', 'USD'], ARRAY[-10, 9, 1]::bigint[]"
)
SCRIPTS = {
    "bare reference, 2 entries": _PAIR + "SELECT ref_transfer(:client_id || ':' || :key, :a, :b, 10);\n",
    "ours, 2 lines": _PAIR + _OURS.replace("{lines}", _TWO),
    "ours, 3 lines, one hot account": _PAIR + _OURS.replace("{lines}", _THREE),
}
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
    await connection.execute(REFERENCE)
    await connection.execute(f"INSERT INTO ref_account SELECT n, {RICH}, 0 FROM generate_series(1, {ACCOUNTS}) n")
    await connection.execute(
        f"""SELECT ledger_post('seed:' || s, '\\x00', 'seed', 'bench', '00000000-0000-0000-0000-000000000007', now(),
        ARRAY['world:bench:USD'] || array_agg('b:' || n), array_agg('USD'::text) || ARRAY['USD'],
        ARRAY[-count(*) * {RICH}]::bigint[] || array_agg({RICH}::bigint), NULL)
        FROM generate_series(1, {ACCOUNTS}) n, LATERAL (SELECT n % {ACCOUNTS // 80}) g (s) GROUP BY s"""
    )
    await connection.execute("ANALYZE")
    await connection.close()


def report(server: EmbeddedPostgres, folder: Path, seconds: int) -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, {ACCOUNTS} accounts, {seconds} s per run\n")
    print(f"{'transfers/s (backend CPU ms each)':34}" + "".join(f"{f'{n} clients':>26}" for n in CLIENTS))
    bare: dict[int, Result] = {}
    for name, script in SCRIPTS.items():
        line = f"{name:34}"
        for clients in CLIENTS:
            result = pgbench(server, folder, script, clients, seconds)
            bare.setdefault(clients, result)
            ratio = f"{result.per_second / bare[clients].per_second:4.0%}" if name != BARE else "    "
            line += f"{result.per_second:12,.0f} ({result.cpu_ms:.2f}) {ratio:>5}"
        print(line)
    for clients in CLIENTS[1:]:
        done = asyncio.run(through_python(server, clients, seconds))
        print(
            f"{f'post() in Python, {clients} tasks':34}{done:12,.0f}   {done / bare[clients].per_second:4.0%} of bare"
        )


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
