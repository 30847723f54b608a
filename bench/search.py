"""How fast the embedded engine writes and finds: `python bench/search.py [documents]` prints a table.

Documents are made from the taxonomy with a fixed seed: their words are real names of skills, their meaning is not.
"""

import asyncio
import random
import resource as process
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from marketplace.engines.search.embedded import EmbeddedSearch
from marketplace.engines.search.filters import Eq, In, Range
from marketplace.engines.search.protocol import Query
from marketplace.kernel.paths import resource
from marketplace.skills.taxonomy import SkillName, known_skills

FACETS = ("skills", "pay", "remote", "district")
RUNS = 200


def document(number: int, chance: random.Random, skills: list[SkillName]) -> dict[str, Any]:
    """One gig of two to five skills."""
    chosen = chance.sample(skills, chance.randint(2, 5))
    low = chance.randint(10, 900) * 100
    return {
        "id": UUID(int=number + 1),
        "title": f"{chosen[0].name_en} and {chosen[1].name_en} for a shop",
        "skill_names": [name for skill in chosen for name in skill.search_names],
        "employer": f"Employer {number % 997}",
        "description": " ".join(skill.name_en for skill in chance.choices(skills, k=40)),
        "skills": [skill.slug for skill in chosen],
        "pay": chance.choice(["fixed", "fixed", "hourly"]),
        "currency": "USD",
        "remote": chance.random() < 0.8,
        "district": chance.choice(["multan", "lodhran", "bahawalpur", None]),
        "languages": [chance.choice(["en", "en", "ur"])],
        "pay_min": low,
        "pay_max": low * 2,
        "posted_at": 1_760_000_000 + number,
        "deadline_at": 1_790_000_000 + number,
    }


def questions(chance: random.Random, skills: list[SkillName]) -> dict[str, Callable[[], Query]]:
    """Kinds of questions; each call asks for something else, so that no kept answer helps."""

    def name() -> str:
        return chance.choice(skills).name_en.split()[0]

    def typo() -> str:
        word = next(word for word in iter(name, "") if len(word) >= 6)
        at = chance.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    def page() -> int:
        return chance.randrange(0, 900, 20)

    pay = {"pay": Eq("pay", "fixed")}
    return {
        "everything, facets": lambda: Query(facets=FACETS, offset=page()),
        "1 word, facets": lambda: Query(name(), facets=FACETS, offset=page()),
        "2 words, facets": lambda: Query(f"{name()} {name()}", facets=FACETS),
        "3 words, facets": lambda: Query(f"{name()} {name()} {name()}", facets=FACETS),
        "2 words, no facets": lambda: Query(f"{name()} {name()}", offset=page()),
        "1 typo, facets": lambda: Query(typo(), facets=FACETS),
        "beginning of a word": lambda: Query(name()[:3], facets=FACETS),
        "filters, facets": lambda: Query(
            filter=In("skills", tuple(skill.slug for skill in chance.sample(skills, 3))),
            groups=pay | {"pay_max": Range("pay_max", chance.randint(1, 90_000), None)},
            facets=FACETS,
        ),
        "sorted by pay": lambda: Query(name(), sort="pay_max:desc", offset=page()),
    }


async def main(count: int) -> None:
    chance, skills = random.Random(7), list(known_skills().values())
    changing: list[dict[str, Any]] = []

    async def batches() -> AsyncIterator[list[dict[str, Any]]]:
        for begin in range(0, count, 500):
            made = [document(number, chance, skills) for number in range(begin, min(begin + 500, count))]
            changing.extend(made[: 30 - len(changing)])
            yield made

    with tempfile.TemporaryDirectory() as folder:
        search = EmbeddedSearch(Path(folder), resource("search"))
        began, cpu = time.perf_counter(), time.process_time()
        await search.rebuild("gigs", batches())
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        speed = f"{count / seconds:.0f} a second by the clock, {count / cpu:.0f} a second of CPU"
        print(f"{count} documents: {speed}, {size_of(folder) / 1e6:.0f} MB on disk")
        print(f"| question, {RUNS} of each | p50 ms | p99 ms | p50 CPU ms | p99 CPU ms |\n|---|---|---|---|---|")
        for label, ask in questions(chance, skills).items():
            took = [await timed(search, ask()) for _ in range(RUNS)]
            figures = [f"{at(each, share):.1f}" for each in zip(*took, strict=True) for share in (0.5, 0.99)]
            print(f"| {label} | {' | '.join(figures)} |")
        changes = sorted([await written(search, each) for each in changing])
        print(f"one changed document to found: p50 {changes[len(changes) // 2]:.0f} ms, slowest {changes[-1]:.0f} ms")
    print(f"memory at most {process.getrusage(process.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def size_of(folder: str) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


async def timed(search: EmbeddedSearch, query: Query) -> tuple[float, float]:
    """Milliseconds by the clock and of this process's CPU (which a busy machine stretches less)."""
    cpu, began = time.process_time(), time.perf_counter()
    await search.search("gigs", query)
    return (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000


def at(figures: tuple[float, ...], share: float) -> float:
    """The figure that so many are under."""
    return sorted(figures)[int(len(figures) * share)]


async def written(search: EmbeddedSearch, document: dict[str, Any]) -> float:
    began = time.perf_counter()
    await search.write("gigs", upsert=[document])
    await search.search("gigs", Query("shop"))
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
