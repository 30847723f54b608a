"""A change of the timetable as people read it: names, tables and times for the ids it keeps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import FairSlot
from marketplace.fairs.plan_models import ChangeState, TimetableChange
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_

STATES: dict[ChangeState, str] = {
    "proposed": N_("Worked out, not confirmed"),
    "confirmed": N_("Confirmed"),
    "discarded": N_("Put away"),
    "undone": N_("Undone"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One line of a difference; `was_at` and `was_table` for a meeting that moves."""

    number: int
    name: str
    booth: str
    table: str
    at: datetime | None
    was_table: str = ""
    was_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A difference in full."""

    kept: int
    moved: list[Moved]
    new: list[Moved]
    cancelled: list[Moved]
    later: list[Moved]


async def shown(db: AnySession, change: TimetableChange) -> Shown:
    """In four statements, however long it is."""
    kinds = ("moved", "new", "cancelled", "later")
    cells: dict[str, list[dict[str, Any]]] = {kind: change.moves.get(kind, []) for kind in kinds}
    every = [cell for rows in cells.values() for cell in rows]
    people = await _named(db, FairCandidate, {cell["candidate"] for cell in every})
    tables = await _named(
        db, FairTable, {cell[name] for cell in every for name in ("table", "from_table") if name in cell}
    )
    slots = await _named(
        db, FairSlot, {cell[name] for cell in every for name in ("slot", "from_slot") if cell.get(name)}
    )
    booths = await _named(db, Booth, {cell["booth"] for cell in every})

    def line(cell: dict[str, Any]) -> Moved:
        was = slots.get(cell.get("from_slot", ""))
        slot = slots.get(cell["slot"])
        return Moved(
            number=people[cell["candidate"]].number,
            name=people[cell["candidate"]].name,
            booth=booths[cell["booth"]].name,
            table=tables[cell["table"]].label,
            at=slot.starts_at if slot else None,
            was_table=tables[cell["from_table"]].label if "from_table" in cell else "",
            was_at=was.starts_at if was else None,
        )

    rows = {kind: [line(cell) for cell in cells[kind]] for kind in kinds}
    return Shown(kept=change.moves["kept"], **rows)


async def open_tables(db: AnySession, fair_id: UUID) -> dict[str, str]:
    """Tables that can close, by id, with the employer's name."""
    found = select(FairTable.id, FairTable.label, Booth.name).join(Booth, Booth.id == FairTable.booth_id)
    still = found.where(FairTable.fair_id == fair_id, FairTable.closed_at.is_(None)).order_by(FairTable.label)
    return {ids.short(id): f"{label} · {name}" for id, label, name in await db.execute(still)}


async def _named(db: AnySession, table: Any, wanted: set[str]) -> dict[str, Any]:
    rows = await db.scalars(select(table).where(table.id.in_([ids.parse(each) for each in wanted])))
    return {ids.short(row.id): row for row in rows.all()}
