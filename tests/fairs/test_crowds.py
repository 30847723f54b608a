"""A crowd costs as many statements as a handful: answers to all, paper typed back, tickets of a loaded fair."""

import json
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text

from marketplace.engines.notify.models import TextMessage
from marketplace.fairs import answering, paper_typing, telling, whole_loading
from marketplace.fairs.day_models import FairMessage, FairScorecard
from marketplace.fairs.paper_typing import Typed
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain, registered
from tests.cast import Cast
from tests.fairs.scenes import Hall
from tests.fairs.test_checkin import live_hall
from tests.visitors import Browse, Statements

MANY = 1_000


async def crowd(db: Session, cast: Cast, count: int) -> Hall:
    """So many people whose badge AgriTrack read; the first has an account, the last waits for a seat."""
    hall, at = await live_hall(db, cast, candidates=count, slug=f"crowd-{count}", capacity=2 * MANY), clock.now()
    hall.candidates[0].user_id = cast.ayesha.id
    hall.candidates[-1].state, hall.candidates[-1].waiting_at = "waiting", at
    shared = {"fair_id": hall.fair.id, "booth_id": hall.booths[0].id, "created_at": at, "updated_at": at}
    await db.flush()
    await db.execute(insert(FairScorecard), [{**shared, "candidate_id": each.id} for each in hall.candidates])
    await db.commit()
    return hall


async def statements_of(db: Session, hall: Hall, cast: Cast, services: Services, counted: Statements) -> list[int]:
    """How many each of the three needs, with the messages that go out for it."""
    fair, booth, at, found = hall.fair, hall.booths[0], clock.now(), list[int]()
    lines = [Typed(code=each.code, result="met") for each in hall.candidates]
    for work in ("typed", "answered", "told"):
        counted.clear()
        if work == "typed":
            kept = await paper_typing.type_back(db, fair, hall.tables[0], booth, lines, by=cast.omar.id, at=at)
            assert (kept.count, kept.faults) == (len(lines), {})
        elif work == "answered":
            said = await answering.turn_down_rest(db, fair, booth, word="Thank you.", by=cast.bilal.id, at=at)
            assert said == len(lines)
        else:
            await whole_loading.tell(db, fair, at=at)
        await say(db, services)
        found.append(len(counted))
    return found


async def say(db: Session, services: Services) -> None:
    """Run what writes to everybody without an account: one task for each message. Sending is not ours to count."""
    taken = text("DELETE FROM pgqueuer WHERE entrypoint = 'fairs.say' RETURNING payload")
    waiting = (await db.scalars(taken)).all()
    await db.commit()
    for payload in waiting:
        await registered()[telling.SAY].run(services, payload)


async def test_the_same_answer_to_many_goes_out_by_the_queue_and_pressed_twice_once(
    db: Session, cast: Cast, services: Services, monkeypatch: pytest.MonkeyPatch, browse: Browse
) -> None:
    """Three at a time here: the page counts down while it runs, and each of seven has one answer and one message."""
    monkeypatch.setattr(answering, "AT_ONCE", 3)
    hall = await crowd(db, cast, 7)
    bilal, page = await browse(cast.bilal), f"/fairs/{hall.fair.slug}/booths/{ids.short(hall.booths[0].id)}/answers"
    for _ in range(2):
        assert (await bilal.submit(page, {"everybody": "1", "word": "Thank you."}, shown_on=page)).status_code == 303
    assert "goes out to all of them" in (await bilal.get(page)).text
    await drain(services)
    assert "Nobody waits" in (await bilal.get(page)).text
    answers = select(func.count()).where(FairScorecard.fair_id == hall.fair.id, FairScorecard.answered_at.is_not(None))
    told = select(func.count()).where(FairMessage.fair_id == hall.fair.id, FairMessage.message == "fair_answer")
    assert [await db.scalar(answers), await db.scalar(told)] == [7, 7]


async def test_a_thousand_cost_as_many_statements_as_ten(
    db: Session, cast: Cast, services: Services, statements: Statements
) -> None:
    few = await statements_of(db, await crowd(db, cast, 10), cast, services, statements)
    hall = await crowd(db, cast, MANY)
    assert await statements_of(db, hall, cast, services, statements) == few
    here = FairScorecard.fair_id == hall.fair.id, FairScorecard.result == "not_this_time"
    assert await db.scalar(select(func.count()).where(*here)) == MANY
    assert await db.scalar(select(func.count()).select_from(TextMessage)) == 2 * (MANY + 10 - 2), "answer and ticket"
    told = FairMessage.fair_id == hall.fair.id, FairMessage.message == "fair_waiting"
    assert await db.scalar(select(func.count()).where(*told)) == 1


async def test_what_waited_through_an_update_is_still_said(db: Session, cast: Cast, services: Services) -> None:
    """Tasks of the old shape name one candidate; they finish, and nobody is told twice of one thing."""
    hall = await live_hall(db, cast)
    her, values = str(hall.candidates[0].id), {"fair": "A fair", "organisation": "AgriTrack"}
    await db.commit()
    old: dict[str, dict[str, Any]] = {
        telling.SAY: {"message": "fair_answer", "values": values, "candidate_id": her},
        "fairs.tell_candidate": {"message": "fair_registered", "candidate_id": her},
    }
    for name, payload in old.items():
        await registered()[name].run(services, json.dumps(payload).encode())
    await drain(services)
    texts = select(TextMessage.message).where(TextMessage.to == hall.candidates[0].phone).order_by(TextMessage.message)
    assert (await db.scalars(texts)).all() == ["fair_answer", "fair_registered"]
