"""Seats of a fair: taken, waited for, given up; never more than there are."""

import asyncio
from dataclasses import replace
from datetime import time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from marketplace.engines.notify.models import TextMessage
from marketplace.fairs import organising, presence, queries, registering
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.fairs.registering import AlreadyThere, Origin, Person, RegistrationClosed
from marketplace.fairs.rules import SEATED, MoveRefused, Room
from marketplace.fairs.tickets import TicketKey, behind
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast, make_cast
from tests.fairs.scenes import make_fair, make_hall

KEY = TicketKey(b"a key of the tests")


async def _come(db: Session, fair: Fair, n: int, **said: Any) -> FairCandidate:
    person = Person(name=f"Candidate {n}", phone=f"+92301{n:07}", **said)
    return await registering.register(db, KEY, fair.id, person, Origin(), at=clock.now())


async def test_who_is_too_late_waits_and_takes_the_seat_of_who_leaves(
    db: Session, cast: Cast, services: Services
) -> None:
    fair = await make_fair(db, cast, capacity=1)
    first, second, third = [await _come(db, fair, n) for n in range(3)]
    assert [each.state for each in (first, second, third)] == ["registered", "waiting", "waiting"]
    assert [await registering.position(db, each) for each in (first, second, third)] == [0, 1, 2]
    await registering.withdraw(db, first.id, by=None, at=clock.now())
    assert [each.state for each in (first, second, third)] == ["withdrawn", "registered", "waiting"]
    await db.refresh(fair)
    assert (fair.seats_taken, await registering.position(db, third)) == (1, 1)
    await registering.come_back(db, first.id, by=None, at=clock.now())
    assert (first.state, await registering.position(db, first)) == ("waiting", 2)
    await db.commit()
    await drain(services)
    told = (await db.scalars(select(TextMessage.message).where(TextMessage.to == second.phone))).all()
    assert sorted(told) == ["fair_seat_free", "fair_waiting"]


async def test_more_seats_go_to_those_who_wait(db: Session, cast: Cast) -> None:
    hall = await make_hall(db, cast, candidates=0, capacity=1)
    first, second, third = [await _come(db, hall.fair, n) for n in range(3)]
    await db.refresh(hall.fair)
    shape, hours = replace(organising.shape_of(hall.fair), capacity=2), await organising.hours_of(db, hall.fair)
    rooms = [Room(kind=room.kind, name=room.name, zone=room.zone) for room in (hall.room, hall.gate)]
    await organising.edit_fair(db, hall.fair, shape, hours, rooms, by=cast.omar.id, at=clock.now())
    assert [each.state for each in (first, second, third)] == ["registered", "registered", "waiting"]
    assert hall.fair.seats_taken == 2


async def test_one_number_registers_once_and_a_closed_list_takes_nobody(db: Session, cast: Cast) -> None:
    fair = await make_fair(db, cast)
    await _come(db, fair, 1)
    with pytest.raises(AlreadyThere):
        async with db.begin_nested():
            await _come(db, fair, 1)
    with pytest.raises(Invalid):
        async with db.begin_nested():
            await _come(db, fair, 2, companions=2)
    over = await make_fair(db, cast, registration_closes_at=clock.now())
    with pytest.raises(RegistrationClosed):
        await _come(db, over, 3)


async def test_a_ticket_opens_by_its_secret_alone_and_is_claimed_once(db: Session, cast: Cast) -> None:
    candidate = await _come(db, await make_fair(db, cast), 1)
    secret = KEY.path(candidate).removeprefix("/tickets/")
    assert (await behind(db, secret))[0].id == candidate.id
    with pytest.raises(NotFound):
        await behind(db, secret[:-1])
    await registering.claim(db, candidate.id, by=cast.ayesha.id, at=clock.now())
    with pytest.raises(MoveRefused):
        await registering.claim(db, candidate.id, by=cast.hina.id, at=clock.now())


async def test_hours_become_a_window_and_back(db: Session, cast: Cast) -> None:
    hall = await make_hall(db, cast, candidates=0)
    days, zone = await queries.days_of(db, hall.fair.id), ZoneInfo("Asia/Karachi")
    said = presence.Said(comes=time(10, 30), days=frozenset({days[0].on}))
    candidate = await _come(db, hall.fair, 1, window=presence.window(said, days, zone))
    assert candidate.arrives_at == days[0].opens_at.replace(hour=5, minute=30) and candidate.leaves_at is None
    assert presence.said_of(candidate, days, zone) == said
    with pytest.raises(Invalid):
        presence.window(presence.Said(leaves=time(8)), days, zone)


# -- two hundred at once, with real commits


async def _two_hundred(database: Database) -> tuple[Fair, int]:
    """Register 200 people for 20 seats, as many at a time as connections; the fair and how many hold a seat."""
    async with database.write.begin() as db:
        fair = await make_fair(db, await make_cast(db), capacity=20)
    door = asyncio.Semaphore(20)

    async def sign_up(n: int) -> None:
        async with door, database.write.begin() as db:
            await _come(db, fair, n)

    await asyncio.gather(*(sign_up(n) for n in range(200)))
    async with database.write.begin() as db:
        seated = select(func.count()).where(FairCandidate.fair_id == fair.id, FairCandidate.state.in_(SEATED))
        return await db.get_one(Fair, fair.id), (await db.scalars(seated)).one()


@pytest.mark.slow
async def test_two_hundred_sign_ups_at_once_never_oversell(cloned_database: Database) -> None:
    fair, seated = await _two_hundred(cloned_database)
    assert (fair.seats_taken, fair.last_number, seated) == (20, 200, 20)


@pytest.mark.slow
async def test_counted_by_reading_first_they_do(cloned_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the same, but whether a seat is free is read before it is written."""

    async def read_then_write(db: Session, fair_id: UUID) -> tuple[int, UUID, bool]:
        fair = await db.get_one(Fair, fair_id, populate_existing=True)
        has_seat = fair.seats_taken < fair.capacity
        counted = {"last_number": Fair.last_number + 1, "seats_taken": fair.seats_taken + has_seat}
        written = update(Fair).where(Fair.id == fair_id).values(**counted).returning(Fair.last_number)
        return (await db.scalars(written.execution_options(synchronize_session=False))).one(), uuid4(), has_seat

    monkeypatch.setattr(registering, "take_seat", read_then_write)
    _, seated = await _two_hundred(cloned_database)
    assert seated > 20
