"""An open hall: queues that no two tables mix up, places and waits that are true, a desk for those who just came."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.fairs import hall_desk, hall_queries, hall_queues, hall_rules
from marketplace.fairs.booth_models import FairTable
from marketplace.fairs.day_models import FairMessage, FairScorecard, QueueEntry
from marketplace.fairs.hall_rules import minutes_each, seat_slot, wait_minutes
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.registering import Person
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Database, Session
from tests.cast import Cast, make_cast
from tests.fairs.scenes import Hall, ticket
from tests.fairs.test_checkin import live_hall

KEY = TicketKey(b"k" * 32)


async def open_hall(db: Session, cast: Cast, **values: Any) -> Hall:
    return await live_hall(db, cast, mode="open_hall", grace_minutes=3, **values)


async def queued(db: Session, hall: Hall, booth: int = 0, *, people: int = 3) -> list[QueueEntry]:
    """The first candidates, one after the other."""
    stand, at = hall.booths[booth], clock.now()
    return [await hall_queues.join(db, hall.fair, stand, each, at=at) for each in hall.candidates[:people]]


def test_a_wait_is_counted_by_its_formula() -> None:
    assert minutes_each(20, []) == 20
    assert minutes_each(20, [timedelta(minutes=5)] * 8) == 8, "(2 · 20 + 8 · 5) / 10"
    assert minutes_each(20, [timedelta(hours=3)]) == pytest.approx(100 / 3), "a forgotten table counts an hour"
    assert wait_minutes(0, tables=2, busy=1, each=10) == 0
    assert wait_minutes(0, tables=2, busy=2, each=10) == 5
    assert wait_minutes(3, tables=2, busy=1, each=10) == 15
    assert wait_minutes(4, tables=0, busy=0, each=10) is None
    assert [seat_slot([0, 2, 0, 1], n) for n in (1, 2, 3, 4)] == [1, 1, 3, None]


async def test_called_there_met_and_the_next(db: Session, cast: Cast) -> None:
    """She is called, comes, talks; the table is busy till then; the estimate learns from it; once met is met."""
    hall, by = await open_hall(db, cast), cast.bilal.id
    await queued(db, hall)
    at = clock.now()
    first = await hall_queues.call_next(db, hall.fair, hall.tables[0], by=by, at=at)
    assert first is not None
    assert first.candidate_id == hall.candidates[0].id
    told = (await db.scalars(select(FairMessage.candidate_id).where(FairMessage.message == "fair_called"))).all()
    assert told == [first.candidate_id]
    with pytest.raises(hall_queues.TableBusy):
        await hall_queues.call_next(db, hall.fair, hall.tables[0], by=by, at=at)
    await hall_queues.arrive(db, hall.booths[0], first.id, by=by, at=at)
    with pytest.raises(hall_queues.TableBusy):
        await hall_queues.call_next(db, hall.fair, hall.tables[0], by=by, at=at)
    await hall_queues.finish(db, hall.booths[0], first.id, by=by, at=at + timedelta(minutes=5))
    [queue] = await hall_queries.queues_of(db, hall.fair, hall.booths[0].id)
    assert queue.each == 15, "(20 + 20 + 5) / 3"
    [place] = await hall_queries.places_of(db, hall.candidates[2], hall.fair)
    assert (place.ahead, place.wait) == (1, 15)
    with pytest.raises(hall_queues.MetAlready):
        await hall_queues.join(db, hall.fair, hall.booths[0], hall.candidates[0], at=at)


async def test_grace_passing_over_and_leaving(db: Session, cast: Cast) -> None:
    hall, by = await open_hall(db, cast), cast.bilal.id
    one, two, three = await queued(db, hall)
    table, booth, at = hall.tables[0], hall.booths[0], clock.now()
    assert (await hall_queues.call_next(db, hall.fair, table, by=by, at=at)) is one
    with pytest.raises(hall_queues.StillTime):
        await hall_queues.miss(db, hall.fair, booth, one.id, by=by, at=at + timedelta(minutes=2))
    await hall_queues.miss(db, hall.fair, booth, one.id, by=by, at=at + timedelta(minutes=3))
    assert (await hall_queues.call_next(db, hall.fair, table, by=by, at=at)) is two
    await hall_queues.pass_over(db, booth, two.id, at=at)
    assert [each.id for each in await hall_queries.line_of(db, booth.id)] == [three.id, two.id]
    await hall_queues.leave(db, hall.candidates[2], three.id, at=at)
    assert (await hall_queues.call_next(db, hall.fair, table, by=by, at=at)) is two
    again = await hall_queues.join(db, hall.fair, booth, hall.candidates[0], at=at)
    assert again.number == 5, "whoever missed a call may queue again, at the end"


async def test_three_queues_at_once_and_one_call(db: Session, cast: Cast) -> None:
    """A fourth queue is refused; whoever is called at one booth is passed at the next, and keeps her place there."""
    hall, by, at = await open_hall(db, cast, booths=4), cast.bilal.id, clock.now()
    hers, other = hall.candidates[:2]
    for booth in hall.booths[:3]:
        await hall_queues.join(db, hall.fair, booth, hers, at=at)
    with pytest.raises(hall_queues.TooManyQueues):
        await hall_queues.join(db, hall.fair, hall.booths[3], hers, at=at)
    await hall_queues.join(db, hall.fair, hall.booths[1], other, at=at)
    await hall_queues.call_next(db, hall.fair, hall.tables[0], by=by, at=at)
    second = await hall_queues.call_next(db, hall.fair, hall.tables[1], by=by, at=at)
    assert second is not None
    assert second.candidate_id == other.id
    assert (await hall_queues.call_next(db, hall.fair, hall.tables[2], by=by, at=at)) is None


async def test_two_tables_that_call_at_once_get_two_people(cloned_database: Database) -> None:
    """Eight tables of two booths call at once, again and again, with the same people in both queues: no person is
    called twice, and the unique index never has to say so."""
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        hall = await open_hall(db, cast, booths=2, candidates=12)
        for n in range(6):
            where: dict[str, Any] = {"fair_id": hall.fair.id, "booth_id": hall.booths[n % 2].id}
            db.add(FairTable(**where, room_id=hall.room.id, label=f"U{n}"))
        await queued(db, hall, 0, people=12)
        await queued(db, hall, 1, people=12)
        tables = (await db.scalars(select(FairTable.id).order_by(FairTable.label))).all()

    async def call(table_id: UUID) -> UUID | None:
        async with cloned_database.write.begin() as db:
            fair, table = await db.get_one(Fair, hall.fair.id), await db.get_one(FairTable, table_id)
            entry = await hall_queues.call_next(db, fair, table, by=cast.bilal.id, at=clock.now())
            return entry.candidate_id if entry else None

    called = [id for id in await asyncio.gather(*(call(each) for each in tables)) if id]
    assert len(called) == len(set(called))
    async with cloned_database.read() as db:
        many = select(func.count()).where(QueueEntry.state == "called")
        assert (await db.scalars(many)).one() == len(called) >= 7


async def test_a_walk_in_has_a_number_a_ticket_and_a_wait(db: Session, cast: Cast) -> None:
    """Without a phone number; inside at once; where all seats are taken she waits for one and is in no queue."""
    hall, at = await open_hall(db, cast, capacity=4), clock.now()
    told: dict[str, Any] = {"by": cast.omar.id, "at": at}
    made = await hall_desk.walk_in(db, KEY, hall.fair, Person(name="Saima Bibi"), hall.booths[0], **told)
    await db.refresh(made)
    assert made.is_inside
    token = await hall_desk.token_of(db, KEY, hall.fair, made.number, at=at)
    assert token is not None
    assert [(each.booth, each.ahead, each.wait) for each in token.places] == [("AgriTrack", 0, 0)]
    full = await hall_desk.walk_in(db, KEY, hall.fair, Person(name="Rabia Bibi"), hall.booths[0], **told)
    assert full.state == "waiting"
    assert (await db.scalars(select(func.count(QueueEntry.id)))).one() == 1


async def test_a_walk_in_of_a_timetable_hears_when_a_seat_is_free(db: Session, cast: Cast) -> None:
    hall, at = await live_hall(db, cast, slots=9), clock.now()
    told: dict[str, Any] = {"by": cast.omar.id, "at": at}
    made = await hall_desk.walk_in(db, KEY, hall.fair, Person(name="Saima Bibi"), None, **told)
    token = await hall_desk.token_of(db, KEY, hall.fair, made.number, at=at)
    assert token is not None
    assert token.position == 1
    assert token.seat_at == min(each.starts_at for each in hall.slots if each.starts_at > at)


async def test_the_hall_on_three_screens(db: Session, cast: Cast, browse: Any) -> None:
    """By her ticket she queues and leaves her details; Bilal calls her; the board says so by number, without a name."""
    hall = await open_hall(db, cast)
    await db.commit()
    omar, bilal, hers = await browse(cast.omar), await browse(cast.bilal), await browse()
    fair, queue = f"/fairs/{hall.fair.slug}", f"/fairs/{hall.fair.slug}/booths/{ids.short(hall.booths[0].id)}/queue"
    desk = f"{fair}/day/walk-ins"
    made = await omar.submit(desk, {"name": "Saima Bibi", "locale": "en"}, shown_on=desk)
    assert "Saima Bibi" in (await omar.get(made.headers["location"])).text
    code = hall_rules.booth_code(hall.booths[0].id)
    assert f"type {code}" in (await bilal.get(queue.replace("queue", "sign"))).text
    assert "does not know your ticket" in (await hers.get(f"{fair}/hall/{code}")).text
    mine = f"/tickets/{ticket(hall.fair, 1)}/queues"
    assert "No booth has this code" in (await hers.get(f"{mine}?booth=NOBODY")).text
    scanned = await hers.get(f"{fair}/hall/{code}")
    assert scanned.headers["location"] == f"{mine}?booth={code}", "this phone has opened her ticket"
    await hers.submit(mine, {"do": "queue", "id": code}, shown_on=mine)
    await hers.submit(mine, {"do": "interest", "id": code}, shown_on=mine)
    assert "You are next" in (await hers.get(mine)).text
    assert (await db.scalars(select(func.count(FairScorecard.id)))).one() == 1
    await bilal.submit(f"{queue}/call", {"table": ids.short(hall.tables[0].id)}, shown_on=queue)
    assert "It is your turn: table T1" in (await hers.get(mine)).text
    board = (await hers.get(f"{fair}/board")).text
    assert re.search(r"number.>1</strong> → T1", board)
    assert hall.candidates[0].name not in board
    entry = (await db.scalars(select(QueueEntry))).one()
    await bilal.submit(queue, {"to": "here", "entry": ids.short(entry.id)}, shown_on=queue)
    badge = f"{fair}/booths/{ids.short(hall.booths[0].id)}/badges/{hall.candidates[0].code}"
    await bilal.submit(badge, {"result": "shortlisted", "word": "Come on Monday."}, shown_on=badge)
    assert (await db.scalars(select(Meeting.state))).one() == "done"
    assert "Call the next" in (await bilal.get(queue)).text


async def test_helpers_work_at_their_fair_and_nowhere_else(db: Session, cast: Cast, browse: Any) -> None:
    hall = await open_hall(db, cast)
    await db.commit()
    omar, hina = await browse(cast.omar), await browse(cast.hina)
    day = f"/fairs/{hall.fair.slug}/day"
    assert (await hina.get(day)).status_code == 404
    named = {"email": cast.hina.email.upper(), "role": "steward"}
    await omar.submit(f"{day}/helpers", named, shown_on=f"{day}/helpers")
    assert (await hina.get(day)).status_code == 200
    assert (await hina.get(f"{day}/helpers")).status_code == 403
    listed = (await omar.get(f"{day}/helpers")).text
    assert cast.hina.email in listed and cast.hina.name not in listed, "an address does not tell whose it is"
    await omar.submit(f"{day}/helpers/{ids.short(cast.hina.id)}/end", shown_on=f"{day}/helpers")
    assert (await hina.get(day)).status_code == 404
