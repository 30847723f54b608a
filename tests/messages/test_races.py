"""Two people write at once: every message has its number, none is lost, and one thread is made."""

import asyncio

import pytest
from sqlalchemy import func, select

from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.messages import saved_replies, threads
from marketplace.messages import thread_rules as rules
from marketplace.messages.thread_models import MessageTemplate, Thread, ThreadMember, ThreadMessage
from marketplace.runtime import load_tasks
from tests.cast import make_cast
from tests.contracts.scenes import agreed

load_tasks()


@pytest.mark.slow
async def test_numbers_without_gaps_however_many_write(cloned_database: Database) -> None:
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        contract = await agreed(db, cast)

    async def say(number: int) -> None:
        by = (cast.ayesha, cast.bilal)[number % 2].id
        async with cloned_database.write.begin() as db:
            thread = await threads.thread_about(db, "contract", contract.id, by, at=clock.now())
            await threads.write(db, thread, f"message {number}", by=by, at=clock.now())

    await asyncio.gather(*(say(number) for number in range(50)))
    async with cloned_database.read() as db:
        found = (await db.scalars(select(ThreadMessage.number).order_by(ThreadMessage.number))).all()
        assert list(found) == list(range(1, 51))
        assert (await db.scalars(select(Thread.last_number))).all() == [50]
        unread = await db.scalars(select(ThreadMember.unread).where(ThreadMember.user_id == cast.bilal.id))
        assert unread.one() == 25


@pytest.mark.slow
async def test_thirty_saved_replies_and_no_more(cloned_database: Database) -> None:
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)

    async def save(number: int) -> None:
        async with cloned_database.write.begin() as db:
            await saved_replies.save(db, f"reply {number}", "Salam", by=cast.ayesha.id, at=clock.now())

    answers = await asyncio.gather(*(save(number) for number in range(40)), return_exceptions=True)
    assert sum(isinstance(each, saved_replies.TooManyTemplates) for each in answers) == 10
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(MessageTemplate)) == rules.MOST_TEMPLATES
