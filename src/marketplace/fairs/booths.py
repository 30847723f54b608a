"""An organiser's side of employers: approve, refuse, add one, set tables and their breaks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from marketplace.engines.search import outbox
from marketplace.fairs import rules, telling
from marketplace.fairs.booth_models import Booth, BoothPosting, BoothState, FairTable, TableClosure
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_

MOST_TABLES = 100


class TableTaken(Conflict):
    message = N_("Meetings stand at this table. Take the timetable back first, or close the table on the day.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothRow:
    """An employer in the organiser's list."""

    id: UUID
    name: str
    label: str
    state: str
    note: str
    wants_tables: int
    tables: int
    postings: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table with the slots in which it takes nobody."""

    table: FairTable
    room: str
    closed: set[UUID] = field(default_factory=set[UUID])


async def booths_of(
    db: AnySession, fair_id: UUID, *, state: str = "", after: tuple[str, UUID] | None = None, limit: int
) -> list[BoothRow]:
    """Employers by name; of one state where it is said."""
    tables = select(func.count()).where(FairTable.booth_id == Booth.id).correlate(Booth).scalar_subquery()
    postings = select(func.count()).where(BoothPosting.booth_id == Booth.id).correlate(Booth).scalar_subquery()
    columns = (Booth.id, Booth.name, Booth.label, Booth.state, Booth.note, Booth.wants_tables)
    found = select(*columns, tables.label("tables"), postings.label("postings")).where(Booth.fair_id == fair_id)
    if state:
        found = found.where(Booth.state == state)
    if after:
        found = found.where((Booth.name > after[0]) | ((Booth.name == after[0]) & (Booth.id > after[1])))
    rows = await db.execute(found.order_by(Booth.name, Booth.id).limit(limit))
    return [BoothRow(**row) for row in rows.mappings()]


async def own_booth(db: AnySession, fair: Fair, booth_id: UUID, *, lock: bool = False) -> Booth:
    """An employer of this fair. Raises: NotFound."""
    found = select(Booth).where(Booth.id == booth_id, Booth.fair_id == fair.id)
    booth = await db.scalar(found.with_for_update() if lock else found)
    if booth is None:
        raise NotFound
    return booth


async def decide(
    db: Session, fair: Fair, booth: Booth, to: BoothState, *, reason: str = "", by: UUID, at: datetime
) -> None:
    """Approve or refuse; the employer is told. Raises: MoveRefused."""
    rules.check_move(rules.BOOTH_MOVES, booth.state, to)
    before, booth.state = booth.state, to
    booth.decided_by, booth.decided_at, booth.refuse_reason = by, at, reason if to == "refused" else ""
    await db.flush()
    await outbox.changed(db, rules.INDEX, fair.id)
    await audit.record(db, f"booth.{to}", subject=("booth", booth.id), by=by, at=at, before=before)
    told = f"fair_booth_{to}"
    each = {booth.id: {"reason": booth.refuse_reason}}
    await telling.booths_of(db, fair, told, [booth.id], about=f"{to} {at.isoformat()}", at=at, each=each)


async def add(db: Session, fair: Fair, name: str, *, email: str = "", by: UUID, at: datetime) -> Booth:
    """An employer whom the organiser vouches for: approved at once. Raises: Invalid."""
    if not 2 <= len(name) <= 120:
        raise Invalid.at("name", N_("Write a name of 2 to 120 letters."))
    known = select(Booth.id).where(
        Booth.fair_id == fair.id, func.lower(Booth.name) == name.lower(), Booth.state != "withdrawn"
    )
    if await db.scalar(known):
        raise Invalid.at("name", N_("An employer of this name is there already."))
    made = Booth(fair_id=fair.id, name=name, email=email or None, state="approved", decided_by=by, decided_at=at)
    made.created_at, made.availability_for = at, fair.dates_version
    db.add(made)
    await db.flush()
    await outbox.changed(db, rules.INDEX, fair.id)
    await audit.record(db, "booth.added", subject=("booth", made.id), by=by, at=at, name=name)
    return made


async def tables_of(db: AnySession, booth: Booth) -> list[TableRow]:
    """Its tables, by label, each with the slots in which it takes nobody."""
    found = (
        select(FairTable, FairRoom.name)
        .outerjoin(FairRoom, FairRoom.id == FairTable.room_id)
        .where(FairTable.booth_id == booth.id)
        .order_by(FairTable.label, FairTable.id)
    )
    rows = {table.id: TableRow(table, room or "") for table, room in (await db.execute(found)).all()}
    closed = select(TableClosure.table_id, TableClosure.slot_id).where(
        TableClosure.table_id.in_(rows), TableClosure.reason != "reserve"
    )
    for table_id, slot_id in (await db.execute(closed)).all():
        rows[table_id].closed.add(slot_id)
    return list(rows.values())


async def add_tables(
    db: Session, fair: Fair, booth: Booth, count: int, *, room_id: UUID, by: UUID, at: datetime
) -> None:
    """So many tables more, in a room; their labels go on from the last. Raises: Invalid, NotFound."""
    room = await db.get(FairRoom, room_id)
    if room is None or room.fair_id != fair.id or room.kind == "gate":
        raise NotFound
    await db.execute(select(Fair.id).where(Fair.id == fair.id).with_for_update())  # labels are one row of numbers
    there = (await db.scalars(select(func.count()).where(FairTable.booth_id == booth.id))).one()
    if not 1 <= count <= MOST_TABLES - there:
        raise Invalid.at("count", N_("Write a number from %(least)s to %(most)s."), least=1, most=MOST_TABLES - there)
    labels = set((await db.scalars(select(FairTable.label).where(FairTable.fair_id == fair.id))).all())
    number = 0
    for _ in range(count):
        number += 1
        while f"T{number}" in labels:
            number += 1
        db.add(FairTable(fair_id=fair.id, booth_id=booth.id, room_id=room_id, label=f"T{number}"))
    await db.flush()
    await audit.record(db, "booth.tables", subject=("booth", booth.id), by=by, at=at, added=count)


async def remove_table(db: Session, booth: Booth, table_id: UUID, *, by: UUID, at: datetime) -> None:
    """Take a table away. Raises: TableTaken, NotFound."""
    table = await db.get(FairTable, table_id)
    if table is None or table.booth_id != booth.id:
        raise NotFound
    if await db.scalar(select(Meeting.id).where(Meeting.table_id == table_id).limit(1)):
        raise TableTaken
    await db.execute(delete(TableClosure).where(TableClosure.table_id == table_id))
    await db.delete(table)
    await db.flush()
    await audit.record(db, "booth.table_removed", subject=("booth", booth.id), by=by, at=at, label=table.label)


async def set_breaks(
    db: Session, fair: Fair, booth: Booth, closed: Collection[tuple[UUID, UUID]], *, by: UUID, at: datetime
) -> None:
    """In which slots its tables take nobody: (table, slot); all other slots are open. Raises: TableTaken."""
    tables = set((await db.scalars(select(FairTable.id).where(FairTable.booth_id == booth.id))).all())
    meeting = FairSlot.fair_id == fair.id, FairSlot.kind == "meeting"
    slots = set((await db.scalars(select(FairSlot.id).where(*meeting))).all())
    wanted = {cell for cell in closed if cell[0] in tables and cell[1] in slots}
    standing = select(Meeting.table_id, Meeting.slot_id).where(
        Meeting.table_id.in_(tables), Meeting.state.in_(rules.LIVE_MEETINGS)
    )
    if wanted & {(row.table_id, row.slot_id) for row in await db.execute(standing)}:
        raise TableTaken
    own = TableClosure.table_id.in_(tables), TableClosure.reason != "reserve"
    await db.execute(delete(TableClosure).where(*own))
    kept = await _reserved(db, tables)
    rows = [
        {"table_id": table, "slot_id": slot, "fair_id": fair.id, "reason": "break"}
        for table, slot in sorted(wanted - kept)
    ]
    if rows:
        await db.execute(insert(TableClosure), rows)
    await audit.record(db, "booth.breaks", subject=("booth", booth.id), by=by, at=at, closed=len(rows))


async def _reserved(db: Session, tables: set[UUID]) -> set[tuple[UUID, UUID]]:
    """A seat that was kept in reserve is closed by hand now: the row stays, with its new reason."""
    found = select(TableClosure.table_id, TableClosure.slot_id).where(TableClosure.table_id.in_(tables))
    return {(row.table_id, row.slot_id) for row in await db.execute(found)}


def closed_cells(texts: Sequence[str]) -> list[tuple[str, str]]:
    """`table:slot` of the form."""
    return [(table, slot) for table, _, slot in (text.partition(":") for text in texts) if slot]
