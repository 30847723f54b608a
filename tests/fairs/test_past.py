"""The past of a fair, attacked at the tables: what has begun stays, what became of it can still be said."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.fairs import results
from marketplace.fairs.day_models import Checkin
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.results import Card
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.fairs.scenes import Hall, make_timetable, seat
from tests.fairs.test_checkin import live_hall


async def met(db: Session, hall: Hall, slot: int, **values: Any) -> Meeting:
    """The first candidate at the first table, in that slot (the hall has been open for an hour: three are over)."""
    at, plan = clock.now(), await make_timetable(db, hall.fair)
    where: dict[str, Any] = {"booth_id": hall.booths[0].id, "table_id": hall.tables[0].id}
    who: dict[str, Any] = {"candidate_id": hall.candidates[0].id, "timetable_id": plan.id}
    made = Meeting(
        fair_id=hall.fair.id, slot_id=hall.slots[slot].id, created_at=at, updated_at=at, **where, **who, **values
    )
    await seat(db, made)
    return made


async def cell(db: Session, meeting_id: UUID) -> tuple[Any, ...]:
    """Where it stands in the table: table, slot, candidate, state."""
    columns = select(Meeting.table_id, Meeting.slot_id, Meeting.candidate_id, Meeting.state)
    return tuple((await db.execute(columns.where(Meeting.id == meeting_id))).one())


async def refused(db: Session, statement: Any, why: str) -> None:
    with pytest.raises(DBAPIError, match=f"fairs: {why}"):
        async with db.begin_nested():
            await db.execute(statement)


async def test_what_has_begun_stays_whoever_asks(db: Session, cast: Cast) -> None:
    """Table, slot, people, version and row of a meeting whose slot has begun; the slot's own time; the fair's state."""
    hall = await live_hall(db, cast)
    past = await met(db, hall, 0)
    other = await make_timetable(db, hall.fair, state="superseded", number=2)
    here = update(Meeting).where(Meeting.id == past.id)
    to_booth = {"booth_id": hall.booths[1].id, "table_id": hall.tables[1].id}
    cells = ({"slot_id": hall.slots[5].id}, {"slot_id": hall.slots[1].id}, to_booth, {"timetable_id": other.id})
    for values in (*cells, {"candidate_id": hall.candidates[1].id}, {"state": "cancelled"}, {"source": "queue"}):
        await refused(db, here.values(values), "what has begun stays")
    await refused(db, text("DELETE FROM meetings"), "what has begun stays")
    earlier = update(FairSlot).where(FairSlot.id == hall.slots[0].id)
    await refused(db, earlier.values(starts_at=FairSlot.starts_at - timedelta(minutes=9)), "a slot that has begun")
    for state in ("open", "published", "cancelled"):
        away = update(Fair).where(Fair.id == hall.fair.id).values(state=state)
        await refused(db, away, "one that was on is on or over")
    await db.execute(update(Fair).where(Fair.id == hall.fair.id).values(state="closed"))
    await refused(db, here.values(to_booth), "what has begun stays")
    assert await cell(db, past.id) == (hall.tables[0].id, hall.slots[0].id, hall.candidates[0].id, "planned")


async def test_nobody_is_moved_into_the_past_and_what_is_to_come_moves(db: Session, cast: Cast) -> None:
    hall = await live_hall(db, cast)
    coming = await met(db, hall, 5)
    here = update(Meeting).where(Meeting.id == coming.id)
    await refused(db, here.values(slot_id=hall.slots[0].id), "nobody is moved into the past")
    await db.execute(here.values(slot_id=hall.slots[4].id, state="cancelled"))
    await db.execute(here.values(slot_id=hall.slots[5].id, state="planned"))
    later = clock.now() + timedelta(hours=3)
    await refused(db, here.values(slot_id=hall.slots[4].id, updated_at=later), "what has begun stays")
    assert await cell(db, coming.id) == (hall.tables[0].id, hall.slots[5].id, hall.candidates[0].id, "planned")


async def test_nobody_is_put_into_the_past_when_meetings_are_added(db: Session, cast: Cast) -> None:
    """What is over takes nobody; the slot under way only who stands by or walks in; what is to come everybody."""
    hall = await live_hall(db, cast)
    plan, at = await make_timetable(db, hall.fair), clock.now()

    def row(slot: int, source: str) -> Any:
        where: dict[str, Any] = {"booth_id": hall.booths[0].id, "table_id": hall.tables[0].id}
        where |= {"slot_id": hall.slots[slot].id, "candidate_id": hall.candidates[0].id, "timetable_id": plan.id}
        return insert(Meeting).values(fair_id=hall.fair.id, created_at=at, updated_at=at, source=source, **where)

    for slot, source in ((0, "plan"), (0, "standby"), (2, "walk_in"), (3, "plan")):
        await refused(db, row(slot, source), "nobody is put into the past")
    for slot, source in ((3, "standby"), (4, "plan")):
        point = await db.begin_nested()
        await db.execute(row(slot, source))
        await point.rollback()
    await refused(db, row(4, "plan").values(updated_at=at + timedelta(hours=3)), "nobody is put into the past")
    assert (await db.scalars(select(Meeting.id))).all() == []


async def test_a_version_that_was_made_and_a_reading_stay_whoever_asks(db: Session, cast: Cast) -> None:
    """Its plan, input, seed and figures; no second run; a reading is not changed or removed."""
    hall, at = await live_hall(db, cast), clock.now()
    made = await make_timetable(db, hall.fair)
    here = update(Timetable).where(Timetable.id == made.id)
    await db.execute(here.values(cells=[["a", "b", "c", "d"]], finished_at=at))
    kept: list[dict[str, Any]] = [{"cells": []}, {"seed": 8}, {"figures": {"gap": 0}}, {"input": {}}]
    for values in (*kept, {"finished_at": None}):
        await refused(db, here.values(values), "a version that is made stays")
    for state in ("waiting", "made", "failed"):
        await refused(db, here.values(state=state), "a version that is made stays")
    await refused(db, text("DELETE FROM timetables"), "a version that is made stays")
    await db.execute(here.values(state="superseded", published_at=at))
    await db.execute(here.values(state="provisional"))
    row: dict[str, Any] = {"fair_id": hall.fair.id, "room_id": hall.gate.id, "candidate_id": hall.candidates[0].id}
    await db.execute(insert(Checkin).values(**row, nonce=uuid4(), direction="in", device_at=at, at=at))
    for change in ({"direction": "out"}, {"refusal": "full"}, {"device_at": at - timedelta(hours=1)}):
        await refused(db, update(Checkin).values(change), "a reading of a ticket stays")
    await refused(db, text("DELETE FROM checkins"), "a reading of a ticket stays")
    kept_plan = (await db.execute(select(Timetable.cells, Timetable.seed, Timetable.state))).one()
    assert tuple(kept_plan) == ([["a", "b", "c", "d"]], made.seed, "provisional")
    assert (await db.scalars(select(Checkin.direction))).all() == ["in"]


async def test_what_became_of_it_is_said_and_put_right_afterwards(db: Session, cast: Cast) -> None:
    """A no-show that was none, an hour later; a talk that somebody says never was is still a no-show."""
    hall = await live_hall(db, cast)
    past, at = await met(db, hall, 0), clock.now()
    here = update(Meeting).where(Meeting.id == past.id)
    for result in ("no_show", "met", "no_show", "shortlisted"):
        card = Card(result=result)  # pyright: ignore[reportArgumentType] - one of them each
        await results.judge(db, hall.fair, hall.booths[0], hall.candidates[0], card, by=cast.bilal.id, at=at)
    assert (await db.scalars(select(Meeting.state))).one() == "done"
    await db.execute(here.values(candidate_rating=4, candidate_word="Kind people."))
    for state in ("planned", "called", "checked_in", "cancelled"):
        await refused(db, here.values(state=state), "what has begun stays")


async def test_a_seat_given_away_stays_given_when_she_comes_after_all(db: Session, cast: Cast) -> None:
    """The one cell that changes afterwards: no-show to done, between the slots; and nothing else with it."""
    hall = await live_hall(db, cast)
    past, at = await met(db, hall, 3, state="no_show", missed_by="candidate"), clock.now()
    row: dict[str, Any] = {"fair_id": hall.fair.id, "booth_id": hall.booths[0].id, "table_id": hall.tables[0].id}
    row |= {"slot_id": hall.slots[3].id, "candidate_id": hall.candidates[1].id, "source": "standby"}
    await db.execute(insert(Meeting).values(**row, state="called", created_at=at, updated_at=at))
    came: dict[str, Any] = {"state": "done", "missed_by": None, "source": "queue", "slot_id": None}
    here = update(Meeting).where(Meeting.id == past.id)
    await refused(db, here.values(**came, candidate_id=hall.candidates[2].id), "what has begun stays")
    card = Card(result="met")
    await results.judge(db, hall.fair, hall.booths[0], hall.candidates[0], card, by=cast.bilal.id, at=at)
    await db.refresh(past)
    assert (past.state, past.source, past.slot_id) == ("done", "queue", None)
