"""The day goes wrong fifty times in a row: no clash, the past stays, exactly those touched are told."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

from marketplace.engines.matching.timetable import planner
from marketplace.engines.matching.timetable.problem import triples
from marketplace.fairs import attending, problems, registering, replanning, replanning_cells, replanning_undo
from marketplace.fairs.booth_models import FairTable
from marketplace.fairs.day_models import FairMessage
from marketplace.fairs.models import FairSlot
from marketplace.fairs.plan_models import Meeting, TimetableChange
from marketplace.fairs.replanning import Happening
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.fairs.scenes import Hall, add_candidates, make_timetable, rewriting, seat, ticket, wish
from tests.fairs.test_checkin import live_hall

Placed = dict[tuple[UUID, UUID], tuple[UUID, UUID | None]]


async def planned_hall(db: Session, cast: Cast, *, booths: int = 4, candidates: int = 12, slots: int = 12) -> Hall:
    """A live fair with two tables per booth, where everybody wishes everybody and a plan is published."""
    hall = await live_hall(db, cast, booths=booths, candidates=candidates, slots=slots)
    more = [
        FairTable(fair_id=hall.fair.id, booth_id=each.id, room_id=hall.room.id, label=f"U{n}")
        for n, each in enumerate(hall.booths)
    ]
    db.add_all(more)
    hall.tables.extend(more)
    for candidate in hall.candidates:
        for booth in hall.booths:
            await wish(db, candidate, booth)
    floor = await problems.floor_of(db, hall.fair)
    plan, timetable, at = planner.solve(floor.problem), await make_timetable(db, hall.fair), clock.now()
    taken: set[tuple[UUID, int]] = set()
    rows: list[Meeting] = []
    for c, e, s in triples(plan.meetings):
        booth = floor.booths[e]
        table = next(t for t in floor.tables if t.booth_id == booth.id and (t.id, s) not in taken)
        taken.add((table.id, s))
        where: dict[str, Any] = {"booth_id": booth.id, "table_id": table.id, "slot_id": floor.slots[s].id}
        who: dict[str, Any] = {"candidate_id": floor.candidates[c].id, "timetable_id": timetable.id}
        rows.append(Meeting(fair_id=hall.fair.id, created_at=at, updated_at=at, **where, **who))
    await seat(db, *rows)
    assert len(taken) > candidates
    return hall


async def placed(db: Session, hall: Hall) -> Placed:
    return {
        (m.candidate_id, m.booth_id): (m.table_id, m.slot_id) for m in await problems.live_meetings(db, hall.fair.id)
    }


async def past_of(db: Session, hall: Hall) -> dict[UUID, tuple[Any, ...]]:
    """Everything about meetings in slots that have begun."""
    found = select(Meeting).join(FairSlot, FairSlot.id == Meeting.slot_id).where(Meeting.fair_id == hall.fair.id)
    rows = (await db.scalars(found.where(FairSlot.starts_at <= clock.now()))).all()
    return {m.id: (m.candidate_id, m.table_id, m.slot_id, m.state, m.timetable_id) for m in rows}


async def happen(chance: random.Random, db: Session, hall: Hall) -> Happening:
    """Something that can still happen."""
    tables = (await db.scalars(select(FairTable).where(FairTable.closed_at.is_(None)).order_by(FairTable.label))).all()
    causes = ["no_show", "late", "delay", "walk_in", "organiser", *(["table_closed"] if len(tables) > 4 else [])]
    cause: Any = chance.choice(causes)
    who = chance.choice(hall.candidates)
    if cause == "walk_in":
        [who] = await add_candidates(db, hall.fair, 1, source="walk_in")
        hall.candidates.append(who)
    return Happening(
        cause=cause,
        candidate_ids=(who.id,) if cause in ("no_show", "late", "walk_in") else (),
        table_id=chance.choice(tables).id if cause == "table_closed" else None,
        minutes=chance.choice([1, 2, 3]) if cause == "delay" else 0,
        until=clock.now() + timedelta(minutes=30) if cause == "late" else None,
    )


async def test_fifty_events_in_a_row(db: Session, cast: Cast) -> None:
    """The unique indexes of meetings refuse every clash; here the past and those touched are compared row by row."""
    hall, chance = await planned_hall(db, cast), random.Random(20261129)
    causes: set[str] = set()
    end = hall.slots[-1].ends_at.isoformat()
    for n in range(50):
        if n % 8 == 7:
            clock.advance(timedelta(minutes=20))
        before, past = await placed(db, hall), await past_of(db, hall)
        what = await happen(chance, db, hall)
        change = await replanning.propose(db, hall.fair, what, by=cast.omar.id, at=clock.now())
        await replanning.confirm(db, hall.fair, change, by=cast.omar.id, at=clock.now())
        after, people = await placed(db, hall), replanning_cells.touched(change.moves)[0]
        assert await past_of(db, hall) == past, what
        differs = {pair[0] for pair in before.keys() | after.keys() if before.get(pair) != after.get(pair)}
        if what.cause == "delay":
            assert differs <= people, "everybody is later; who can't stay so long is moved or called off"
        else:
            assert people == differs, what
        told = select(FairMessage.candidate_id).where(FairMessage.about == f"change {change.id}")
        assert {id for id in (await db.scalars(told)).all() if id} == people
        causes.add(what.cause)
        hall.candidates[:] = [each for each in hall.candidates if not each.away or each.away[-1][1] < end]
    assert causes == {"no_show", "late", "delay", "walk_in", "organiser", "table_closed"}
    assert (await db.scalars(select(func.count(TimetableChange.id)))).one() == 50


async def test_hours_that_she_said_stay_and_count_when_all_is_later(db: Session, cast: Cast) -> None:
    """A delay pushes the last meeting of one who must catch her bus behind it: she is not left with it. One who did not
    come and then does is planned again, with the hours she gave."""
    hall = await planned_hall(db, cast, booths=2, candidates=1, slots=8)
    [hers], at = hall.candidates, clock.now()
    meeting, *others = (await db.scalars(select(Meeting))).all()
    slot = next(each for each in hall.slots if each.starts_at > at)
    async with rewriting(db):
        for each in others:
            await db.delete(each)
        meeting.slot_id, hers.leaves_at = slot.id, slot.ends_at
    delay = Happening(cause="delay", minutes=10)
    change = await replanning.propose(db, hall.fair, delay, by=cast.omar.id, at=at)
    assert [each["candidate"] for each in change.moves["cancelled"]] == [ids.short(hers.id)]
    assert change.moves["later"] == []
    for cause in ("no_show", "walk_in"):
        what = Happening(cause=cause, candidate_ids=(hers.id,))
        change = await replanning.propose(db, hall.fair, what, by=cast.omar.id, at=at)
        await replanning.confirm(db, hall.fair, change, by=cast.omar.id, at=at)
        await db.refresh(hers)
        assert hers.leaves_at == slot.ends_at
        assert bool(hers.away) == (cause == "no_show")
    assert [where[1] for where in (await placed(db, hall)).values()] == [slot.id]


async def test_who_leaves_on_the_day_frees_seats_that_wait_for_a_yes(db: Session, cast: Cast, browse: Any) -> None:
    """Her meetings to come go at once, what has begun stays; who gets the seats is a change like any other."""
    hall = await planned_hall(db, cast, booths=2, candidates=4, slots=12)
    await db.commit()
    hers, past = hall.candidates[0], await past_of(db, hall)
    phone, omar = await browse(), await browse(cast.omar)
    mine = f"/tickets/{ticket(hall.fair, hers.number)}"
    assert (await phone.submit(f"{mine}/withdraw", shown_on=mine)).status_code == 303
    assert await past_of(db, hall) == past
    begun = {each.id for each in hall.slots if each.starts_at <= clock.now()}
    assert {slot for pair, (_, slot) in (await placed(db, hall)).items() if pair[0] == hers.id} <= begun
    change = (await db.scalars(select(TimetableChange))).one()
    assert (change.cause, change.state) == ("organiser", "proposed")
    assert "A change waits for your yes" in (await omar.get(f"/fairs/{hall.fair.slug}/day/board")).text
    with pytest.raises(attending.FairIsOn):
        await attending.withdraw(db, hall.booths[0], by=cast.bilal.id, at=clock.now())


@pytest.mark.parametrize("cause", ["no_show", "table_closed", "delay"])
async def test_a_change_is_taken_back_while_nothing_has_happened_since(db: Session, cast: Cast, cause: Any) -> None:
    """All meetings, hours and tables are again what they were; a second time, or after a call, it is refused."""
    hall, at = await planned_hall(db, cast, booths=2, candidates=4, slots=12), clock.now()
    before, times = await placed(db, hall), [each.starts_at for each in hall.slots]
    who = (hall.candidates[0].id,) if cause == "no_show" else ()
    last = (await db.scalars(select(Meeting.table_id).join(FairSlot).order_by(FairSlot.number.desc()).limit(1))).one()
    table = last if cause == "table_closed" else None
    what = Happening(cause=cause, candidate_ids=who, table_id=table, minutes=5 if cause == "delay" else 0)
    change = await replanning.propose(db, hall.fair, what, by=cast.omar.id, at=at)
    await replanning.confirm(db, hall.fair, change, by=cast.omar.id, at=at)
    assert await placed(db, hall) != before or cause == "delay"
    await replanning_undo.undo(db, hall.fair, change, by=cast.omar.id, at=at)
    assert await placed(db, hall) == before
    for row in (*hall.slots, *hall.candidates, *hall.tables):
        await db.refresh(row)
    assert [each.starts_at for each in hall.slots] == times
    assert not any(each.away for each in hall.candidates)
    assert not any(each.closed_at for each in hall.tables)
    with pytest.raises(replanning_undo.NotUndone):
        await replanning_undo.undo(db, hall.fair, change, by=cast.omar.id, at=at)


async def test_a_difference_of_an_old_version_is_refused(db: Session, cast: Cast) -> None:
    """Two were worked out; the second to be confirmed no longer fits what is there."""
    hall = await planned_hall(db, cast, booths=2, candidates=4, slots=8)
    at = clock.now()
    gone = [Happening(cause="no_show", candidate_ids=(each.id,)) for each in hall.candidates[:2]]
    first, second = [await replanning.propose(db, hall.fair, each, by=cast.omar.id, at=at) for each in gone]
    await replanning.confirm(db, hall.fair, first, by=cast.omar.id, at=at)
    with pytest.raises(replanning.OldChange):
        await replanning.confirm(db, hall.fair, second, by=cast.omar.id, at=at)
    with pytest.raises(replanning.ChangeOver):
        await replanning.discard(db, first, by=cast.omar.id, at=at)


async def test_a_difference_whose_people_have_left_meanwhile_is_refused(db: Session, cast: Cast) -> None:
    """A ticket is given back without a new version: nobody who left is planned again, by a yes or by taking back."""
    hall, at = await planned_hall(db, cast, booths=2, candidates=4, slots=12), clock.now()
    last = (await db.scalars(select(Meeting.table_id).join(FairSlot).order_by(FairSlot.number.desc()).limit(1))).one()
    closing = Happening(cause="table_closed", table_id=last)
    change = await replanning.propose(db, hall.fair, closing, by=cast.omar.id, at=at)
    [moved, *_] = [ids.parse(each["candidate"]) for each in change.moves["moved"] + change.moves["cancelled"]]
    await registering.withdraw(db, moved, by=None, at=at)
    with pytest.raises(replanning.OldChange):
        await replanning.confirm(db, hall.fair, change, by=cast.omar.id, at=at)

    gone = next(each for each in hall.candidates if each.id != moved)
    change = await replanning.propose(
        db, hall.fair, Happening(cause="no_show", candidate_ids=(gone.id,)), by=cast.omar.id, at=at
    )
    await replanning.confirm(db, hall.fair, change, by=cast.omar.id, at=at)
    assert change.moves["cancelled"], "she had something to come"
    await registering.withdraw(db, gone.id, by=None, at=at)
    with pytest.raises(replanning.OldChange):
        await replanning_undo.undo(db, hall.fair, change, by=cast.omar.id, at=at)


async def test_what_has_begun_meanwhile_is_not_changed(db: Session, cast: Cast) -> None:
    hall = await planned_hall(db, cast, booths=2, candidates=4, slots=12)
    what = Happening(cause="no_show", candidate_ids=(hall.candidates[0].id,))
    change = await replanning.propose(db, hall.fair, what, by=cast.omar.id, at=clock.now())
    assert change.moves["cancelled"], "she had something to come"
    clock.advance(timedelta(hours=3))
    with pytest.raises(replanning.PastChange):
        await replanning.confirm(db, hall.fair, change, by=cast.omar.id, at=clock.now())


async def test_the_board_shows_numbers_and_a_missed_seat_goes_to_who_waits(
    db: Session, cast: Cast, browse: Any
) -> None:
    """Omar taps; the first of the standby list who fits has the seat, and reads it in a message."""
    hall = await planned_hall(db, cast, booths=2, candidates=4, slots=12)
    [waiting] = await add_candidates(db, hall.fair, 1, source="walk_in", is_inside=True, name="Saima Waits")
    now = clock.now()
    running = next(slot for slot in hall.slots if slot.starts_at <= now < slot.ends_at)
    async with rewriting(db):
        await db.execute(delete(Meeting).where(Meeting.slot_id == running.id))
        meeting = (await db.scalars(select(Meeting).order_by(Meeting.id).limit(1))).one()
        meeting.slot_id, running.starts_at = running.id, now - timedelta(minutes=6)
    await db.commit()
    omar, screen = await browse(cast.omar), await browse()
    base = f"/fairs/{hall.fair.slug}"
    public = (await screen.get(f"{base}/board")).text
    missed = next(each for each in hall.candidates if each.id == meeting.candidate_id)
    assert f'class="number">{missed.number}</th>' in public
    assert missed.name not in public
    await omar.submit(f"{base}/day/standby", {"code": waiting.code}, shown_on=f"{base}/day/board")
    board = (await omar.get(f"{base}/day/board")).text
    assert "Saima Waits" in board
    assert "give the seat away" in board
    path = f"{base}/day/meetings/{ids.short(meeting.id)}/missed"
    assert (await omar.submit(path, shown_on=f"{base}/day/board")).status_code == 303
    given = (await db.scalars(select(Meeting).where(Meeting.candidate_id == waiting.id))).one()
    assert (given.table_id, given.slot_id, given.source) == (meeting.table_id, running.id, "standby")
    told = (await db.scalars(select(FairMessage.candidate_id).where(FairMessage.about == f"seat {given.id}"))).all()
    assert told == [waiting.id]


async def test_a_change_is_looked_at_before_anybody_hears_of_it(db: Session, cast: Cast, browse: Any) -> None:
    hall = await planned_hall(db, cast, booths=2, candidates=4, slots=12)
    await db.commit()
    omar = await browse(cast.omar)
    here = f"/fairs/{hall.fair.slug}/day/changes"
    typed = {"cause": "no_show", "code": hall.candidates[0].code}
    made = await omar.submit(here, typed, shown_on=here)
    shown = (await omar.get(made.headers["location"])).text
    assert "Called off" in shown
    assert (await db.scalars(select(func.count(FairMessage.id)))).one() == 0
    await omar.submit(f"{made.headers['location']}/confirm", shown_on=made.headers["location"])
    assert (await db.scalars(select(func.count(FairMessage.id)))).one() > 0
