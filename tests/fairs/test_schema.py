"""What the database itself refuses, whatever the code does."""

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from marketplace.fairs.plan_models import Meeting
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.fairs.scenes import Hall, make_hall, make_timetable


async def _refused(db: Session, hall: Hall, name: str, **changes: Any) -> None:
    with pytest.raises(IntegrityError, match=name):
        async with db.begin_nested():
            await _meet(db, hall, **changes)


async def _meet(db: Session, hall: Hall, *, candidate: int, table: int, slot: int, **more: Any) -> Meeting:
    at = clock.now()
    chosen = hall.tables[table]
    made = Meeting(
        fair_id=hall.fair.id,
        candidate_id=hall.candidates[candidate].id,
        booth_id=chosen.booth_id,
        table_id=chosen.id,
        slot_id=hall.slots[slot].id,
        created_at=at,
        updated_at=at,
        **more,
    )
    db.add(made)
    await db.flush()
    return made


async def test_a_seat_is_held_once(db: Session, cast: Cast) -> None:
    """One candidate and one table per slot, no pair twice; a no-show frees the table and the candidate."""
    hall = await make_hall(db, cast)
    first = await _meet(db, hall, candidate=0, table=0, slot=0, timetable_id=(await make_timetable(db, hall.fair)).id)
    await _refused(db, hall, "uq_meetings_candidate_slot", candidate=0, table=1, slot=0)
    await _refused(db, hall, "uq_meetings_table_slot", candidate=1, table=0, slot=0)
    await _refused(db, hall, "uq_meetings_pair", candidate=0, table=0, slot=1)
    first.state, first.missed_by = "no_show", "candidate"
    await db.flush()
    second = await _meet(db, hall, candidate=1, table=0, slot=0, source="standby")
    assert (first.slot_id, first.state) == (second.slot_id, "no_show")


async def test_seats_are_never_oversold(db: Session, cast: Cast) -> None:
    hall = await make_hall(db, cast, candidates=3, capacity=3)
    with pytest.raises(IntegrityError, match="ck_fairs_seats"):
        async with db.begin_nested():
            await db.execute(text("UPDATE fairs SET seats_taken = 4 WHERE id = :id"), {"id": hall.fair.id})


async def test_rows_of_two_fairs_do_not_mix(db: Session, cast: Cast) -> None:
    """A candidate of one fair can't sit at a table of another."""
    here, there = await make_hall(db, cast, candidates=1), await make_hall(db, cast, candidates=0, title_en="Other")
    mixed = Hall(
        there.fair, there.day, there.room, there.gate, there.slots, there.booths, there.tables, here.candidates
    )
    await _refused(db, mixed, "fk_meetings_candidate_id_fair_id", candidate=0, table=0, slot=0)
    assert (await db.scalars(select(func.count(Meeting.id)))).one() == 0
