"""Fifty at once, with real commits."""

import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.jobs import applications, stages
from marketplace.jobs.models import Application
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.errors import Conflict
from marketplace.messages.models import Notice
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer
from tests.cast import make_cast
from tests.jobs.writing import ENTRY, job


async def _fifty(cloned_database: Database) -> list[str]:
    at = clock.now()
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        posting = await job(db, cast.agritrack.id, cast.bilal.id, at)
        posting_id, profile_id = posting.id, cast.ayesha_profile.id

    async def click() -> str:
        try:
            async with cloned_database.write.begin() as db:
                posting, freelancer = await db.get_one(Posting, posting_id), await db.get_one(Freelancer, profile_id)
                await applications.apply(db, posting, ENTRY, freelancer=freelancer, at=at)
        except (Conflict, IntegrityError) as refused:
            return type(refused).__name__
        return "sent"

    return sorted(await asyncio.gather(*(click() for _ in range(50))))


async def _count(cloned_database: Database) -> int:
    async with cloned_database.read() as db:
        return await db.scalar(select(func.count()).select_from(Application)) or 0


@pytest.mark.slow
async def test_fifty_clicks_at_once_make_one_application(cloned_database: Database) -> None:
    assert await _fifty(cloned_database) == ["AlreadyApplied"] * 49 + ["sent"]
    assert await _count(cloned_database) == 1
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(Notice)) == 1


@pytest.mark.slow
async def test_without_the_lock_the_index_holds_and_without_both_there_are_many(
    cloned_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: with the guards out, fifty at once leave more than one."""

    async def sees_nothing(*_args: object, **_options: object) -> None:
        """As if the posting's row were not locked."""

    monkeypatch.setattr("marketplace.kernel.database.Session.refresh", sees_nothing)
    async with cloned_database.write.begin() as db:
        connection = await db.connection()
        await connection.exec_driver_sql("DROP INDEX uq_applications_living")
        await connection.exec_driver_sql("ALTER TABLE applications DROP CONSTRAINT uq_applications_posting_id_letter")
    outcomes = await _fifty(cloned_database)
    assert outcomes.count("sent") > 1
    assert await _count(cloned_database) > 1


@pytest.mark.slow
async def test_twenty_colleagues_at_once_move_it_once(cloned_database: Database) -> None:
    at = clock.now()
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        posting = await job(db, cast.agritrack.id, cast.bilal.id, at)
        hers = await applications.apply(db, posting, ENTRY, freelancer=cast.ayesha_profile, at=at)

    async def click(number: int) -> str:
        try:
            async with cloned_database.write.begin() as db:
                application = await db.get_one(Application, hers.id)
                if number % 2:
                    await stages.reject(db, application, reason="skills", by=cast.bilal.id, at=at)
                else:
                    await applications.withdraw(db, application, by=cast.ayesha.id, at=at)
        except Conflict as refused:
            return type(refused).__name__
        return "done"

    outcomes = sorted(await asyncio.gather(*(click(number) for number in range(20))))
    assert outcomes == ["ApplicationMoveRefused"] * 19 + ["done"]
