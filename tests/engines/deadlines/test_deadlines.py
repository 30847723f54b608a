"""Due times: they pause, they pass once, and a subscriber that fails holds back only its own."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.engines.deadlines.tasks import pass_, sweep
from marketplace.kernel import clock, events
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services, drain

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SUBJECT = ("milestone", UUID(int=5))


@pytest.fixture
def passed() -> Iterator[list[DeadlinePassed]]:
    """What is published in this test; subscribers of the domains are left out."""
    heard: list[DeadlinePassed] = []

    async def note(_db: Session, event: DeadlinePassed) -> None:
        heard.append(event)

    within, after = events._within[DeadlinePassed], events._after[DeadlinePassed]
    events._within[DeadlinePassed], events._after[DeadlinePassed] = [note], []
    yield heard
    events._within[DeadlinePassed], events._after[DeadlinePassed] = within, after


def services_of(database: Database) -> Services:
    services = Services()
    services.add(database, Database)
    return services


async def due_at(db: Session) -> datetime:
    return (await deadlines.of(db, SUBJECT))["review"].due_at


async def state(db: Session) -> str:
    return (await deadlines.of(db, SUBJECT))["review"].state


class TestPausing:
    async def test_a_pause_moves_the_due_time_by_its_length(self, db: Session) -> None:
        await deadlines.start(db, "review", subject=SUBJECT, due_at=NOW + 14 * DAY)
        assert await deadlines.pause(db, "review", subject=SUBJECT, at=NOW + DAY, reason="outage")
        assert await state(db) == "paused"
        assert await deadlines.resume(db, "review", subject=SUBJECT, at=NOW + 4 * DAY)
        assert (await due_at(db), await state(db)) == (NOW + 17 * DAY, "running")

    async def test_moves_that_do_not_fit_change_nothing(self, db: Session) -> None:
        assert not await deadlines.pause(db, "review", subject=SUBJECT, at=NOW, reason="")
        await deadlines.start(db, "review", subject=SUBJECT, due_at=NOW + DAY)
        assert not await deadlines.resume(db, "review", subject=SUBJECT, at=NOW)
        assert not await deadlines.pause(db, "review", subject=SUBJECT, at=NOW + DAY, reason="too late: it is due")
        assert await deadlines.cancel(db, "review", subject=SUBJECT)
        assert not await deadlines.cancel(db, "review", subject=SUBJECT)
        assert not await deadlines.pause(db, "review", subject=SUBJECT, at=NOW, reason="")
        assert await state(db) == "cancelled"

    async def test_started_again_it_is_one_deadline_with_the_new_time(self, db: Session) -> None:
        await deadlines.start(db, "review", subject=SUBJECT, due_at=NOW)
        await deadlines.pause(db, "review", subject=SUBJECT, at=NOW - DAY, reason="revision")
        await deadlines.start(db, "review", subject=SUBJECT, due_at=NOW + DAY)
        db.expire_all()
        assert (await due_at(db), await state(db)) == (NOW + DAY, "running")


class TestPassing:
    async def test_each_passes_once(self, db: Session, database: Database, passed: list[DeadlinePassed]) -> None:
        due = clock.now() + 14 * DAY
        await deadlines.start(db, "review", subject=SUBJECT, due_at=due)
        await db.commit()
        await self._sweep(database)
        assert passed == []
        clock.advance(14 * DAY)
        await self._sweep(database)
        await self._sweep(database)
        assert passed == [DeadlinePassed(kind="review", subject_kind="milestone", subject_id=SUBJECT[1], due_at=due)]

    @pytest.mark.parametrize("change", ["pause", "cancel", "later"])
    async def test_what_was_changed_before_its_turn_does_not_pass(
        self, db: Session, database: Database, passed: list[DeadlinePassed], change: str
    ) -> None:
        await deadlines.start(db, "review", subject=SUBJECT, due_at=clock.now() + DAY)
        clock.advance(2 * DAY)
        await sweep(db)
        if change == "pause":
            await deadlines.pause(db, "review", subject=SUBJECT, at=clock.now() - 2 * DAY, reason="outage")
        elif change == "cancel":
            await deadlines.cancel(db, "review", subject=SUBJECT)
        else:
            await deadlines.start(db, "review", subject=SUBJECT, due_at=clock.now() + DAY)
        await db.commit()
        await drain(services_of(database))
        assert passed == []

    async def _sweep(self, database: Database) -> None:
        async with database.write.begin() as db:
            await sweep(db)
        await drain(services_of(database))

    async def test_three_workers_race_and_each_passes_once(
        self, cloned_database: Database, passed: list[DeadlinePassed]
    ) -> None:
        ids = [uuid4() for _ in range(12)]
        async with cloned_database.write.begin() as db:
            for id in ids:
                await deadlines.start(db, "review", subject=("milestone", id), due_at=clock.now() - DAY)

        async def worker() -> None:
            async with cloned_database.write.begin() as db:
                await sweep(db)
            await drain(services_of(cloned_database))

        await asyncio.gather(worker(), worker(), worker())
        assert sorted(event.subject_id for event in passed) == sorted(ids)

    async def test_without_the_lock_the_race_doubles(
        self, cloned_database: Database, passed: list[DeadlinePassed]
    ) -> None:
        """The twin: the same race on a door that reads without locking does double, so the test above bites."""
        async with cloned_database.write.begin() as db:
            await deadlines.start(db, "review", subject=SUBJECT, due_at=clock.now() - DAY)
            deadline_id = (await deadlines.of(db, SUBJECT))["review"].id
        both_have_read = asyncio.Barrier(2)

        async def careless() -> None:
            async with cloned_database.write.begin() as db:
                await _pass_without_lock(db, both_have_read)

        await asyncio.gather(careless(), careless())
        assert len(passed) == 2
        async with cloned_database.write.begin() as db:
            await pass_(db, deadline_id=deadline_id)
        assert len(passed) == 2

    async def test_a_failing_subscriber_keeps_only_its_own_back(
        self, cloned_database: Database, passed: list[DeadlinePassed]
    ) -> None:
        good, bad = uuid4(), uuid4()

        async def fail(_db: Session, event: DeadlinePassed) -> None:
            if event.subject_id == bad:
                raise RuntimeError("poison")

        events._within[DeadlinePassed].insert(0, fail)
        async with cloned_database.write.begin() as db:
            await deadlines.start(db, "review", subject=("milestone", bad), due_at=clock.now() - 2 * DAY)
            await deadlines.start(db, "review", subject=("milestone", good), due_at=clock.now() - DAY)
            await sweep(db)
        with pytest.raises(RuntimeError, match="poison"):
            await drain(services_of(cloned_database))
        await drain(services_of(cloned_database))
        assert [event.subject_id for event in passed] == [good]
        async with cloned_database.write.begin() as db:
            assert (await deadlines.of(db, ("milestone", bad)))["review"].state == "running"


async def _pass_without_lock(db: Session, both_have_read: Any) -> None:
    deadline = (await deadlines.of(db, SUBJECT))["review"]
    assert deadline.state == "running"
    await both_have_read.wait()
    deadline.state = "done"
    await db.flush()
    passed = DeadlinePassed(kind="review", subject_kind="milestone", subject_id=SUBJECT[1], due_at=deadline.due_at)
    await events.publish(db, passed)
