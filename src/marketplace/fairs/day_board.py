"""The live board: who is called where, who comes next, who is missing, and one tap that gives a missed seat away.

Everybody sees numbers; names only those who work at the fair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from marketplace.fairs import problems, rules, telling
from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One meeting on the board. `name` is for those who work there only."""

    id: UUID
    table_id: UUID
    table: str
    room: str
    booth: str
    number: int
    name: str
    state: str
    is_inside: bool
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Now and next, by room and table; until when the running slot lasts; who is missing past the grace."""

    now: list[Line]
    next: list[Line]
    ends_at: datetime | None
    next_at: datetime | None
    missing: list[Line]


async def board_of(db: AnySession, fair: Fair, *, at: datetime) -> Board:
    """The running slot and the one after it."""
    slots = (await db.scalars(select(FairSlot).where(FairSlot.fair_id == fair.id, FairSlot.ends_at > at))).all()
    slots = sorted((slot for slot in slots if slot.kind == "meeting"), key=lambda slot: slot.number)
    running = next((slot for slot in slots if slot.starts_at <= at), None)
    following = next((slot for slot in slots if slot.starts_at > at), None)
    now = await _lines(db, running)
    late = at - timedelta(minutes=fair.grace_minutes)
    missing = [
        each for each in now if each.state in ("planned", "called") and not each.is_inside and each.starts_at <= late
    ]
    return Board(
        now=now,
        next=await _lines(db, following),
        ends_at=running.ends_at if running else None,
        next_at=following.starts_at if following else None,
        missing=missing,
    )


async def public_fair(db: AnySession, slug: str) -> Fair:
    """A fair whose board everybody sees. Raises: NotFound."""
    found = select(Fair).where(Fair.slug == slug, Fair.state.in_(("published", "live", "closed")))
    fair = await db.scalar(found)
    if fair is None:
        raise NotFound
    return fair


async def meeting_of(db: Session, fair: Fair, meeting_id: UUID) -> Meeting:
    """One of this fair's, locked. Raises: NotFound."""
    meeting = await db.get(Meeting, meeting_id, with_for_update=True)
    if meeting is None or meeting.fair_id != fair.id:
        raise NotFound
    return meeting


async def miss(db: Session, fair: Fair, meeting: Meeting, *, by: UUID, at: datetime) -> Meeting | None:
    """She did not come: her seat goes to the first of the standby list who fits, if somebody does.

    Raises: MoveRefused.
    """
    moves = cast("Mapping[str, tuple[str, ...]]", rules.MEETING_MOVES)
    rules.check_move(moves, meeting.state, "no_show")
    meeting.state, meeting.missed_by, meeting.ended_at, meeting.updated_at = "no_show", "candidate", at, at
    await db.flush()
    await audit.record(db, "meeting.no_show", subject=("meeting", meeting.id), by=by, at=at)
    slot = await db.get(FairSlot, meeting.slot_id) if meeting.slot_id else None
    if slot is None or slot.ends_at <= at:
        return None
    return await _give(db, fair, meeting, slot, by=by, at=at)


async def stand_by(db: Session, candidate: FairCandidate, *, at: datetime) -> None:
    """She waits in the hall for a seat that somebody misses."""
    candidate.standby_at = candidate.standby_at or at
    await db.flush()


async def standby_of(db: AnySession, fair_id: UUID) -> list[FairCandidate]:
    """Who waits in the hall, in the order in which they came."""
    found = select(FairCandidate).where(FairCandidate.fair_id == fair_id, FairCandidate.standby_at.is_not(None))
    seated = found.where(FairCandidate.state.in_(rules.SEATED), FairCandidate.is_inside)
    return list((await db.scalars(seated.order_by(FairCandidate.standby_at, FairCandidate.id))).all())


async def _give(db: Session, fair: Fair, missed: Meeting, slot: FairSlot, *, by: UUID, at: datetime) -> Meeting | None:
    """The seat to the first who waits, has nothing in this slot, may meet this employer and has not met it."""
    floor = await problems.floor_of(db, fair)
    people = {each.id: n for n, each in enumerate(floor.candidates)}
    employer = next((n for n, booth in enumerate(floor.booths) if booth.id == missed.booth_id), None)
    pairs = set(zip(floor.problem.candidate.tolist(), floor.problem.employer.tolist(), strict=True))
    live = await problems.live_meetings(db, fair.id)
    busy = {each.candidate_id for each in live if each.slot_id == slot.id or each.booth_id == missed.booth_id}
    for candidate in await standby_of(db, fair.id):
        is_barred = slot.is_women_only and candidate.is_woman is not True
        if candidate.id in busy or is_barred or (people.get(candidate.id), employer) not in pairs:
            continue
        row: dict[str, Any] = {"fair_id": fair.id, "timetable_id": missed.timetable_id, "booth_id": missed.booth_id}
        row |= {"table_id": missed.table_id, "slot_id": slot.id, "candidate_id": candidate.id, "called_at": at}
        made = Meeting(**row, state="called", source="standby", created_at=at, updated_at=at)
        db.add(made)
        candidate.standby_at = None
        await db.flush()
        await audit.record(db, "meeting.given", subject=("meeting", made.id), by=by, at=at)
        told: dict[str, Any] = {"about": f"seat {made.id}", "at": at}
        await telling.candidates_of(db, fair, "fair_meetings_changed", [candidate.id], **told)
        return made
    return None


async def _lines(db: AnySession, slot: FairSlot | None) -> list[Line]:
    if slot is None:
        return []
    columns = (
        *(Meeting.id, Meeting.table_id, FairTable.label.label("table"), FairRoom.name.label("room")),
        *(Booth.name.label("booth"), FairCandidate.number, FairCandidate.name, Meeting.state, FairCandidate.is_inside),
    )
    found = (
        select(*columns)
        .join(FairTable, FairTable.id == Meeting.table_id)
        .join(Booth, Booth.id == Meeting.booth_id)
        .join(FairCandidate, FairCandidate.id == Meeting.candidate_id)
        .outerjoin(FairRoom, FairRoom.id == FairTable.room_id)
        .where(Meeting.slot_id == slot.id, Meeting.state.in_(rules.LIVE_MEETINGS))
        .order_by(FairRoom.position, FairRoom.name, FairTable.label)
    )
    rows: list[dict[str, Any]] = [dict(row) for row in (await db.execute(found)).mappings()]
    for row in rows:
        row |= {"room": row["room"] or "", "starts_at": slot.starts_at, "ends_at": slot.ends_at}
    return [Line(**row) for row in rows]
