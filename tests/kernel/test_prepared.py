"""Prepared statements: the same rows as SQLAlchemy's, counted like others, and no worse when a connection dies."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import ARRAY, DateTime, Float, Text, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError

from marketplace.kernel.database import Database, Prepared, Session, one_of
from marketplace.kernel.database.outages import is_outage
from marketplace.kernel.database.sessions import count_queries
from marketplace.skills.models import Skill
from tests.visitors import Statements

NAMED = Prepared(
    lambda: (
        select(Skill.slug, bindparam("at", type_=DateTime(timezone=True)).label("at"))
        .where(one_of(Skill.id), Skill.slug.in_(["python", "figma"]))
        .order_by(Skill.slug)
    )
)
ALIVE = Prepared(lambda: select(func.pg_backend_pid().label("pid"), bindparam("names", type_=ARRAY(Text)).label("n")))


async def test_it_takes_one_of_many_ids_and_counts_as_a_query(db: Session, statements: Statements) -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    ids = {skill.slug: skill.id for skill in await db.scalars(select(Skill))}
    statements.clear()
    rows = await NAMED.rows(db, ids=[ids["python"], ids["django"], uuid4()], at=at)
    assert [(row["slug"], row["at"]) for row in rows] == [("python", at)]
    assert await NAMED.rows(db, ids=[], at=at) == []
    assert len(statements) == 2
    with pytest.raises(KeyError):
        await NAMED.rows(db, ids=[])


async def test_a_dead_connection_is_let_go_and_said_as_an_outage(cloned_database: Database) -> None:
    async with cloned_database.read() as db:
        pid = (await ALIVE.rows(db, names=["a"]))[0]["pid"]
        async with cloned_database.write.begin() as other:
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(DBAPIError) as broken:
            await ALIVE.rows(db, names=["a"])
    assert is_outage(broken.value)
    async with cloned_database.read() as db:
        assert (await ALIVE.rows(db, names=["a"]))[0]["pid"] != pid


async def test_what_takes_too_long_is_an_outage_and_not_asked_twice(cloned_database: Database) -> None:
    slow = Prepared(lambda: select(func.pg_sleep(bindparam("seconds", type_=Float)).label("slept")))
    async with cloned_database.read() as db:
        await db.execute(text("SET statement_timeout = 50"))
        asked: list[str] = []
        end = count_queries(cloned_database.read_engine, asked)
        with pytest.raises(asyncpg.QueryCanceledError) as late:
            await slow.rows(db, seconds=5.0)
        end()
        await db.execute(text("RESET statement_timeout"))
    assert is_outage(late.value) and len(asked) == 1
