"""A fair as the planner's problem: its rows as arrays, and numbers back to rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select

from marketplace.engines.matching.timetable.problem import Ints, Objective, Problem
from marketplace.fairs import wishes
from marketplace.fairs.booth_models import Booth, FairTable, TableClosure
from marketplace.fairs.candidate_models import FairCandidate, Preference
from marketplace.fairs.fit import Seat, faults
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.planning_problem import is_free, pairs_of
from marketplace.fairs.rules import LIVE_MEETINGS, SEATED
from marketplace.kernel.database import AnySession

STANDBY = 50
"""Weight of a pair that nobody wished: people without a wish who came on the day fit everywhere."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A fair's people, tables and slots in the planner's order, and its problem; those without a table are left out."""

    candidates: Sequence[FairCandidate]
    booths: Sequence[Booth]
    slots: Sequence[FairSlot]
    tables: Sequence[FairTable]
    closed: frozenset[tuple[UUID, UUID]]
    """(table, slot) in which a table takes nobody, seats kept in reserve not counted."""
    problem: Problem

    def slot_from(self, at: datetime) -> int:
        """The first slot that has not begun."""
        return next((n for n, slot in enumerate(self.slots) if slot.starts_at > at), len(self.slots))

    def numbers(self, meetings: Sequence[Meeting]) -> Ints:
        """(M, 3): meetings in slots of this floor, of people and booths on it."""
        c, e, s = ({row.id: n for n, row in enumerate(rows)} for rows in (self.candidates, self.booths, self.slots))
        rows = [
            (c[m.candidate_id], e[m.booth_id], s[m.slot_id])
            for m in meetings
            if m.slot_id is not None and m.candidate_id in c and m.booth_id in e and m.slot_id in s
        ]
        return np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)


async def floor_of(
    db: AnySession, fair: Fair, *, seed: int = 0, delay: timedelta = timedelta(), after: datetime | None = None
) -> Floor:
    """All of it as it stands now, in a handful of statements; with `delay` as if slots that begin after `after` were
    so much later. Who may meet whom, and what it is worth, is what the timetable was made by."""
    people = select(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.state.in_(SEATED))
    candidates = (await db.scalars(people.order_by(FairCandidate.id))).all()
    standing = select(FairTable).where(FairTable.fair_id == fair.id).order_by(FairTable.label, FairTable.id)
    tables = (await db.scalars(standing)).all()
    with_tables = {table.booth_id for table in tables}
    shown = sorted(await wishes.seats_of(db, fair.id), key=lambda each: each[0].id)
    offers = [(booth, seat) for booth, seat in shown if booth.id in with_tables]
    booths = [booth for booth, _ in offers]
    grid = select(FairSlot).where(FairSlot.fair_id == fair.id, FairSlot.kind == "meeting").order_by(FairSlot.number)
    slots = [_later(slot, delay) if after and slot.starts_at > after else slot for slot in await db.scalars(grid)]
    closures = (await db.scalars(select(TableClosure).where(TableClosure.fair_id == fair.id))).all()
    rooms = await db.execute(select(FairRoom.id, FairRoom.zone).where(FairRoom.fair_id == fair.id))
    zones = {row.id: row.zone for row in rooms}
    wished = (await db.scalars(select(Preference).where(Preference.fair_id == fair.id))).all()
    pairs = _pairs(candidates, offers, wished, await live_meetings(db, fair.id))
    closed = frozenset((each.table_id, each.slot_id) for each in closures if each.reason != "reserve")
    reserve = np.zeros((len(booths), len(slots)), dtype=np.int64)
    _count_reserve(reserve, booths, slots, tables, closures)
    problem = Problem(
        n_candidates=len(candidates),
        n_employers=len(booths),
        n_slots=len(slots),
        open=_open(booths, slots, tables, closed),
        candidate=np.array([row[0] for row in pairs], dtype=np.int64),
        employer=np.array([row[1] for row in pairs], dtype=np.int64),
        weight=np.array([row[2] for row in pairs], dtype=np.int64),
        available=np.array([[is_free(each, s) for s in slots] for each in candidates], dtype=np.bool_).reshape(
            len(candidates), len(slots)
        ),
        most=np.full(len(candidates), fair.max_meetings, dtype=np.int64),
        woman=np.array([each.is_woman is True for each in candidates], dtype=np.bool_),
        women_only=np.tile(np.array([slot.is_women_only for slot in slots], dtype=np.bool_), (len(booths), 1)),
        longest_run=fair.longest_run,
        far=_far(booths, tables, zones) if fair.spares_walks else None,
        breaks_after=tuple(n for n, (one, two) in enumerate(pairwise(slots)) if not _follow(one, two)),
        reserve=reserve,
        objective=Objective(fair.objective),
        seed=seed,
    )
    return Floor(candidates, booths, slots, tables, closed, problem)


async def live_meetings(db: AnySession, fair_id: UUID) -> list[Meeting]:
    """Meetings that hold their seat in a slot."""
    found = select(Meeting).where(Meeting.fair_id == fair_id, Meeting.state.in_(LIVE_MEETINGS))
    return list((await db.scalars(found.where(Meeting.slot_id.is_not(None)).order_by(Meeting.id))).all())


def _follow(one: FairSlot, two: FairSlot) -> bool:
    return two.number == one.number + 1 and two.day_id == one.day_id


def _later(slot: FairSlot, by: timedelta) -> FairSlot:
    """The same slot at another time: a row of no session."""
    same = {name: getattr(slot, name) for name in ("id", "fair_id", "day_id", "number", "kind", "is_women_only")}
    return FairSlot(**same, starts_at=slot.starts_at + by, ends_at=slot.ends_at + by)


def _open(
    booths: Sequence[Booth],
    slots: Sequence[FairSlot],
    tables: Sequence[FairTable],
    closed: frozenset[tuple[UUID, UUID]],
) -> Ints:
    made = np.zeros((len(booths), len(slots)), dtype=np.int64)
    number = {booth.id: n for n, booth in enumerate(booths)}
    for table in tables:
        if table.booth_id in number:
            booth = booths[number[table.booth_id]]
            made[number[booth.id]] += [stands(table, booth, slot, closed) for slot in slots]
    return made


def stands(table: FairTable, booth: Booth, slot: FairSlot, closed: frozenset[tuple[UUID, UUID]]) -> bool:
    """Whether the table takes somebody in that slot."""
    return (
        (table.id, slot.id) not in closed
        and (table.closed_at is None or slot.starts_at < table.closed_at)
        and (booth.arrives_at is None or slot.starts_at >= booth.arrives_at)
        and (booth.leaves_at is None or slot.ends_at <= booth.leaves_at)
    )


def _count_reserve(
    reserve: Ints,
    booths: Sequence[Booth],
    slots: Sequence[FairSlot],
    tables: Sequence[FairTable],
    closures: Sequence[TableClosure],
) -> None:
    e, s = {booth.id: n for n, booth in enumerate(booths)}, {slot.id: n for n, slot in enumerate(slots)}
    booth_of = {table.id: table.booth_id for table in tables}
    for each in closures:
        if each.reason == "reserve" and booth_of[each.table_id] in e and each.slot_id in s:
            reserve[e[booth_of[each.table_id]], s[each.slot_id]] += 1


def _far(booths: Sequence[Booth], tables: Sequence[FairTable], zones: dict[UUID, str]) -> Any:
    own = [
        {zones.get(table.room_id, "") for table in tables if table.booth_id == booth.id and table.room_id}
        for booth in booths
    ]
    far = np.zeros((len(booths), len(booths)), dtype=np.bool_)
    for n, here in enumerate(own):
        for m, there in enumerate(own):
            far[n, m] = bool(here and there) and not (here & there) and "" not in here | there
    return far


def _pairs(
    candidates: Sequence[FairCandidate],
    offers: Sequence[tuple[Booth, Seat]],
    wished: Sequence[Preference],
    meetings: Sequence[Meeting],
) -> list[tuple[int, int, int]]:
    """Who may meet, with weights: as for the timetable, those who have a meeting, and who came on the day without a
    wish everybody she fits."""
    c, e = {row.id: n for n, row in enumerate(candidates)}, {booth.id: n for n, (booth, _) in enumerate(offers)}
    weights = {pair: worth for pair, (worth, _, _) in pairs_of(candidates, offers, wished).items()}
    wishing = {wish.candidate_id for wish in wished}
    for n, candidate in enumerate(candidates):
        if candidate.id not in wishing and (candidate.source == "walk_in" or candidate.standby_at is not None):
            seeker = wishes.seeker_of(candidate)
            fitting = ((n, m) for m, (_, seat) in enumerate(offers) if not faults(seeker, seat))
            weights |= dict.fromkeys(fitting, STANDBY)
    for meeting in meetings:
        if meeting.candidate_id in c and meeting.booth_id in e:
            weights.setdefault((c[meeting.candidate_id], e[meeting.booth_id]), STANDBY)
    return sorted((n, m, weight) for (n, m), weight in weights.items())
