"""`make relevance`: how well each engine answers the panel of search/judgements, by class.

The embedded engine, and Meilisearch where MEILI_URL (and MEILI_KEY) name one; its indexes of the panel go afterwards.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from marketplace.engines.search import outbox
from marketplace.engines.search.embedded import EmbeddedSearch
from marketplace.engines.search.meili_client import Meili
from marketplace.engines.search.meilisearch import MeiliSearch
from marketplace.engines.search.protocol import Query, SearchIndex
from marketplace.engines.search.settings import load_settings
from marketplace.kernel.database import Database
from marketplace.kernel.paths import resource

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.panel import CLASSES, Asked, World, grade, load, ndcg


@dataclass(frozen=True, slots=True)
class Answer:
    """What one query found: grades of the page in order, the grades of the best order, and how long it took."""

    asked: Asked
    grades: tuple[int, ...]
    ideal: tuple[int, ...]
    milliseconds: float

    @property
    def ndcg(self) -> float:
        return ndcg(self.grades, self.ideal)

    @property
    def reciprocal_rank(self) -> float:
        return next((1 / rank for rank, each in enumerate(self.grades, 1) if each >= 2), 0.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one class; for `none` only `empty` counts."""

    kind: str
    count: int
    ndcg: float
    mrr: float
    empty: float
    p50: float
    p99: float

    @classmethod
    def of(cls, kind: str, answers: Sequence[Answer]) -> "Figures":
        took = sorted(each.milliseconds for each in answers)
        return cls(
            kind,
            len(answers),
            mean(each.ndcg for each in answers),
            mean(each.reciprocal_rank for each in answers),
            mean(not each.grades for each in answers),
            took[len(took) // 2],
            took[len(took) * 99 // 100],
        )


async def fill(search: SearchIndex, world: World) -> None:
    """Build the two indexes of the world."""
    for index in ("gigs", "people"):

        async def batches(documents: list[dict[str, Any]]) -> AsyncIterator[list[dict[str, Any]]]:
            for begin in range(0, len(documents), 500):
                yield documents[begin : begin + 500]

        await search.rebuild(index, batches(world.of(index)))


async def ask(search: SearchIndex, world: World, queries: Sequence[Asked]) -> list[Answer]:
    """All queries, one after the other."""
    return [await _answer(search, world, asked) for asked in queries]


async def _answer(search: SearchIndex, world: World, asked: Asked) -> Answer:
    began = time.perf_counter()
    result = await search.search(asked.index, Query(asked.words))
    took = (time.perf_counter() - began) * 1000
    grades = tuple(grade(world.by_id[hit.id], asked) for hit in result.hits)
    return Answer(asked, grades, tuple(world.ideal(asked)), took)


def figures(answers: Sequence[Answer]) -> list[Figures]:
    """By class, in the order of the classes."""
    return [Figures.of(kind, [each for each in answers if each.asked.kind == kind]) for kind in CLASSES]


@asynccontextmanager
async def engines() -> AsyncIterator[dict[str, SearchIndex]]:
    """Every engine that can be asked here."""
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, SearchIndex] = {"embedded": EmbeddedSearch(Path(folder), resource("search"))}
        if not (url := os.environ.get("MEILI_URL")):
            yield found
            return
        async with meilisearch(url, os.environ.get("MEILI_KEY", "")) as search:
            yield found | {await search.greet(): search}


@asynccontextmanager
async def meilisearch(url: str, key: str) -> AsyncIterator[MeiliSearch]:
    """A Meilisearch with indexes of its own, which go at the end. There is no PostgreSQL that could list instead."""
    nowhere = Database("postgresql+asyncpg://nowhere.invalid/")
    meili, settings = Meili(url, key, search_seconds=30), load_settings(resource("search"))
    search = MeiliSearch(meili, settings, nowhere, outbox.listing_of, prefix=f"panel-{os.getpid()}-")
    try:
        yield search
    finally:
        await search.forget()
        await search.close()


async def main(worst: int) -> None:
    world, queries = World(), load()
    print(f"{len(queries)} queries over {len(world.documents)} documents")
    async with engines() as found:
        for name, search in found.items():
            await fill(search, world)
            answers = await ask(search, world, queries)
            print(f"\n| {name} | queries | nDCG@10 | MRR | no hit | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|")
            for each in figures(answers):
                score = " | " if each.kind == "none" else f"{each.ndcg:.3f} | {each.mrr:.3f}"
                times = f"{each.p50:.1f} | {each.p99:.1f}"
                print(f"| {each.kind} | {each.count} | {score} | {each.empty:.3f} | {times} |")
            for each in sorted(answers, key=lambda answer: answer.ndcg)[:worst]:
                print(f"  {each.ndcg:.2f} {each.asked.kind} {each.asked.index}: {each.asked.words} {each.grades[:10]}")


if __name__ == "__main__":
    asyncio.run(main(int(os.environ.get("WORST", "0"))))
