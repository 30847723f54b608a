"""Tickets read at gates and rooms, in and out, by a phone of its own or by a steward.

A reading is named by the nonce its phone made: sent ten times it is one. Phones that were offline send later what they
let through: it has happened, so it is forced and kept, in the order in which it was read. Candidates are locked in the
order of their ids, readings of one message are judged one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from marketplace.fairs import checkin_rules as rules
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.checkin_rules import Door, Reading
from marketplace.fairs.day_models import Checkin, Refusal
from marketplace.fairs.models import Fair, FairDay, FairRoom, FairSlot
from marketplace.kernel.database import AnySession, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What became of one reading."""

    nonce: UUID
    refusal: Refusal | None
    is_forced: bool = False
    candidate_id: UUID | None = None
    number: int | None = None
    name: str = ""
    companions: int = 0


async def door_of(db: AnySession, fair: Fair, room: FairRoom) -> Door:
    """A gate or room with what it must know of its fair."""
    days = (await db.scalars(select(FairDay).where(FairDay.fair_id == fair.id).order_by(FairDay.on))).all()
    women = select(FairSlot.starts_at, FairSlot.ends_at).where(FairSlot.fair_id == fair.id, FairSlot.is_women_only)
    spans = [(each.starts_at, each.ends_at) for each in await db.execute(women)]
    spans += [(day.opens_at, day.closes_at) for day in days if day.is_women_only]
    return Door(fair=fair, room=room, days=days, women_only=spans)


async def read(
    db: Session,
    door: Door,
    readings: Sequence[Reading],
    *,
    device_id: UUID | None = None,
    by: UUID | None = None,
    at: datetime,
) -> list[Passed]:
    """Judge and keep readings of one door, in their order. What came before is answered as it was then."""
    people = await _people(db, door.fair.id, readings)
    known = await _known(db, [each.nonce for each in readings])
    inside = await _inside(db, door, [each.id for each in people.values()])
    answers: list[Passed] = []
    for reading in readings:
        if reading.nonce in known:
            answers.append(known[reading.nonce])
            continue
        candidate = _found(people, reading)
        passed = await _judge(db, door, candidate, reading, inside)
        row = _row(door, reading, passed, device_id=device_id, by=by, at=at)
        await db.execute(insert(Checkin).values(row).on_conflict_do_nothing())
        known[reading.nonce] = passed
        answers.append(passed)
    await _stand(db, door, {each.candidate_id for each in answers if each.candidate_id is not None})
    return answers


async def _people(db: Session, fair_id: UUID, readings: Sequence[Reading]) -> dict[str, FairCandidate]:
    """The candidates behind what was read, locked, by code and by ticket."""
    hashes = [rules.ticket_hash(each.scanned) for each in readings if rules.secret_of(each.scanned)]
    codes = [rules.code_of(each.scanned) for each in readings]
    found = (
        select(FairCandidate)
        .where(FairCandidate.fair_id == fair_id)
        .where(or_(FairCandidate.ticket_hash.in_(hashes), FairCandidate.code.in_(codes)))
        .order_by(FairCandidate.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    people: dict[str, FairCandidate] = {}
    for candidate in (await db.scalars(found)).all():
        people[candidate.code] = people[candidate.ticket_hash.hex()] = candidate
    return people


def _found(people: dict[str, FairCandidate], reading: Reading) -> FairCandidate | None:
    return people.get(rules.ticket_hash(reading.scanned).hex()) or people.get(rules.code_of(reading.scanned))


async def _known(db: Session, nonces: Sequence[UUID]) -> dict[UUID, Passed]:
    """What was said to these readings before."""
    found = (
        select(Checkin, FairCandidate.number, FairCandidate.name)
        .outerjoin(FairCandidate, FairCandidate.id == Checkin.candidate_id)
        .where(Checkin.nonce.in_(nonces))
    )
    return {
        row.nonce: Passed(
            nonce=row.nonce,
            refusal=cast("Refusal | None", row.refusal),
            is_forced=row.is_forced,
            candidate_id=row.candidate_id,
            number=number,
            name=name or "",
            companions=row.companions,
        )
        for row, number, name in await db.execute(found)
    }


async def _inside(db: Session, door: Door, ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Who of them is in this room by its last reading; at a gate, by that of any gate."""
    places = select(FairRoom.id).where(FairRoom.fair_id == door.fair.id, FairRoom.kind == "gate")
    last = (
        select(Checkin.candidate_id, Checkin.direction)
        .where(Checkin.candidate_id.in_(ids), Checkin.refusal.is_(None))
        .where(Checkin.room_id.in_(places) if door.room.kind == "gate" else Checkin.room_id == door.room.id)
        .ext(distinct_on(Checkin.candidate_id))
        .order_by(Checkin.candidate_id, Checkin.device_at.desc(), Checkin.id.desc())
    )
    return {row.candidate_id: row.direction == "in" for row in await db.execute(last)}


async def _judge(
    db: Session, door: Door, candidate: FairCandidate | None, reading: Reading, inside: dict[UUID, bool]
) -> Passed:
    if candidate is None:
        elsewhere = select(FairCandidate.id).where(FairCandidate.ticket_hash == rules.ticket_hash(reading.scanned))
        is_elsewhere = bool(rules.secret_of(reading.scanned)) and await db.scalar(elsewhere) is not None
        return Passed(nonce=reading.nonce, refusal="other_fair" if is_elsewhere else "unknown")
    why = reading.refused or rules.refusal(door, candidate, reading, is_in=inside.get(candidate.id, False))
    forced = why is not None and reading.is_forced and why in rules.FORCIBLE
    if why is None or forced:
        inside[candidate.id] = reading.direction == "in"
    return Passed(
        nonce=reading.nonce,
        refusal=None if forced else why,
        is_forced=forced,
        candidate_id=candidate.id,
        number=candidate.number,
        name=candidate.name,
        companions=max(0, min(10, reading.companions)),
    )


def _row(
    door: Door, reading: Reading, passed: Passed, *, device_id: UUID | None, by: UUID | None, at: datetime
) -> dict[str, Any]:
    return {
        "fair_id": door.fair.id,
        "room_id": door.room.id,
        "candidate_id": passed.candidate_id,
        "device_id": device_id,
        "by_user_id": by,
        "nonce": reading.nonce,
        "direction": reading.direction,
        "companions": passed.companions,
        "refusal": passed.refusal,
        "scanned": "" if passed.candidate_id else rules.code_of(reading.scanned),
        "is_forced": passed.is_forced,
        "was_offline": reading.was_offline,
        "device_at": reading.read_at,
        "at": at,
    }


async def _stand(db: Session, door: Door, ids: set[UUID]) -> None:
    """What the gates' readings say of these candidates, whatever order they came in. Any reading says she came."""
    gates = select(FairRoom.id).where(FairRoom.fair_id == door.fair.id, FairRoom.kind == "gate")
    went_in, at_gate = Checkin.direction == "in", Checkin.room_id.in_(gates)
    read = (
        select(
            Checkin.candidate_id,
            func.min(Checkin.device_at).filter(went_in).label("first_in"),
            func.max(Checkin.device_at).filter(went_in, at_gate).label("last_in"),
            func.max(Checkin.device_at).filter(~went_in, at_gate).label("last_out"),
        )
        .where(Checkin.candidate_id.in_(sorted(ids)), Checkin.refusal.is_(None))
        .group_by(Checkin.candidate_id)
    )
    for row in (await db.execute(read)).all():
        candidate = await db.get_one(FairCandidate, row.candidate_id)
        left = row.last_out is not None and (row.last_in is None or row.last_out >= row.last_in)
        candidate.checked_in_at = row.first_in
        candidate.left_at = row.last_out if left else None
        candidate.is_inside = row.first_in is not None and not left
    await db.flush()
