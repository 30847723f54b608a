"""The desk in the hall: somebody who never registered has a number, a ticket and a place in fifteen seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import func, select

from marketplace.fairs import checkin, day, day_board, hall_queries, hall_queues, hall_rules, problems, registering
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.checkin_rules import Reading
from marketplace.fairs.day_models import Checkin, Refusal
from marketplace.fairs.hall_queries import Place
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.registering import Origin, Person
from marketplace.fairs.rules import SEATED
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel.database import AnySession, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What the desk says to her. `refusal`: why the gate would not let her in. On the list for a free seat of the
    timetable she has a `position` (else 0), and `seat_at` is when its turn may come."""

    candidate: FairCandidate
    path: str
    refusal: Refusal | None
    places: list[Place]
    position: int
    seat_at: datetime | None


async def walk_in(
    db: Session, key: TicketKey, fair: Fair, person: Person, booth: Booth | None, *, by: UUID, at: datetime
) -> FairCandidate:
    """A number and a ticket; in at the gate; in the booth's queue, or on the list for a free seat of the timetable.

    Raises: RegistrationClosed, AlreadyThere, Invalid, NoQueues.
    """
    candidate = await registering.register(db, key, fair.id, person, Origin(source="walk_in", by=by), at=at)
    await _let_in(db, fair, candidate, by=by, at=at)
    if candidate.state in SEATED and booth is not None:
        await hall_queues.join(db, fair, booth, candidate, at=at)
    elif candidate.state in SEATED and fair.mode != "open_hall":
        await day_board.stand_by(db, candidate, at=at)
    return candidate


async def token_of(db: AnySession, key: TicketKey, fair: Fair, number: int, *, at: datetime) -> Token | None:
    """The walk-in with this number; None when there is none."""
    own = FairCandidate.fair_id == fair.id, FairCandidate.number == number, FairCandidate.source == "walk_in"
    candidate = await db.scalar(select(FairCandidate).where(*own))
    if candidate is None:
        return None
    standby = [each.id for each in await day_board.standby_of(db, fair.id)]
    position = standby.index(candidate.id) + 1 if candidate.id in standby else 0
    last = select(Checkin.refusal).where(Checkin.candidate_id == candidate.id).order_by(Checkin.id.desc()).limit(1)
    return Token(
        candidate=candidate,
        path=key.path(candidate),
        refusal=cast("Refusal | None", await db.scalar(last)),
        places=await hall_queries.places_of(db, candidate, fair),
        position=position,
        seat_at=await _seat_at(db, fair, position, at=at) if position else None,
    )


async def _let_in(db: Session, fair: Fair, candidate: FairCandidate, *, by: UUID, at: datetime) -> None:
    """As at the first gate; without gates she is simply there."""
    gates = [each for each in await day.doors_of(db, fair.id) if each.kind == "gate"]
    if not gates:
        candidate.checked_in_at, candidate.is_inside = at, True
        return
    reading = Reading(
        nonce=uuid4(), scanned=candidate.code, direction="in", read_at=at, companions=candidate.companions
    )
    door = await checkin.door_of(db, fair, gates[0])
    await checkin.read(db, door, [reading], by=by, at=at)


async def _seat_at(db: AnySession, fair: Fair, position: int, *, at: datetime) -> datetime | None:
    """The slot whose free seats reach her position."""
    floor = await problems.floor_of(db, fair)
    first = floor.slot_from(at)
    held = select(Meeting.slot_id, func.count()).where(Meeting.fair_id == fair.id, Meeting.state != "cancelled")
    taken = {row[0]: row[1] for row in await db.execute(held.group_by(Meeting.slot_id))}
    seats: Sequence[int] = floor.problem.open.sum(axis=0).tolist()
    free = [max(0, seats[n] - taken.get(slot.id, 0)) for n, slot in enumerate(floor.slots)][first:]
    found = hall_rules.seat_slot(free, position)
    return None if found is None else floor.slots[first + found].starts_at
