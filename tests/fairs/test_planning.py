"""The timetable: from rows to a plan in a process of its own, shown, published, brought back; what stands stays."""

from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import func, select

from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.exchange import problem_from_json, problem_to_json
from marketplace.engines.notify.models import TextMessage
from marketplace.fairs import planning
from marketplace.fairs.booth_models import TableClosure
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.planning_queries import input_of
from marketplace.fairs.problems import NothingToPlan, frame_of
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast
from tests.fairs.scenes import Hall, make_hall, wish
from tests.visitors import Browse


async def _live(db: Session, hall: Hall) -> dict[tuple[UUID, UUID], tuple[UUID, UUID | None]]:
    here = select(Meeting).where(Meeting.fair_id == hall.fair.id, Meeting.state == "planned")
    rows = (await db.scalars(here.execution_options(populate_existing=True))).all()
    return {(m.candidate_id, m.booth_id): (m.table_id, m.slot_id) for m in rows}


async def test_the_problem_says_what_the_rows_say(db: Session, cast: Cast) -> None:
    """A no, a break, a late bus, a women-only slot, missing skills: each of them is in it."""
    hall = await make_hall(db, cast, booths=2, candidates=3, slots=4, keeps_reserve=False)
    first, second, third = hall.candidates
    await wish(db, first, hall.booths[0], "must")
    await wish(db, first, hall.booths[1], "no")
    await wish(db, second, hall.booths[1])
    await wish(db, second, hall.booths[1], "must", side="employer")
    second.arrives_at, first.is_woman = hall.slots[2].starts_at, True
    hall.slots[0].is_women_only = True
    hall.booths[1].languages, third.languages = ["en"], ["ur"]
    closed = TableClosure(table_id=hall.tables[0].id, slot_id=hall.slots[1].id, fair_id=hall.fair.id, reason="break")
    db.add(closed)
    await db.flush()
    frame = await frame_of(db, hall.fair, objective="coverage", seed=1)
    problem, e = frame.problem, {booth.id: n for n, booth in enumerate(frame.booths)}
    one, two = e[hall.booths[0].id], e[hall.booths[1].id]
    pairs = {
        (int(c), int(b)): int(w) for c, b, w in zip(problem.candidate, problem.employer, problem.weight, strict=True)
    }
    assert pairs == {(0, one): 700, (1, two): 700, (2, one): 100}
    assert problem.open[one].tolist() == [1, 0, 1, 1] and problem.open[two].tolist() == [1, 1, 1, 1]
    assert problem.available[1].tolist() == [False, False, True, True]
    assert problem.woman is not None and problem.woman.tolist() == [True, False, False]
    assert problem.women_only is not None and problem.women_only[one].tolist() == [True, False, False, False]
    hall.tables[0].closed_at = hall.tables[1].closed_at = clock.now()
    await db.flush()
    with pytest.raises(NothingToPlan):
        await frame_of(db, hall.fair, objective="coverage", seed=1)


async def test_a_timetable_is_made_shown_published_and_made_again(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    hall = await make_hall(db, cast, booths=3, candidates=8, slots=4, min_meetings=2)
    for n, candidate in enumerate(hall.candidates):
        await wish(db, candidate, hall.booths[n % 3], "must")
        await wish(db, candidate, hall.booths[(n + 1) % 3])
    await db.commit()
    omar, base = await browse(cast.omar), f"/fairs/{hall.fair.slug}/organise/timetable"
    assert (await omar.submit(base, {"objective": "coverage", "seed": "7"}, shown_on=base)).status_code == 303
    again = await omar.submit(base, {"objective": "coverage"}, shown_on=base)
    assert again.status_code == 409, "one at a time"
    assert "every 1s" in (await omar.get(base)).text
    await drain(services)
    page = (await omar.get(f"{base}/1")).text
    assert "you aim for 2" in page and "Meetings missing to that" in page, "what is aimed for is counted"
    assert "Fewer meetings than you aim for, and why" in page and "given away" in page
    assert "0.000 %" in page and "seed 7" in page and "every 1s" not in (await omar.get(base)).text
    made = (await db.scalars(select(Timetable).where(Timetable.fair_id == hall.fair.id))).one()
    cells = planning.cells_of(await planning.version(db, hall.fair, 1))
    assert made.figures["unserved"] == [] and len(cells) == made.figures["meetings"] > 0
    content = (await omar.get(f"{base}/1/input")).json()
    frame = await frame_of(db, hall.fair, objective="coverage", seed=7)
    assert content == problem_to_json(frame.problem) == await input_of(db, hall.fair.id, 1)
    assert await _live(db, hall) == {}, "nobody sees it yet"
    assert (await omar.submit(f"{base}/1/state", {"to": "show", "days": "3"}, shown_on=f"{base}/1")).status_code == 303
    shown = await _live(db, hall)
    assert len(shown) == len(cells)
    await drain(services)
    texts = select(func.count()).where(TextMessage.message == "fair_timetable_shown")
    assert (await db.scalars(texts)).one() == 8, "each candidate once"
    listed = (await omar.get(f"{base}/1/meetings?slot=1")).text
    assert "Keep it here" in listed and "Candidate" in listed
    await _lock_and_make_again(db, hall, services)
    second = await _live(db, hall)
    assert (await omar.submit(f"{base}/1/state", {"to": "publish"}, shown_on=f"{base}/1")).status_code == 303
    assert await _live(db, hall) == shown != second, "an older version comes back as it was"
    assert "published" in (await omar.get(f"/fairs/{hall.fair.slug}")).text
    taken = await omar.submit(f"{base}/1/state", {"to": "take_back"}, shown_on=f"{base}/1")
    assert taken.status_code == 303 and await _live(db, hall) == {}


async def _lock_and_make_again(db: Session, hall: Hall, services: Services) -> None:
    """A locked meeting stays in the next version; the plan keeps every rule by the checker's word."""
    fair = await db.get_one(type(hall.fair), hall.fair.id, populate_existing=True)
    here = select(Meeting).where(Meeting.fair_id == fair.id, Meeting.state == "planned").order_by(Meeting.id)
    kept = (await db.scalars(here)).first()
    assert kept is not None
    before = (kept.candidate_id, kept.booth_id), (kept.table_id, kept.slot_id)
    await planning.lock(db, fair, kept.id, is_locked=True, at=clock.now())
    away = next(each for each in hall.candidates if each.id != kept.candidate_id)
    away.leaves_at = hall.slots[0].ends_at
    await db.commit()
    at = clock.now()
    made = await planning.ask(db, fair, objective="coverage", seed=99, by=fair.created_by, at=at)
    await db.commit()
    await drain(services)
    made = await planning.version(db, fair, made.number)
    await db.refresh(made, ["state", "cells", "fault"])
    assert made.state == "made", made.fault
    problem = problem_from_json(await input_of(db, fair.id, made.number))
    assert problem.locked.shape == (1, 3)
    assert planning.cells_of(made)
    await planning.publish(db, fair, made, by=fair.created_by, at=at)
    await db.commit()
    assert (await _live(db, hall))[before[0]] == before[1]
    frame = await frame_of(db, fair, objective="coverage", seed=99)
    c, b, s = ({row.id: n for n, row in enumerate(rows)} for rows in (frame.candidates, frame.booths, frame.slots))
    rows = [(c[who], b[booth], s[slot]) for (who, booth), (_, slot) in (await _live(db, hall)).items() if slot]
    assert check(problem, np.array(rows, dtype=np.int64).reshape(-1, 3)) == []
