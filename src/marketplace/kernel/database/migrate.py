"""Alembic, configured in code: there is no alembic.ini. Migrations only go forward, each in its own transaction."""

import asyncio
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from marketplace.kernel.paths import resource

_ADVISORY_LOCK = 7_305_001
"""Two starting processes migrate one after the other."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration over an open connection."""
    made = Config()
    made.set_main_option("script_location", str(resource("migrations")))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(url: str) -> list[str]:
    """Bring the database at `url` to the newest version and return the versions that were applied."""
    return asyncio.run(upgrade_async(url))


async def upgrade_async(url: str) -> list[str]:
    """As `upgrade`, inside a running loop."""
    return await _with_connection(url, _upgrade)


async def pending(url: str) -> list[str]:
    """Versions not applied yet, oldest first."""
    return await _with_connection(url, _pending)


async def _with_connection(url: str, function: Any) -> list[str]:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as lock:
            await lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
            async with engine.connect() as connection:
                await connection.execution_options(isolation_level="READ COMMITTED")
                return await connection.run_sync(function)
    finally:
        await engine.dispose()


def _pending(connection: Connection) -> list[str]:
    script = ScriptDirectory.from_config(config())
    current = MigrationContext.configure(connection).get_current_heads()
    return [r.revision for r in reversed(list(script.iterate_revisions(tuple(script.get_heads()), current)))]


def _upgrade(connection: Connection) -> list[str]:
    todo = _pending(connection)
    connection.rollback()
    if todo:
        command.upgrade(config(connection), "heads")
        connection.commit()
    return todo
