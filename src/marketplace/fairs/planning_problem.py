"""From rows to the planner's problem: who may meet whom, when and how much it is worth. Six queries, then arrays.

Order, so that anybody can read a published problem: candidates by number, employers by name, slots by number.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select

from marketplace.engines.matching.timetable.problem import Objective, Problem, reserve_one
from marketplace.fairs import wishes
from marketplace.fairs.booth_models import Booth, FairTable, TableClosure
from marketplace.fairs.candidate_models import FairCandidate, Preference
from marketplace.fairs.fit import Seat, faults
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.rules import LIVE_MEETINGS, SEATED
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Conflict
from marketplace.kernel.i18n import N_

UNWISHED, MOST_UNWISHED = 100, 12
"""Who wished for nobody may meet this many employers that fit, at this weight: nobody is left out for being shy."""
WORTH = {("candidate", "must"): 700, ("candidate", "would"): 400, ("employer", "must"): 300, ("employer", "would"): 150}
RANKED = 15
"""What each place further down a candidate's list takes off."""


class NothingToPlan(Conflict):
    message = N_("There is nothing to plan yet: it needs candidates, approved employers, and tables.")


@dataclass(frozen=True, slots=True)
class Frame:
    """The problem, and which row each of its numbers is."""

    problem: Problem
    candidates: list[FairCandidate]
    booths: list[Booth]
    slots: list[FairSlot]
    tables: dict[tuple[int, int], list[UUID]]
    """Employer and slot: its open tables, by label."""


async def frame_of(db: AnySession, fair: Fair, *, objective: str, seed: int) -> Frame:
    """Everything the planner needs. Raises: NothingToPlan."""
    candidates = await _all(db, FairCandidate, fair, FairCandidate.state.in_(SEATED), order=FairCandidate.number)
    offers = await wishes.seats_of(db, fair.id)
    slots = await _all(db, FairSlot, fair, FairSlot.kind == "meeting", order=FairSlot.number)
    tables = await _all(db, FairTable, fair, FairTable.closed_at.is_(None), order=FairTable.label)
    with_tables = {table.booth_id for table in tables}
    offers = [(booth, seat) for booth, seat in offers if booth.id in with_tables]
    booths = [booth for booth, _ in offers]
    if not (candidates and booths and slots):
        raise NothingToPlan
    wished = (await db.scalars(select(Preference).where(Preference.fair_id == fair.id))).all()
    opened = await _open_tables(db, fair, booths, slots, tables)
    pairs = pairs_of(candidates, offers, wished)
    standing = await _locked(db, fair, candidates, booths, slots)
    for candidate, employer, _ in standing:
        pairs.setdefault((candidate, employer), (UNWISHED, 0, 0))
    problem = _problem(fair, candidates, booths, slots, opened, pairs)
    reserve = reserve_one(problem.open) if fair.keeps_reserve else None
    made = _problem(
        fair,
        candidates,
        booths,
        slots,
        opened,
        pairs,
        reserve=reserve,
        far=await _far(db, fair, booths, tables) if fair.spares_walks else None,
        locked=np.array(standing, dtype=np.int64).reshape(-1, 3),
        objective=Objective(objective),
        seed=seed,
    )
    return Frame(made, candidates, booths, slots, opened)


async def _all(db: AnySession, table: Any, fair: Fair, *conditions: Any, order: Any) -> list[Any]:
    found = select(table).where(table.fair_id == fair.id, *conditions).order_by(order, table.id)
    return list((await db.scalars(found)).all())


async def _open_tables(
    db: AnySession, fair: Fair, booths: list[Booth], slots: list[FairSlot], tables: list[FairTable]
) -> dict[tuple[int, int], list[UUID]]:
    closed = select(TableClosure.table_id, TableClosure.slot_id).where(
        TableClosure.fair_id == fair.id, TableClosure.reason != "reserve"
    )
    shut = {(row.table_id, row.slot_id) for row in await db.execute(closed)}
    of_booth: dict[UUID, list[UUID]] = defaultdict(list)
    for table in tables:
        of_booth[table.booth_id].append(table.id)
    return {
        (e, s): [id for id in of_booth[booth.id] if (id, slot.id) not in shut]
        for e, booth in enumerate(booths)
        for s, slot in enumerate(slots)
        if (booth.arrives_at is None or slot.starts_at >= booth.arrives_at)
        and (booth.leaves_at is None or slot.ends_at <= booth.leaves_at)
    }


def _problem(
    fair: Fair,
    candidates: list[FairCandidate],
    booths: list[Booth],
    slots: list[FairSlot],
    opened: dict[tuple[int, int], list[UUID]],
    pairs: dict[tuple[int, int], tuple[int, int, int]],
    **more: Any,
) -> Problem:
    open_tables = np.zeros((len(booths), len(slots)), dtype=np.int64)
    for (e, s), free in opened.items():
        open_tables[e, s] = len(free)
    rows = np.array([(*pair, *worth) for pair, worth in sorted(pairs.items())], dtype=np.int64).reshape(-1, 5)
    women = np.array([slot.is_women_only for slot in slots], dtype=np.bool_)
    return Problem(
        n_candidates=len(candidates),
        n_employers=len(booths),
        n_slots=len(slots),
        open=open_tables,
        candidate=rows[:, 0].copy(),
        employer=rows[:, 1].copy(),
        weight=rows[:, 2].copy(),
        candidate_rank=rows[:, 3].copy(),
        employer_rank=rows[:, 4].copy(),
        available=np.array([[is_free(c, slot) for slot in slots] for c in candidates], dtype=np.bool_),
        most=np.full(len(candidates), fair.max_meetings, dtype=np.int64),
        woman=np.array([bool(c.is_woman) for c in candidates], dtype=np.bool_),
        women_only=np.tile(women, (len(booths), 1)) if women.any() else None,
        longest_run=fair.longest_run,
        breaks_after=_breaks(slots),
        **more,
    )


def is_free(candidate: FairCandidate, slot: FairSlot, away: Sequence[Any] | None = None) -> bool:
    """The slot lies in her transport window and overlaps nothing that she said (or `away` in its place)."""
    if candidate.arrives_at is not None and slot.starts_at < candidate.arrives_at:
        return False
    if candidate.leaves_at is not None and slot.ends_at > candidate.leaves_at:
        return False
    said: Sequence[Any] = candidate.away if away is None else away
    gone = ((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in said)
    return not any(begins < slot.ends_at and slot.starts_at < ends for begins, ends in gone)


def _breaks(slots: list[FairSlot]) -> tuple[int, ...]:
    """After which slots there is time to rest: a break, a prayer, the end of a day."""
    following = pairwise(slots)
    return tuple(
        n for n, (one, next_) in enumerate(following) if next_.number != one.number + 1 or one.day_id != next_.day_id
    )


def pairs_of(
    candidates: Sequence[FairCandidate], offers: Sequence[tuple[Booth, Seat]], wished: Sequence[Preference]
) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Who may meet: (weight, her rank, the employer's rank) of each pair that somebody wished and that fits.

    What fits is what both sides read beforehand (`fit.faults`).
    """
    c_of = {each.id: n for n, each in enumerate(candidates)}
    e_of = {booth.id: n for n, (booth, _) in enumerate(offers)}
    seekers = [wishes.seeker_of(each) for each in candidates]

    def fits(c: int, e: int) -> bool:
        return not faults(seekers[c], offers[e][1])

    said: dict[tuple[int, int], dict[str, Preference]] = defaultdict(dict)
    for wish in wished:
        if wish.candidate_id in c_of and wish.booth_id in e_of:
            said[c_of[wish.candidate_id], e_of[wish.booth_id]][wish.side] = wish
    found: dict[tuple[int, int], tuple[int, int, int]] = {}
    for pair, both in said.items():
        if all(each.choice != "no" for each in both.values()) and fits(*pair):
            found[pair] = _worth(both), _rank(both.get("candidate")), _rank(both.get("employer"))
    served = {c for c, _ in found}
    for c in set(range(len(candidates))) - served:
        turned = ((candidates[c].number + n) % len(offers) for n in range(len(offers)))
        fitting = [e for e in turned if fits(c, e)]
        for e in [e for e in fitting if (c, e) not in said][:MOST_UNWISHED]:
            found[c, e] = (UNWISHED, 0, 0)
    return found


def _worth(both: dict[str, Preference]) -> int:
    score = sum(WORTH[side, wish.choice] for side, wish in both.items())
    hers = both.get("candidate")
    return max(1, min(1_000, score - RANKED * ((hers.rank or 1) - 1 if hers else 0)))


def _rank(wish: Preference | None) -> int:
    if wish is None:
        return 0
    return wish.rank or (1 if wish.choice == "must" else 2)


async def _far(db: AnySession, fair: Fair, booths: list[Booth], tables: list[FairTable]) -> Any:
    rooms = select(FairRoom.id, FairRoom.zone).where(FairRoom.fair_id == fair.id)
    zones = {row.id: row.zone for row in await db.execute(rooms)}
    first: dict[UUID, str] = {}
    for table in tables:
        first.setdefault(table.booth_id, zones.get(table.room_id, "") if table.room_id else "")
    named = [first.get(booth.id, "") for booth in booths]
    return np.array([[bool(a and b and a != b) for b in named] for a in named], dtype=np.bool_)


async def _locked(
    db: AnySession, fair: Fair, candidates: list[FairCandidate], booths: list[Booth], slots: list[FairSlot]
) -> list[tuple[int, int, int]]:
    """Meetings that stand, whatever is planned anew."""
    c_of = {each.id: n for n, each in enumerate(candidates)}
    e_of = {each.id: n for n, each in enumerate(booths)}
    s_of = {each.id: n for n, each in enumerate(slots)}
    stands = Meeting.state.in_(LIVE_MEETINGS) & (Meeting.is_locked | (Meeting.state != "planned"))
    found = select(Meeting.candidate_id, Meeting.booth_id, Meeting.slot_id).where(Meeting.fair_id == fair.id, stands)
    rows = (await db.execute(found)).all()
    return [(c_of[c], e_of[b], s_of[s]) for c, b, s in rows if s and c in c_of and b in e_of and s in s_of]
