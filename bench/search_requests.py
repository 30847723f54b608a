"""A search through the whole request and through the engine alone: `python bench/search_requests.py [documents]`.

The gigs of bench/search.py as rows of PostgreSQL, carried into the index as an import's are. Every question is asked
through the application (as a stranger, HTML, gzip) and of the engine, in turn, with all facets of /gigs; one client.
"""

import asyncio
import gc
import logging
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from marketplace.discovery.criteria import GigCriteria
from marketplace.discovery.imports import postings
from marketplace.discovery.queries import gig_query
from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.identity import actions as identity
from marketplace.identity import organisations
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.migrate import upgrade_async
from marketplace.kernel.queue import Services
from marketplace.places.actions import load_places
from marketplace.runtime import load_tasks, open_services
from marketplace.skills.actions import load_skills
from marketplace.skills.taxonomy import known_skills
from marketplace.web import limits
from marketplace.web.app import create_app

sys.path.insert(0, str(Path(__file__).parent.parent))
from bench.gigs import request
from bench.search import document

RUNS = 200


@dataclass
class Took:
    """Milliseconds of each question by the clock, and of this process's CPU in all."""

    wall: list[float] = field(default_factory=list[float])
    cpu: float = 0.0

    async def of(self, ask: Callable[[], Awaitable[object]]) -> None:
        cpu, began = time.process_time(), time.perf_counter()
        await ask()
        self.wall.append((time.perf_counter() - began) * 1000)
        self.cpu += (time.process_time() - cpu) * 1000

    def at(self, share: float) -> float:
        return sorted(self.wall)[int(len(self.wall) * share)]

    @property
    def cpu_each(self) -> float:
        return self.cpu / len(self.wall)


async def fill(services: Services, count: int) -> None:
    """`count` gigs of one employer, in PostgreSQL and in the index."""
    database, at = services[Database], clock.now()
    chance, skills = random.Random(7), list(known_skills().values())
    async with database.write.begin() as db:
        await load_skills(db)
        await load_places(db)
        owner = await identity.sign_up(
            db, name="Bilal", email="b@bench.example", password_hash="", locale="en", at=at
        )  # fmt: skip
        made = await organisations.create_organisation(db, owner.id, name="Bench", kinds=["employer"], at=at)
        said = {str(number): row(document(number, chance, skills), at) for number in range(count)}
        source = postings.Source("bench", "gig", postings.Employer(made.id, owner.id))
        for begin in range(0, count, 5_000):
            part = dict(list(said.items())[begin : begin + 5_000])
            await postings.load(db, part, source, at=at)
    await outbox.carry_over(database, services[SearchIndex])


def row(made: dict[str, Any], at: Any) -> dict[str, Any]:
    """A document of the engine's benchmark as an import reads it."""
    return {
        **{name: made[name] for name in ("title", "description", "skills", "currency", "district")},
        **{"low": made["pay_min"], "high": made["pay_max"], "language": made["languages"][0]},
        **{"pay_kind": made["pay"], "is_remote": made["remote"] or made["district"] is None, "place": ""},
        **{"type": "full_time", "level": "entry", "posted_at": at - timedelta(minutes=made["posted_at"] % 40_000)},
    }


async def measure(app: Any, search: SearchIndex, words: int) -> tuple[Took, Took]:
    """The request and the engine alone for so many words each."""
    chance, skills = random.Random(words), list(known_skills().values())
    whole, alone = Took(), Took()
    for _ in range(RUNS):
        asked = [
            " ".join(chance.choice(skills).name_en.split()[0] for _ in range(words)) + f" {chance.choice('abcdefgh')}"
            for _ in range(2)
        ]
        first, second = (GigCriteria(words=each, page=chance.randint(1, 3)) for each in asked)
        await whole.of(lambda first=first: request(app, "", path="/gigs", query=first.to_query()))
        question = gig_query(second, at=clock.now())
        await alone.of(lambda question=question: search.search("gigs", question))
    return whole, alone


async def main(count: int, url: str, data: Path) -> None:
    logging.disable(logging.CRITICAL)
    limits.BY_ADDRESS = 10**9  # one client asks as fast as it can
    load_tasks()
    await upgrade_async(url)
    settings = Settings.from_env({"MARKETPLACE_ENV": "test", "MARKETPLACE_DATA_DIR": str(data), "DATABASE_URL": url})
    services = open_services(settings, Database(url))
    await fill(services, count)
    app, search = create_app(services), services[SearchIndex]
    gc.collect()
    gc.freeze()  # as every web process does when it starts
    gc.set_threshold(10_000, 20, 20)
    await measure(app, search, 2)
    print(f"{count} gigs, {RUNS} questions of each kind, ms\n")
    print("| words | request p50 / p99 | engine p50 / p99 | request − engine p50 | CPU request / engine |")
    print("|---|---|---|---|---|")
    for words in (1, 2, 3):
        whole, alone = await measure(app, search, words)
        print(
            f"| {words} | {whole.at(0.5):.1f} / {whole.at(0.99):.1f} | {alone.at(0.5):.1f} / {alone.at(0.99):.1f} "
            f"| {whole.at(0.5) - alone.at(0.5):.1f} | {whole.cpu_each:.1f} / {alone.cpu_each:.1f} |"
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", fast=True)
        server.start()
        try:
            asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, server.url(), Path(folder)))
        finally:
            server.stop()
