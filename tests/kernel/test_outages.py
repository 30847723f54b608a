"""Trying again is right when the database was the reason, and only then."""

import asyncio

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.kernel.database import Database
from marketplace.kernel.database.outages import is_outage


async def _error_of(database: Database, *statements: str) -> Exception:
    with pytest.raises(DBAPIError) as raised:
        async with database.write.begin() as db:
            for statement in statements:
                await db.execute(text(statement))
    return raised.value


async def test_slow_statements_and_locks_are_outages(cloned_database: Database) -> None:
    assert is_outage(await _error_of(cloned_database, "SET LOCAL statement_timeout = 5", "SELECT pg_sleep(1)"))
    async with cloned_database.write.begin() as holder:
        await holder.execute(text("LOCK TABLE users"))
        waiting = ("SET LOCAL lock_timeout = 5", "LOCK TABLE users")
        assert is_outage(await _error_of(cloned_database, *waiting))


async def test_a_cut_connection_is_one_and_the_next_statement_works(cloned_database: Database) -> None:
    error = await _error_of(cloned_database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_outage(error)
    async with cloned_database.read() as db:
        assert await db.scalar(select(1)) == 1


async def test_what_we_did_wrong_is_none(cloned_database: Database) -> None:
    for wrong in ("SELECT 1 / 0", "SELECT nothing", "INSERT INTO users (email) VALUES (NULL)"):
        assert not is_outage(await _error_of(cloned_database, wrong))
    assert not is_outage(ValueError("x")) and not is_outage(asyncio.CancelledError())


def test_a_missing_socket_is_one_and_a_missing_file_none() -> None:
    assert is_outage(FileNotFoundError(2, "No such file or directory"))
    assert not is_outage(FileNotFoundError(2, "No such file or directory", "/tmp/a"))
