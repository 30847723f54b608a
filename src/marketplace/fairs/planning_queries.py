"""Timetables as the organiser's pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer

from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.planning import Cells, cells_of
from marketplace.fairs.rules import LIVE_MEETINGS, LIVE_TIMETABLES
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRow:
    """A meeting of a version: `id` where it is a row that counts."""

    table: str
    booth: str
    number: int
    candidate: str
    id: UUID | None
    is_locked: bool


async def versions_of(db: AnySession, fair_id: UUID, *, limit: int = 30) -> Sequence[Timetable]:
    """The newest first, without their cells."""
    found = select(Timetable).where(Timetable.fair_id == fair_id).order_by(Timetable.number.desc()).limit(limit)
    return (await db.scalars(found)).all()


async def live_cells(db: AnySession, fair_id: UUID) -> Cells:
    """The cells of the version that counts; none without one."""
    found = select(Timetable).where(Timetable.fair_id == fair_id, Timetable.state.in_(LIVE_TIMETABLES))
    made = await db.scalar(found.options(undefer(Timetable.cells)))
    return cells_of(made) if made else {}


async def input_of(db: AnySession, fair_id: UUID, number: int) -> dict[str, Any]:
    """The problem of a version. Raises: NotFound."""
    found = select(Timetable.input).where(Timetable.fair_id == fair_id, Timetable.number == number)
    content = await db.scalar(found)
    if content is None:
        raise NotFound
    return content


async def meetings_in(
    db: AnySession, fair: Fair, made: Timetable, number: int
) -> tuple[Sequence[FairSlot], list[MeetingRow]]:
    """All slots, and the meetings of the one of this number, by table."""
    grid = select(FairSlot).where(FairSlot.fair_id == fair.id, FairSlot.kind == "meeting").order_by(FairSlot.number)
    slots = (await db.scalars(grid)).all()
    slot = next((each for each in slots if each.number == number), slots[0])
    here = [(c, b, t) for (c, b), (t, s) in cells_of(made).items() if s == ids.short(slot.id)]
    people = await _named(db, FairCandidate, [ids.parse(c) for c, _, _ in here])
    stands = await _named(db, Booth, [ids.parse(b) for _, b, _ in here])
    tables = await _named(db, FairTable, [ids.parse(t) for _, _, t in here])
    live = select(Meeting).where(Meeting.slot_id == slot.id, Meeting.state.in_(LIVE_MEETINGS))
    rows = {(m.candidate_id, m.booth_id): m for m in (await db.scalars(live)).all()}
    found: list[MeetingRow] = []
    for c, b, t in ((ids.parse(c), ids.parse(b), ids.parse(t)) for c, b, t in here):
        row = rows.get((c, b)) if made.state in LIVE_TIMETABLES else None
        found.append(
            MeetingRow(
                table=tables[t].label if t in tables else "",
                booth=stands[b].name if b in stands else "",
                number=people[c].number if c in people else 0,
                candidate=people[c].name if c in people else "",
                id=row.id if row and row.state == "planned" else None,
                is_locked=bool(row and row.is_locked),
            )
        )
    return slots, sorted(found, key=lambda each: (len(each.table), each.table))


async def _named(db: AnySession, table: Any, wanted: list[UUID]) -> dict[UUID, Any]:
    return {row.id: row for row in (await db.scalars(select(table).where(table.id.in_(wanted)))).all()}
