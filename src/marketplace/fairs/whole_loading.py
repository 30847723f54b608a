"""A whole fair out of its files: employers, tables, candidates and wishes in a dozen statements, whatever their number.

All or nothing, and into a fair that has neither employers nor candidates yet. Nobody needs an account: each candidate
has her ticket, and each employer can be invited to take over its booth.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from anyio import to_thread
from sqlalchemy import insert, select

from marketplace.engines.search import outbox
from marketplace.fairs import candidate_imports, queries, registering, rules, whole_reading
from marketplace.fairs.booth_models import Booth, FairTable, TableClosure
from marketplace.fairs.candidate_models import FairCandidate, Preference
from marketplace.fairs.models import Fair, FairRoom
from marketplace.fairs.organising import rooms_of
from marketplace.fairs.tickets import TicketKey, hash_of, new_code
from marketplace.fairs.whole_files import FileName
from marketplace.fairs.whole_reading import Ground, Whole
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session, new_ids
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.queue import defer
from marketplace.places.models import District

TELL = "fairs.tell_loaded"
LOADS = ("draft", "open")
"""States of a fair in which files are loaded."""


class NotEmpty(Conflict):
    message = N_("This fair has employers or candidates already. Files are loaded into an empty fair: make a new one.")


class NotLoading(Conflict):
    message = N_("Files are loaded into a draft, or while registration is open.")


async def load(
    db: Session,
    key: TicketKey,
    fair: Fair,
    files: Mapping[FileName, bytes],
    *,
    sends_tickets: bool = False,
    by: UUID,
    at: datetime,
) -> dict[str, int]:
    """Load the files; the caller holds the fair's row lock. Returns how much of each.

    Raises: NotEmpty, NotLoading, whole_reading.BadFiles.
    """
    await check_empty(db, fair)
    ground = await ground_of(db, fair)
    whole = await to_thread.run_sync(whole_reading.read, files, ground)
    await _write(db, key, fair, whole, by=by, at=at)
    counts: dict[str, Any] = whole.counts()
    await outbox.changed(db, rules.INDEX, fair.id)
    await audit.record(db, "fair.loaded", subject=("fair", fair.id), by=by, at=at, **counts)
    if sends_tickets:
        await defer(db, TELL, fair_id=fair.id)
    return counts


async def tell(db: Session, fair: Fair, *, at: datetime) -> None:
    """Each candidate of a loaded fair her ticket, or her place on the waiting list; nobody twice."""
    here = FairCandidate.fair_id == fair.id, FairCandidate.state.in_(registering.LIVING)
    found = (await db.execute(select(FairCandidate.id, FairCandidate.state).where(*here))).all()
    for message, is_waiting in (("fair_registered", False), ("fair_waiting", True)):
        people = [row.id for row in found if (row.state == "waiting") is is_waiting]
        await registering.tell(db, fair, people, message, about="loaded", at=at)


async def by_slug(db: AnySession, slug: str, *, lock: bool = False) -> Fair:
    """Any fair, for the operator's commands. Raises: NotFound."""
    found = select(Fair).where(Fair.slug == slug)
    fair = await db.scalar(found.with_for_update() if lock else found)
    if fair is None:
        raise NotFound
    return fair


async def check_empty(db: AnySession, fair: Fair) -> None:
    """Raises: NotEmpty, NotLoading."""
    if fair.state not in LOADS:
        raise NotLoading
    if not await is_empty(db, fair):
        raise NotEmpty


async def is_empty(db: AnySession, fair: Fair) -> bool:
    """Whether files can be loaded into it."""
    for table in (Booth, FairCandidate):
        if await db.scalar(select(table.id).where(table.fair_id == fair.id).limit(1)):
            return False
    return fair.state in LOADS


async def ground_of(db: AnySession, fair: Fair) -> Ground:
    """What the files of this fair are read against."""
    slots = await queries.slots_of(db, fair.id)
    return Ground(
        people=await candidate_imports.frame_of(db, fair),
        capacity=fair.capacity,
        slots=frozenset(slot.number for slot in slots if slot.kind == "meeting"),
        rooms={room.name.lower(): room.zone for room in await rooms_of(db, fair.id)},
        districts=frozenset(await db.scalars(select(District.slug))),
    )


async def _write(db: Session, key: TicketKey, fair: Fair, whole: Whole, *, by: UUID, at: datetime) -> None:
    booth_ids = await new_ids(db, len(whole.booths))
    candidate_ids = await new_ids(db, len(whole.guests))
    await _booths(db, fair, whole, booth_ids, by=by, at=at)
    await _tables(db, fair, whole, booth_ids)
    rows = [
        {
            **{"id": id, "fair_id": fair.id, "number": guest.number, "code": new_code(guest.number)},
            **{"ticket_hash": hash_of(key.secret(id)), "state": guest.state, "source": "bulk"},
            **{"availability_for": fair.dates_version, "created_at": at, "updated_at": at},
            **{"waiting_at": at if guest.state == "waiting" else None},
            **{"confirmed_at": at if guest.state == "confirmed" else None},
            **guest.person.columns(),
        }
        for id, guest in zip(candidate_ids, whole.guests, strict=True)
    ]
    await _insert(db, FairCandidate, rows)
    fair.seats_taken = whole.seated
    fair.last_number = max([fair.last_number, *(guest.number for guest in whole.guests)])
    id_of = {guest.number: id for id, guest in zip(candidate_ids, whole.guests, strict=True)}
    wishes: list[dict[str, Any]] = [
        {
            **{"candidate_id": id_of[wish["number"]], "booth_id": booth_ids[wish["booth"]], "fair_id": fair.id},
            **{"side": wish["side"], "choice": wish["choice"], "rank": wish["rank"]},
            **{"by_user_id": by, "updated_at": at},
        }
        for wish in whole.wishes
    ]
    await _insert(db, Preference, wishes)
    fair.updated_at = at
    await db.flush()


async def _booths(db: Session, fair: Fair, whole: Whole, ids: Sequence[UUID], *, by: UUID, at: datetime) -> None:
    rows = [
        {
            **booth,
            **{"id": id, "fair_id": fair.id, "created_at": at, "availability_for": fair.dates_version},
            **{"requested_at": at if booth["state"] == "requested" else None},
            **{"decided_at": at if booth["state"] == "approved" else None},
            **{"decided_by": by if booth["state"] == "approved" else None},
        }
        for id, booth in zip(ids, whole.booths, strict=True)
    ]
    await _insert(db, Booth, rows)


async def _tables(db: Session, fair: Fair, whole: Whole, booth_ids: Sequence[UUID]) -> None:
    rooms = await _rooms(db, fair, whole)
    slots = {slot.number: slot.id for slot in await queries.slots_of(db, fair.id)}
    ids = await new_ids(db, len(whole.tables))
    rows: list[dict[str, Any]] = [
        {
            **{"id": id, "fair_id": fair.id, "booth_id": booth_ids[table["booth"]], "label": table["label"]},
            **{"room_id": rooms.get(table["room"].lower())},
        }
        for id, table in zip(ids, whole.tables, strict=True)
    ]
    await _insert(db, FairTable, rows)
    closed = [
        {"table_id": id, "slot_id": slots[number], "fair_id": fair.id, "reason": "break"}
        for id, table in zip(ids, whole.tables, strict=True)
        for number in table["breaks"]
    ]
    await _insert(db, TableClosure, closed)


async def _rooms(db: Session, fair: Fair, whole: Whole) -> dict[str, UUID]:
    """Those of the fair by folded name, with those that its tables name made."""
    known = {room.name.lower(): room for room in await rooms_of(db, fair.id)}
    for table in whole.tables:
        if table["room"] and table["room"].lower() not in known:
            made = FairRoom(fair_id=fair.id, name=table["room"], zone=table["zone"], position=len(known))
            known[table["room"].lower()] = made
            db.add(made)
    await db.flush()
    return {name: room.id for name, room in known.items()}


async def _insert(db: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    """One statement: by the table itself, since the ORM makes one for each set of columns that are None."""
    if rows:
        await db.execute(insert(table.__table__), rows)
