"""What a statement of every request costs in three ways: `python bench/statements.py [rounds]` prints CPU and ratios.

The rows of twenty gigs by their ids, as a search page asks for them, in turn: asyncpg alone with the same text, our
Prepared through a session, and SQLAlchemy with the same statement built anew for its IN list. Without rows in the
tables PostgreSQL has nothing to do, so that what is compared is the way to it. CPU is of this process.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg

from marketplace.discovery import listing
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.migrate import upgrade_async
from marketplace.postings.models import Posting
from marketplace.runtime import load_tasks
from marketplace.trust.blocks import is_open_to

ASKED = 100


async def main(rounds: int, url: str) -> None:
    load_tasks()
    await upgrade_async(url)
    database, at, ids, viewer = Database(url), clock.now(), [uuid4() for _ in range(20)], uuid4()
    prepared = listing._GIGS_OF  # pyright: ignore[reportPrivateUsage]
    sql, names, fixed = prepared._compiled  # pyright: ignore[reportPrivateUsage]
    values = {**fixed, "at": at, "ids": ids, "viewer": viewer}
    pool = await asyncpg.create_pool(url.replace("+asyncpg", ""), min_size=1)

    async def bare() -> None:
        async with pool.acquire() as connection:
            await connection.fetch(sql, *map(values.__getitem__, names))

    async def ours() -> None:
        async with database.read() as db:
            await prepared.rows(db, at=at, ids=ids, viewer=viewer)

    async def built_anew() -> None:
        seen = is_open_to(Posting.created_by, Posting.organisation_id, viewer)
        async with database.read() as db:
            (await db.execute(listing._gigs().where(Posting.id.in_(ids), seen), {"at": at})).all()

    ways: dict[str, Callable[[], Awaitable[None]]] = {"asyncpg": bare, "Prepared": ours, "built anew": built_anew}
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            began = time.process_time()
            for _ in range(ASKED):
                await way()
            took[name].append((time.process_time() - began) / ASKED * 1e6)
    base = statistics.median(took["asyncpg"][1:])
    for name, figures in took.items():
        middle = statistics.median(figures[1:])
        print(f"{name:12} {middle:6.0f} µs CPU   {middle / base:.2f} × asyncpg")
    await pool.close()
    await database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", fast=True)
        server.start()
        try:
            asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7, server.url()))
        finally:
            server.stop()
