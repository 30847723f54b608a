"""Synthetic fairs by seed, for tests and benchmarks.

Their laws of wishes and hours are ours: real fairs may cluster more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from marketplace.engines.matching.timetable.problem import Bools, Ints, Objective, Problem, reserve_one


@dataclass(frozen=True, slots=True)
class Size:
    """Numbers of a fair; `name` is employers x candidates x slots."""

    employers: int
    candidates: int
    slots: int

    @property
    def name(self) -> str:
        return f"{self.employers}x{self.candidates}x{self.slots}"


TINY, SMALL, MIDDLE, LARGE = Size(8, 60, 8), Size(20, 200, 12), Size(60, 1000, 16), Size(150, 5000, 20)


def fair(
    size: Size,
    *,
    seed: int,
    hostile: bool = False,
    longest_run: int = 3,
    with_reserve: bool = False,
    objective: Objective = Objective.COVERAGE,
) -> Problem:
    """A fair of 1 to 3 tables per employer and 6 to 12 pairs per candidate after both sides' refusals.

    Normal: 20 % are there in the morning only, 15 % in the afternoon only, 10 % have a gap. Hostile: 55 % stay the
    first third only and 15 % have three slots. Both: a break per employer, 15 % of them late or early gone, the first
    sixth of half of them for women, rooms in three halls (other halls are far), a break for all at midday.
    """
    rng = np.random.default_rng(seed)
    tables = open_tables(rng, size)
    candidate, employer, weight, ranks = wishes(rng, size)
    hall = rng.integers(3, size=size.employers)
    women_only = np.zeros((size.employers, size.slots), dtype=np.bool_)
    women_only[rng.random(size.employers) < 0.5, : size.slots // 6] = True
    woman = rng.random(size.candidates) < 0.4
    newcomer = rng.random(size.candidates) < 0.3
    return Problem(
        n_candidates=size.candidates,
        n_employers=size.employers,
        n_slots=size.slots,
        open=tables,
        candidate=candidate,
        employer=employer,
        weight=weight,
        available=hours(rng, size, hostile=hostile),
        most=np.full(size.candidates, 6),
        woman=woman,
        women_only=women_only,
        longest_run=longest_run,
        far=np.not_equal.outer(hall, hall),
        breaks_after=(size.slots // 2 - 1,),
        reserve=reserve_one(tables) if with_reserve else None,
        objective=objective,
        seed=seed,
        candidate_rank=ranks,
        group=newcomer.astype(np.int64),
    )


def open_tables(rng: Generator, size: Size) -> Ints:
    """(E, S): 1 to 3 tables, one slot of lunch in the middle third, some late or early gone."""
    tables = np.repeat(rng.integers(1, 4, size=(size.employers, 1)), size.slots, axis=1)
    lunch = rng.integers(size.slots // 3, 2 * size.slots // 3, size=size.employers)
    tables[np.arange(size.employers), lunch] = 0
    for employer in np.flatnonzero(rng.random(size.employers) < 0.15):
        missing = int(rng.integers(1, size.slots // 4 + 1))
        tables[employer, : missing if rng.random() < 0.5 else 0] = 0
        tables[employer, size.slots - missing if rng.random() < 0.5 else size.slots :] = 0
    return tables


def wishes(rng: Generator, size: Size) -> tuple[Ints, Ints, Ints, Ints]:
    """Candidate, employer, weight and her rank of each pair: 8 to 15 wishes each, one in five refused."""
    popularity = 1 / (1 + np.arange(size.employers)) ** 0.5
    popularity /= popularity.sum()
    strength = rng.random(size.candidates)
    rows: list[tuple[int, int, int, int]] = []
    for candidate in range(size.candidates):
        count = min(int(rng.integers(8, 16)), size.employers)
        listed = rng.choice(size.employers, size=count, replace=False, p=popularity)
        liked = np.linspace(1, 0.2, count)
        wanted = np.clip(0.6 * strength[candidate] + 0.4 * rng.random(count), 0, 1)
        kept = rng.random(count) > 0.2
        for rank in np.flatnonzero(kept):
            weight = int(np.clip(1000 * (0.5 * liked[rank] + 0.5 * wanted[rank]), 1, 1000))
            rows.append((candidate, int(listed[rank]), weight, int(rank) + 1))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return columns[0], columns[1], columns[2], columns[3]


def hours(rng: Generator, size: Size, *, hostile: bool) -> Bools:
    there = np.ones((size.candidates, size.slots), dtype=np.bool_)
    lot = rng.random(size.candidates)
    for candidate in range(size.candidates):
        row, draw = there[candidate], lot[candidate]
        if hostile and draw < 0.55:
            row[size.slots // 3 :] = False
        elif hostile and draw < 0.70:
            row[:] = False
            row[rng.choice(size.slots, size=min(3, size.slots), replace=False)] = True
        elif draw < 0.20:
            row[size.slots // 2 :] = False
        elif draw < 0.35:
            row[: size.slots // 2] = False
        elif draw < 0.45:
            first = int(rng.integers(size.slots))
            row[first : first + size.slots // 6] = False
    return there
