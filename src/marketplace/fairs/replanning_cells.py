"""A difference of the planner as cells of this fair, with tables; the same applied to meetings; whom it touches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.matching.timetable.problem import triples
from marketplace.engines.matching.timetable.replanning import Diff
from marketplace.fairs import problems
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting, Timetable, TimetableChange
from marketplace.fairs.problems import Floor
from marketplace.fairs.rules import SEATED
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session

Place = tuple[UUID, UUID]
"""Table, slot."""


def moves_of(
    floor: Floor, meetings: Sequence[Meeting], diff: Diff, *, closing: frozenset[UUID], now: int
) -> dict[str, Any]:
    """The difference as TimetableChange keeps it. Who keeps slot and table is only counted; a table that is closing
    in the same slot is a move too."""
    after = {(int(c), int(e)): int(s) for c, e, s in triples(diff.meetings)}
    place = _Tables(floor, closing, now)
    kept, moved, cancelled = 0, list[dict[str, Any]](), list[dict[str, Any]]()
    number_c = {row.id: n for n, row in enumerate(floor.candidates)}
    number_e = {row.id: n for n, row in enumerate(floor.booths)}
    waiting: list[tuple[Meeting, int]] = []
    known: set[tuple[int, int]] = set()
    for meeting in meetings:
        if meeting.candidate_id not in number_c or meeting.booth_id not in number_e:
            continue
        pair = number_c[meeting.candidate_id], number_e[meeting.booth_id]
        known.add(pair)
        slot = after.get(pair)
        if slot is None:
            cancelled.append(cell(meeting))
        elif floor.slots[slot].id == meeting.slot_id and place.keep(meeting.table_id, slot):
            kept += 1
        else:
            waiting.append((meeting, slot))
    for meeting, slot in waiting:
        table = place.take(meeting.booth_id, slot)
        came_from = {"from_table": ids.short(meeting.table_id), "from_slot": _short(meeting.slot_id)}
        moved.append({**cell(meeting), "table": ids.short(table), "slot": ids.short(floor.slots[slot].id), **came_from})
    new = [
        {
            "candidate": ids.short(floor.candidates[c].id),
            "table": ids.short(place.take(floor.booths[e].id, s)),
            "slot": ids.short(floor.slots[s].id),
            "booth": ids.short(floor.booths[e].id),
        }
        for (c, e), s in sorted(after.items())
        if (c, e) not in known
    ]
    return {"kept": kept, "moved": moved, "new": new, "cancelled": cancelled}


def with_later(floor: Floor, meetings: Sequence[Meeting], moves: dict[str, Any], *, now: int) -> dict[str, Any]:
    """The same for a delay: meetings to come that keep slot and table are later all the same."""
    to_come = {slot.id for slot in floor.slots[now:]}
    changed = {each["meeting"] for each in moves["moved"] + moves["cancelled"]}
    cells = [cell(each) for each in meetings if each.slot_id in to_come and each.state in ("planned", "called")]
    later = [each for each in cells if each["meeting"] not in changed]
    return {**moves, "kept": moves["kept"] - len(later), "later": later}


class _Tables:
    """Which tables are free in which slot; those that are closing keep only what has begun."""

    def __init__(self, floor: Floor, closing: frozenset[UUID], now: int) -> None:
        self.floor, self.closing, self.now = floor, closing, now
        self.taken: set[tuple[UUID, int]] = set()
        self.booths = {booth.id: booth for booth in floor.booths}

    def keep(self, table_id: UUID, slot: int) -> bool:
        if slot >= self.now and (table_id in self.closing or not self._stands(table_id, slot)):
            return False
        self.taken.add((table_id, slot))
        return True

    def take(self, booth_id: UUID, slot: int) -> UUID:
        for table in self.floor.tables:
            if (
                table.booth_id == booth_id
                and table.id not in self.closing
                and (table.id, slot) not in self.taken
                and self._stands(table.id, slot)
            ):
                self.taken.add((table.id, slot))
                return table.id
        raise AssertionError("the planner counted a table that is not there")

    def _stands(self, table_id: UUID, slot: int) -> bool:
        table = next(each for each in self.floor.tables if each.id == table_id)
        booth = self.booths[table.booth_id]
        return problems.stands(table, booth, self.floor.slots[slot], self.floor.closed)


async def apply(db: Session, fair: Fair, change: TimetableChange, made: Timetable, *, at: datetime) -> None:
    """Write it: called off, then everybody who moves lets go of the old place, then takes the new one."""
    moves = change.moves
    rows = {row.id: row for row in await _rows(db, moves["moved"] + moves["cancelled"])}
    for each in rows.values():
        each.state, each.cancel_reason, each.updated_at = "cancelled", change.cause, at
    await db.flush()
    for move in moves["moved"]:
        row = rows[ids.parse(move["meeting"])]
        row.table_id, row.slot_id, row.timetable_id = ids.parse(move["table"]), ids.parse(move["slot"]), made.id
        row.state, row.cancel_reason, row.called_at = "planned", "", None
    again = {row.id: row for row in await _rows(db, [each for each in moves["new"] if "meeting" in each])}
    for row in again.values():
        row.state, row.cancel_reason, row.timetable_id, row.updated_at = "planned", "", made.id, at
    source = "walk_in" if change.cause == "walk_in" else "standby"
    for each in (each for each in moves["new"] if "meeting" not in each):
        where: dict[str, Any] = {"table_id": ids.parse(each["table"]), "slot_id": ids.parse(each["slot"])}
        who: dict[str, Any] = {"candidate_id": ids.parse(each["candidate"]), "booth_id": ids.parse(each["booth"])}
        db.add(
            Meeting(fair_id=fair.id, timetable_id=made.id, source=source, created_at=at, updated_at=at, **where, **who)
        )
    await db.flush()


async def still_fits(db: Session, change: TimetableChange) -> bool:
    """Whether what the difference takes for granted is so: meetings that move or go are to come and where it found
    them, those that come back are off, and whoever gets one still has her seat.

    A ticket that is given back, a call and a tap change meetings without a new version.
    """
    moves = change.moves
    stood = [*moves["moved"], *moves["cancelled"]]
    back = [each for each in moves["new"] if "meeting" in each]
    rows = {row.id: row for row in await _rows(db, stood + back)}
    for each in stood:
        row = rows[ids.parse(each["meeting"])]
        was = each.get("from_table", each["table"]), each.get("from_slot", each["slot"])
        if row.state not in ("planned", "called") or was != (ids.short(row.table_id), _short(row.slot_id)):
            return False
    if any(rows[ids.parse(each["meeting"])].state != "cancelled" for each in back):
        return False
    getting = [ids.parse(each["candidate"]) for each in moves["moved"] + moves["new"]]
    gone = select(FairCandidate.id).where(FairCandidate.id.in_(getting), FairCandidate.state.not_in(SEATED))
    return await db.scalar(gone.limit(1)) is None


async def cells_of(db: AnySession, fair_id: UUID) -> list[Any]:
    """The whole plan as a version keeps it: candidate, booth, table, slot."""
    rows = await problems.live_meetings(db, fair_id)
    return [[*map(ids.short, (row.candidate_id, row.booth_id, row.table_id)), _short(row.slot_id)] for row in rows]


def cell(meeting: Meeting) -> dict[str, Any]:
    """One meeting as a change names it."""
    return {
        "meeting": ids.short(meeting.id),
        "candidate": ids.short(meeting.candidate_id),
        "booth": ids.short(meeting.booth_id),
        "table": ids.short(meeting.table_id),
        "slot": _short(meeting.slot_id),
    }


def slots_of(moves: dict[str, Any]) -> set[UUID]:
    """All slots that a change names, old and new."""
    cells = moves["moved"] + moves["new"] + moves["cancelled"] + moves.get("later", [])
    named = {each.get(name, "") for each in cells for name in ("slot", "from_slot")}
    return {ids.parse(each) for each in named if each}


def touched(moves: dict[str, Any]) -> tuple[set[UUID], set[UUID]]:
    """Candidates and booths whose meetings change: they are told, nobody else."""
    cells = moves["moved"] + moves["new"] + moves["cancelled"] + moves.get("later", [])
    return {ids.parse(each["candidate"]) for each in cells}, {ids.parse(each["booth"]) for each in cells}


async def _rows(db: Session, cells: list[dict[str, Any]]) -> Sequence[Meeting]:
    wanted = sorted(ids.parse(each["meeting"]) for each in cells)
    found = select(Meeting).where(Meeting.id.in_(wanted)).order_by(Meeting.id).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).all()


def _short(id: UUID | None) -> str:
    return ids.short(id) if id else ""
