"""What an organiser does with a fair as a whole: make, copy, change, open, move its date, call it off."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.types import Uuid

from marketplace.engines.search import outbox
from marketplace.fairs import grid, queries, registering, rules
from marketplace.fairs.booth_models import Booth, FairTable, TableClosure
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.grid import Hours, Span
from marketplace.fairs.models import Fair, FairDay, FairRoom, FairSlot, FairState
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.rules import Room, Shape
from marketplace.identity import audit
from marketplace.identity.models import Organisation
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.places.models import District, Park

LEFT_OPEN = timedelta(hours=12)
"""How long after its end a fair may stay on: late results, people on their way out, paper typed in."""


class MeetingsStand(Conflict):
    message = N_("Meetings stand in these slots. Take the timetable back first; then the hours can change.")


class DayPassed(Conflict):
    message = N_("The new first day has passed already.")


class NothingMoved(Conflict):
    message = N_("The fair is on that day already.")


async def organisers_of(db: AnySession, user_id: UUID) -> list[Organisation]:
    """The organisers she acts for, by name."""
    mine = select(Organisation).where(Organisation.id.in_(queries.organised_by(user_id)))
    return list((await db.scalars(mine.order_by(Organisation.name, Organisation.id))).all())


async def own_fair(db: AnySession, slug: str, *, by: UUID, lock: bool = False) -> Fair:
    """A fair of an organiser she acts for; `lock`: for a change of it. Raises: NotFound."""
    found = select(Fair).where(Fair.slug == slug, Fair.organisation_id.in_(queries.organised_by(by)))
    fair = await db.scalar(found.with_for_update() if lock else found)
    if fair is None:
        raise NotFound
    return fair


async def make_fair(
    db: Session,
    organisation_id: UUID,
    shape: Shape,
    hours: Hours,
    rooms: Sequence[Room],
    *,
    copied_from: Fair | None = None,
    by: UUID,
    at: datetime,
) -> Fair:
    """A draft with its days, rooms and slots. Raises: Invalid, NotFound when she does not act for the organiser."""
    if organisation_id not in {each.id for each in await organisers_of(db, by)}:
        raise NotFound
    id = (await db.scalars(select(func.uuidv7(type_=Uuid())))).one()
    fair = Fair(
        id=id,
        organisation_id=organisation_id,
        created_by=by,
        slug=ids.slug(shape.title_en, id),
        copied_from_id=copied_from.id if copied_from else None,
        created_at=at,
    )
    await _write(db, fair, shape, at=at)
    db.add(fair)
    await db.flush()
    await _cut(db, fair, hours)
    await _keep_rooms(db, fair, rooms)
    await audit.record(db, "fair.made", subject=("fair", id), by=by, at=at, title=shape.title_en)
    return fair


async def edit_fair(
    db: Session, fair: Fair, shape: Shape, hours: Hours, rooms: Sequence[Room], *, by: UUID, at: datetime
) -> None:
    """Change what it says; new seats go to those who wait. The caller holds the fair's row lock.

    New hours cut the grid anew, which no meeting may stand in. Raises: Invalid, Conflict.
    """
    _check_under_way(fair)
    await _write(db, fair, shape, at=at)
    if await hours_of(db, fair) != hours:
        if await db.scalar(select(Meeting.id).where(Meeting.fair_id == fair.id).limit(1)):
            raise MeetingsStand
        await _cut(db, fair, hours)
    await _keep_rooms(db, fair, rooms)
    await db.flush()
    await registering.fill_seats(db, fair, at=at)
    await outbox.changed(db, rules.INDEX, fair.id)
    await audit.record(db, "fair.edited", subject=("fair", fair.id), by=by, at=at)


async def move(db: Session, fair: Fair, to: FairState, *, by: UUID | None, at: datetime) -> None:
    """One step of its life. Raises: MoveRefused."""
    rules.check_move(rules.FAIR_MOVES, fair.state, to)
    before, fair.state, fair.updated_at = fair.state, to, at
    if to == "open" and fair.opened_at is None:
        fair.opened_at = at
    if to == "live":
        fair.live_at = at
    if to in ("closed", "cancelled"):
        fair.closed_at = at
    await db.flush()
    await outbox.changed(db, rules.INDEX, fair.id)
    await audit.record(db, f"fair.{to}", subject=("fair", fair.id), by=by, at=at, before=before)


async def close_over(db: Session, *, at: datetime) -> None:
    """Fairs that nobody has closed twelve hours after their end: by then the hall is empty."""
    over = select(Fair).where(Fair.state == "live", Fair.ends_at < at - LEFT_OPEN).order_by(Fair.id)
    for fair in (await db.scalars(over.with_for_update(skip_locked=True))).all():
        await move(db, fair, "closed", by=None, at=at)


async def move_date(db: Session, fair: Fair, first_on: date, *, by: UUID, at: datetime) -> None:
    """The same fair on other days: registrations, tables and breaks stay, everybody is asked again when she can come.

    A published timetable is provisional again. Raises: Conflict.
    """
    _check_under_way(fair)
    zone = ZoneInfo(fair.time_zone)
    assert fair.starts_at and fair.ends_at
    distance = first_on - fair.starts_at.astimezone(zone).date()
    if not distance:
        raise NothingMoved
    if first_on < at.astimezone(zone).date():
        raise DayPassed
    await _shift(db, fair, distance)
    fair.dates_version += 1
    fair.updated_at = at
    if fair.state == "published":
        live = update(Timetable).where(Timetable.fair_id == fair.id, Timetable.state == "published")
        await db.execute(live.values(state="provisional", provisional_at=at))
        await move(db, fair, "matching", by=by, at=at)
    await db.flush()
    await outbox.changed(db, rules.INDEX, fair.id)
    await audit.record(db, "fair.moved", subject=("fair", fair.id), by=by, at=at, to=first_on.isoformat())


async def _shift(db: Session, fair: Fair, by: timedelta) -> None:
    """Everything that has a date in this fair. Days keep their hours of UTC: Pakistan has no summer time."""
    assert fair.starts_at and fair.ends_at
    fair.starts_at, fair.ends_at = fair.starts_at + by, fair.ends_at + by
    ordered = FairDay.on.desc() if by > timedelta() else FairDay.on
    for day in (await db.scalars(select(FairDay).where(FairDay.fair_id == fair.id).order_by(ordered))).all():
        day.on, day.opens_at, day.closes_at = day.on + by, day.opens_at + by, day.closes_at + by
        await db.flush()
    both = {"starts_at": FairSlot.starts_at + by, "ends_at": FairSlot.ends_at + by}
    await db.execute(update(FairSlot).where(FairSlot.fair_id == fair.id).values(both))
    for table in (FairCandidate, Booth):
        window = {"arrives_at": table.arrives_at + by, "leaves_at": table.leaves_at + by}
        await db.execute(update(table).where(table.fair_id == fair.id).values(window))
    away = update(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.away != [])
    await db.execute(away.values(away=[]))
    db.expire_all()
    await db.refresh(fair)


async def hours_of(db: AnySession, fair: Fair) -> Hours:
    """Its hours as they can be typed, read back from days and slots."""
    zone = ZoneInfo(fair.time_zone)
    days = (await db.scalars(select(FairDay).where(FairDay.fair_id == fair.id).order_by(FairDay.on))).all()
    first = select(FairSlot).where(FairSlot.fair_id == fair.id, FairSlot.day_id == days[0].id)
    slots = (await db.scalars(first.order_by(FairSlot.number))).all()

    def spans(kind: str) -> tuple[Span, ...]:
        return tuple(_span(each.starts_at, each.ends_at, zone) for each in slots if each.kind == kind)

    return Hours(
        first_on=days[0].on,
        last_on=days[-1].on,
        opens=days[0].opens_at.astimezone(zone).time(),
        closes=days[0].closes_at.astimezone(zone).time(),
        slot_minutes=fair.slot_minutes,
        breaks=spans("break"),
        prayers=spans("prayer"),
        women_hours=() if days[0].is_women_only else _joined(slots, zone),
        women_days=tuple(day.on for day in days if day.is_women_only),
    )


async def rooms_of(db: AnySession, fair_id: UUID) -> list[FairRoom]:
    """Rooms and gates, as they were typed."""
    found = select(FairRoom).where(FairRoom.fair_id == fair_id, FairRoom.closed_at.is_(None))
    return list((await db.scalars(found.order_by(FairRoom.position, FairRoom.id))).all())


def shape_of(fair: Fair) -> Shape:
    """What it says, as it can be typed again."""
    return Shape(**{name: getattr(fair, name) for name in Shape.__dataclass_fields__})


def _check_under_way(fair: Fair) -> None:
    if fair.state in ("live", "closed", "cancelled"):
        raise rules.MoveRefused(state=fair.state)


async def _write(db: Session, fair: Fair, shape: Shape, *, at: datetime) -> None:
    rules.check_shape(shape)
    if shape.park_id is not None and await db.get(Park, shape.park_id) is None:
        raise Invalid.at("park", N_("Choose a park from the list."))
    if shape.district is not None and await db.get(District, shape.district) is None:
        raise Invalid.at("district", N_("Choose a district from the list."))
    if shape.capacity < (fair.seats_taken or 0):
        raise Invalid.at("capacity", N_("%(count)s seats are taken already."), count=fair.seats_taken)
    for name, value in asdict(shape).items():
        setattr(fair, name, value)
    fair.updated_at = at


async def _cut(db: Session, fair: Fair, hours: Hours) -> None:
    """Days and slots anew; breaks of tables that were set before go over to the slots of the same time."""
    zone = ZoneInfo(fair.time_zone)
    cuts = grid.cut(hours, zone)
    kept = await _closed_times(db, fair.id)
    for table in (TableClosure, FairSlot, FairDay):
        await db.execute(delete(table).where(table.fair_id == fair.id))
    fair.slot_minutes = hours.slot_minutes
    days = {on: _day(fair, on, hours, zone) for on in hours.days}
    db.add_all(days.values())
    await db.flush()
    fair.starts_at, fair.ends_at = days[hours.first_on].opens_at, days[hours.last_on].closes_at
    rows = [{**asdict(each), "fair_id": fair.id, "day_id": days[each.on].id} for each in cuts]
    for row in rows:
        del row["on"]
    slots = (await db.scalars(insert(FairSlot).returning(FairSlot), rows)).all()
    closures = [
        {"table_id": table_id, "slot_id": slot.id, "fair_id": fair.id, "reason": reason}
        for table_id, slot, reason in {
            (table_id, slot, reason)
            for slot in slots
            for table_id, starts_at, ends_at, reason in kept
            if slot.kind == "meeting" and slot.starts_at < ends_at and starts_at < slot.ends_at
        }
    ]
    by_cell = {(row["table_id"], row["slot_id"]): row for row in closures}
    if by_cell:
        await db.execute(insert(TableClosure), list(by_cell.values()))


def _day(fair: Fair, on: date, hours: Hours, zone: ZoneInfo) -> FairDay:
    opens_at, closes_at = grid.at(on, hours.opens, zone), grid.at(on, hours.closes, zone)
    women = on in hours.women_days
    return FairDay(fair_id=fair.id, on=on, opens_at=opens_at, closes_at=closes_at, is_women_only=women)


async def _closed_times(db: Session, fair_id: UUID) -> Sequence[Any]:
    closed = (
        select(TableClosure.table_id, FairSlot.starts_at, FairSlot.ends_at, TableClosure.reason)
        .join(FairSlot, FairSlot.id == TableClosure.slot_id)
        .where(TableClosure.fair_id == fair_id)
    )
    return (await db.execute(closed)).all()


async def _keep_rooms(db: Session, fair: Fair, rooms: Sequence[Room]) -> None:
    """The rooms as typed; one that has tables or readings stays although it was left out."""
    known = {each.name.lower(): each for each in await rooms_of(db, fair.id)}
    for position, room in enumerate(rooms):
        row = known.pop(room.name.lower(), None) or FairRoom(fair_id=fair.id)
        row.kind, row.name, row.zone, row.position = room.kind, room.name, room.zone, position
        db.add(row)
    for row in known.values():
        used = select(FairTable.id).where(FairTable.room_id == row.id).limit(1)
        if await db.scalar(used):
            raise Invalid.at("rooms", N_("Tables stand in %(room)s. Move them first."), room=row.name)
        await db.delete(row)
    await db.flush()


def _span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Span:
    return Span(starts_at.astimezone(zone).time(), ends_at.astimezone(zone).time())


def _joined(slots: Sequence[FairSlot], zone: ZoneInfo) -> tuple[Span, ...]:
    """Women-only slots that follow each other, as one span."""
    found: list[Span] = []
    for slot in slots:
        if not slot.is_women_only:
            continue
        span = _span(slot.starts_at, slot.ends_at, zone)
        if found and found[-1].ends == span.begins:
            found[-1] = Span(found[-1].begins, span.ends)
        else:
            found.append(span)
    return tuple(found)
