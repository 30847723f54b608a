"""Tasks exist if and only if the transaction commits; events reach both kinds of subscribers."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.events import Event, after, publish, within
from marketplace.kernel.queue import Services, defer, drain, passed, task

SEEN: list[object] = []


class Rained(Event):
    place: str
    id: UUID


@task("test.note")
async def note(db: Session, *, id: UUID, words: str = "none") -> None:
    SEEN.append((id, words, (await db.execute(text("SELECT 1"))).scalar_one()))


@within(Rained)
async def open_umbrella(_db: Session, event: Rained) -> None:
    if event.place == "desert":
        raise ValueError("no umbrella here")
    SEEN.append(("within", event))


@after(Rained)
async def dry_clothes(_db: Session, event: Rained) -> None:
    SEEN.append(("after", event))


@pytest.fixture(autouse=True)
def _forget() -> None:
    SEEN.clear()


def _services(database: Database) -> Services:
    services = Services()
    services.add(database, Database)
    return services


async def test_a_task_runs_with_its_typed_arguments(database: Database) -> None:
    id = uuid4()
    async with database.write.begin() as db:
        await defer(db, "test.note", id=id, words="سلام")
    assert await drain(_services(database)) == 1
    assert [(id, "سلام", 1)] == SEEN


async def test_a_rolled_back_transaction_defers_nothing_even_as_its_first_statement(cloned_database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with cloned_database.write.begin() as db:
            await defer(db, "test.note", id=uuid4())
            raise ZeroDivisionError
    assert await drain(_services(cloned_database)) == 0


async def test_a_key_keeps_a_second_task_away_until_the_first_has_run(database: Database) -> None:
    async with database.write.begin() as db:
        for _ in range(2):
            await defer(db, "test.note", key="once", id=uuid4())
    assert await drain(_services(database)) == 1


async def test_a_later_task_waits(database: Database) -> None:
    async with database.write.begin() as db:
        await defer(db, "test.note", at=clock.now().replace(year=2100), id=uuid4())
    assert await drain(_services(database)) == 0
    assert await drain(_services(database), later_too=True) == 1


async def test_an_event_reaches_subscribers_within_now_and_after_by_the_queue(database: Database) -> None:
    event = Rained(place="Dhanote", id=uuid4())
    async with database.write.begin() as db:
        await publish(db, event)
        assert [("within", event)] == SEEN
    await drain(_services(database))
    assert [("within", event), ("after", event)] == SEEN


async def test_a_refusing_subscriber_within_undoes_the_publisher(cloned_database: Database) -> None:
    with pytest.raises(ValueError, match="umbrella"):
        async with cloned_database.write.begin() as db:
            await publish(db, Rained(place="desert", id=uuid4()))
    assert await drain(_services(cloned_database)) == 0


def test_what_runs_at_an_hour_is_due_when_time_jumps_over_it(monkeypatch):
    crons = {"hourly": "25 * * * *", "daily": "0 3 * * *", "monday": "40 3 * * 1", "sunday": "0 0 * * 7"}
    monkeypatch.setattr("marketplace.kernel.queue.passing.schedules", lambda: crons)

    def due(since, until):  # 2 and 9 November 2026 are Mondays
        return passed(datetime.fromisoformat(f"2026-11-{since}Z"), datetime.fromisoformat(f"2026-11-{until}Z"))

    assert due("03T04:00", "04T02:59") == []
    assert due("03T04:00", "04T03:00") == due("03T02:00", "03T23:00") == ["daily"]
    assert due("08T23:00", "09T03:30") == ["daily"]
    assert due("08T23:00", "09T03:40") == ["daily", "monday"]
    assert due("03T04:00", "17T04:00") == ["daily", "monday", "sunday"]
    assert due("09T03:00", "09T03:00") == []
