"""A fair as the planner's problem: its rows as arrays, and numbers back to rows. Eight queries, then arrays.

The timetable (`frame_of`) and the day (`floor_of`) are the same problem: they differ in which tables and pairs count
and in what is kept in reserve. Order, so that anybody can read a published problem: candidates by number, employers by
name, slots by number.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, select

from marketplace.engines.matching.timetable.problem import Bools, Ints, Objective, Problem, reserve_one, triples
from marketplace.fairs import wishes
from marketplace.fairs.booth_models import Booth, FairTable, TableClosure
from marketplace.fairs.candidate_models import FairCandidate, Preference
from marketplace.fairs.fit import Seat, faults
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.planning_problem import STANDBY, UNWISHED, Pairs, is_free, pairs_of
from marketplace.fairs.rules import LIVE_MEETINGS, SEATED
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Conflict
from marketplace.kernel.i18n import N_

Cells = frozenset[tuple[UUID, UUID]]
"""(table, slot)."""


class NothingToPlan(Conflict):
    message = N_("There is nothing to plan yet: it needs candidates, approved employers, and tables.")


@dataclass(frozen=True, slots=True)
class Rows:
    """A fair's people, employers with a table, slots and tables in the planner's order, and what counts of them."""

    candidates: Sequence[FairCandidate]
    offers: Sequence[tuple[Booth, Seat]]
    slots: Sequence[FairSlot]
    tables: Sequence[FairTable]
    closed: Cells
    reserved: Cells
    zones: dict[UUID, str]
    wished: Sequence[Preference]
    meetings: Sequence[Meeting]
    """Those that hold a seat now."""

    @property
    def booths(self) -> list[Booth]:
        return [booth for booth, _ in self.offers]


@dataclass(frozen=True, slots=True)
class Floor:
    """The problem, and which row each of its numbers is; booths without a table are left out."""

    candidates: Sequence[FairCandidate]
    booths: Sequence[Booth]
    slots: Sequence[FairSlot]
    tables: Sequence[FairTable]
    closed: Cells
    """(table, slot) in which a table takes nobody, seats kept in reserve not counted."""
    problem: Problem

    def slot_from(self, at: datetime) -> int:
        """The first slot that has not begun."""
        return next((n for n, slot in enumerate(self.slots) if slot.starts_at > at), len(self.slots))

    def numbers(self, meetings: Sequence[Meeting]) -> Ints:
        """(M, 3): meetings in slots of this floor, of people and booths on it."""
        return _numbers(self.candidates, self.booths, self.slots, meetings)

    def tables_at(self) -> dict[tuple[int, int], list[UUID]]:
        """Employer and slot: its open tables, by label."""
        number = {booth.id: n for n, booth in enumerate(self.booths)}
        found: dict[tuple[int, int], list[UUID]] = {
            (e, s): [] for e in range(len(self.booths)) for s in range(len(self.slots))
        }
        for table in self.tables:
            if (e := number.get(table.booth_id)) is not None:
                for s, slot in enumerate(self.slots):
                    if stands(table, self.booths[e], slot, self.closed):
                        found[e, s].append(table.id)
        return found


async def frame_of(db: AnySession, fair: Fair, *, objective: str, seed: int) -> Floor:
    """What a timetable is planned from; meetings that stand are locked in it. Raises: NothingToPlan."""
    rows = await _rows(db, fair, FairTable.closed_at.is_(None))
    if not (rows.candidates and rows.offers and rows.slots):
        raise NothingToPlan
    locked = _numbers(rows.candidates, rows.booths, rows.slots, [each for each in rows.meetings if is_fixed(each)])
    pairs = pairs_of(rows.candidates, rows.offers, rows.wished)
    unwished = {(c, e): (UNWISHED, 0, 0) for c, e, _ in triples(locked)}
    reserve = reserve_one(_open(rows)) if fair.keeps_reserve else None
    more: dict[str, Any] = {"reserve": reserve, "locked": locked, "objective": Objective(objective), "seed": seed}
    return _floor(fair, rows, {**unwished, **pairs}, **more)


async def floor_of(
    db: AnySession, fair: Fair, *, seed: int = 0, delay: timedelta = timedelta(), after: datetime | None = None
) -> Floor:
    """All of it as it stands on the day; with `delay` as if slots that begin after `after` were so much later. Who may
    meet whom, and what it is worth, is what the timetable was made by; besides those who have a meeting, and who came
    on the day without a wish everybody she fits."""
    rows = await _rows(db, fair)
    if after:
        rows = replace(rows, slots=[_later(slot, delay) if slot.starts_at > after else slot for slot in rows.slots])
    pairs = {**_standby(rows), **pairs_of(rows.candidates, rows.offers, rows.wished)}
    objective = Objective(fair.objective)
    return _floor(fair, rows, pairs, reserve=_count(rows, rows.reserved), objective=objective, seed=seed)


def is_fixed(meeting: Meeting) -> bool:
    """It stands, whatever is planned anew: it was locked, or has begun."""
    return meeting.is_locked or meeting.state != "planned"


async def live_meetings(db: AnySession, fair_id: UUID) -> list[Meeting]:
    """Meetings that hold their seat in a slot."""
    found = select(Meeting).where(Meeting.fair_id == fair_id, Meeting.state.in_(LIVE_MEETINGS))
    return list((await db.scalars(found.where(Meeting.slot_id.is_not(None)).order_by(Meeting.id))).all())


def stands(table: FairTable, booth: Booth, slot: FairSlot, closed: Cells) -> bool:
    """Whether the table takes somebody in that slot."""
    return (
        (table.id, slot.id) not in closed
        and (table.closed_at is None or slot.starts_at < table.closed_at)
        and (booth.arrives_at is None or slot.starts_at >= booth.arrives_at)
        and (booth.leaves_at is None or slot.ends_at <= booth.leaves_at)
    )


async def _rows(db: AnySession, fair: Fair, *of_tables: ColumnElement[bool]) -> Rows:
    """All of a fair that counts; of the tables those of which `of_tables` holds."""

    async def all_of(table: Any, *conditions: ColumnElement[bool], order: Sequence[Any] = ()) -> Sequence[Any]:
        return (await db.scalars(select(table).where(table.fair_id == fair.id, *conditions).order_by(*order))).all()

    tables = await all_of(FairTable, *of_tables, order=(FairTable.label, FairTable.id))
    with_tables = {table.booth_id for table in tables}
    closures = await all_of(TableClosure)
    rooms = await all_of(FairRoom)
    return Rows(
        candidates=await all_of(FairCandidate, FairCandidate.state.in_(SEATED), order=[FairCandidate.number]),
        offers=[(booth, seat) for booth, seat in await wishes.seats_of(db, fair.id) if booth.id in with_tables],
        slots=await all_of(FairSlot, FairSlot.kind == "meeting", order=[FairSlot.number]),
        tables=tables,
        closed=frozenset((each.table_id, each.slot_id) for each in closures if each.reason != "reserve"),
        reserved=frozenset((each.table_id, each.slot_id) for each in closures if each.reason == "reserve"),
        zones={room.id: room.zone for room in rooms},
        wished=await all_of(Preference),
        meetings=await live_meetings(db, fair.id),
    )


def _floor(fair: Fair, rows: Rows, pairs: Pairs, **more: Any) -> Floor:
    """The problem that both share."""
    people, slots, booths = rows.candidates, rows.slots, rows.booths
    table = np.array([(*pair, *worth) for pair, worth in sorted(pairs.items())], dtype=np.int64).reshape(-1, 5)
    women = np.array([slot.is_women_only for slot in slots], dtype=np.bool_)
    there = [[is_free(each, slot) for slot in slots] for each in people]
    problem = Problem(
        n_candidates=len(people),
        n_employers=len(booths),
        n_slots=len(slots),
        open=_open(rows),
        candidate=table[:, 0].copy(),
        employer=table[:, 1].copy(),
        weight=table[:, 2].copy(),
        candidate_rank=table[:, 3].copy(),
        employer_rank=table[:, 4].copy(),
        available=np.array(there, dtype=np.bool_).reshape(len(people), len(slots)),
        most=np.full(len(people), fair.max_meetings, dtype=np.int64),
        least=np.full(len(people), fair.min_meetings, dtype=np.int64) if fair.min_meetings > 1 else None,
        woman=np.array([each.is_woman is True for each in people], dtype=np.bool_),
        women_only=np.tile(women, (len(booths), 1)) if women.any() else None,
        longest_run=fair.longest_run,
        far=_far(rows) if fair.spares_walks else None,
        breaks_after=tuple(n for n, (one, two) in enumerate(pairwise(slots)) if not _follow(one, two)),
        **more,
    )
    return Floor(people, booths, slots, rows.tables, rows.closed, problem)


def _numbers(
    candidates: Sequence[FairCandidate], booths: Sequence[Booth], slots: Sequence[FairSlot], meetings: Sequence[Meeting]
) -> Ints:
    c, e, s = ({row.id: n for n, row in enumerate(rows)} for rows in (candidates, booths, slots))
    rows = [
        (c[m.candidate_id], e[m.booth_id], s[m.slot_id])
        for m in meetings
        if m.slot_id is not None and m.candidate_id in c and m.booth_id in e and m.slot_id in s
    ]
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)


def _follow(one: FairSlot, two: FairSlot) -> bool:
    """Without a break, a prayer or a night between them."""
    return two.number == one.number + 1 and two.day_id == one.day_id


def _later(slot: FairSlot, by: timedelta) -> FairSlot:
    """The same slot at another time: a row of no session."""
    same = {name: getattr(slot, name) for name in ("id", "fair_id", "day_id", "number", "kind", "is_women_only")}
    return FairSlot(**same, starts_at=slot.starts_at + by, ends_at=slot.ends_at + by)


def _open(rows: Rows) -> Ints:
    """(E, S): tables that take somebody."""
    e = {booth.id: booth for booth in rows.booths}
    cells = ((table, slot) for table in rows.tables if table.booth_id in e for slot in rows.slots)
    return _count(
        rows, ((table.id, slot.id) for table, slot in cells if stands(table, e[table.booth_id], slot, rows.closed))
    )


def _count(rows: Rows, cells: Iterable[tuple[UUID, UUID]]) -> Ints:
    """(E, S): how many of these (table, slot) each employer has in each slot."""
    e, s = {booth.id: n for n, booth in enumerate(rows.booths)}, {slot.id: n for n, slot in enumerate(rows.slots)}
    booth_of = {table.id: e[table.booth_id] for table in rows.tables if table.booth_id in e}
    made = np.zeros((len(e), len(s)), dtype=np.int64)
    for table, slot in cells:
        if table in booth_of and slot in s:
            made[booth_of[table], s[slot]] += 1
    return made


def _far(rows: Rows) -> Bools:
    """(E, E): no table of the one stands in a zone in which one of the other does; a room without zone is near."""
    zones: dict[UUID, set[str]] = defaultdict(set)
    for table in rows.tables:
        if table.room_id:
            zones[table.booth_id].add(rows.zones.get(table.room_id, ""))
    own = [zones[booth.id] for booth in rows.booths]
    far = [[bool(here and there) and not here & there and "" not in here | there for there in own] for here in own]
    return np.array(far, dtype=np.bool_).reshape(len(own), len(own))


def _standby(rows: Rows) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Pairs that nobody wished: those who have a meeting; whoever came on the day without a wish with all she fits."""
    c, e = ({row.id: n for n, row in enumerate(each)} for each in (rows.candidates, rows.booths))
    pairs = {
        (c[each.candidate_id], e[each.booth_id])
        for each in rows.meetings
        if each.candidate_id in c and each.booth_id in e
    }
    wishing = {wish.candidate_id for wish in rows.wished}
    for n, candidate in enumerate(rows.candidates):
        if candidate.id not in wishing and (candidate.source == "walk_in" or candidate.standby_at is not None):
            seeker = wishes.seeker_of(candidate)
            pairs |= {(n, m) for m, (_, seat) in enumerate(rows.offers) if not faults(seeker, seat)}
    return dict.fromkeys(pairs, (STANDBY, 0, 0))
