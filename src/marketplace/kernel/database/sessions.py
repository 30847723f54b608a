"""Write and read sessions, told apart by type so that a reader can't be handed where a writer is needed."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

LOCK_TIMEOUT_MS = 4_000
STATEMENT_TIMEOUT_MS = 15_000


class Session(AsyncSession):
    """Inside one write transaction. Actions flush; the entry point that opened it commits."""


class ReadSession(AsyncSession):
    """Read-only, AUTOCOMMIT. PostgreSQL itself refuses a write here."""


AnySession = Session | ReadSession


class Writer:
    """Opens write transactions."""

    def __init__(self, sessions: async_sessionmaker[Session]) -> None:
        self._sessions = sessions

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Session]:
        """One transaction: commits at the end of the block, rolls back when it raises."""
        async with self._sessions() as session, session.begin():
            yield session


class Database:
    """The pools of one process. `read_url` may be a replica; no write is ever decided by what it says."""

    def __init__(self, url: str, read_url: str = "", *, pool_size: int = 10) -> None:
        self.engine = _engine(url, pool_size, read_only=False)
        self.read_engine = _engine(read_url or url, pool_size, read_only=True)
        self.write = Writer(async_sessionmaker(self.engine, class_=Session, expire_on_commit=False))
        self.fresh_engine = _engine(url, pool_size, read_only=True) if read_url else self.read_engine
        self._reads, self._fresh_reads = _readers(self.read_engine), _readers(self.fresh_engine)

    @asynccontextmanager
    async def read(self, *, fresh: bool = False) -> AsyncGenerator[ReadSession]:
        """A read-only session. `fresh` never asks a replica: for what must be known at once, as who is signed in."""
        async with (self._fresh_reads if fresh else self._reads)() as session:
            yield session

    async def close(self) -> None:
        for engine in {self.engine, self.read_engine, self.fresh_engine}:
            await engine.dispose()


def _readers(engine: AsyncEngine) -> async_sessionmaker[ReadSession]:
    return async_sessionmaker(engine, class_=ReadSession, expire_on_commit=False, autoflush=False)


def _engine(url: str, pool_size: int, *, read_only: bool) -> AsyncEngine:
    """Behind PgBouncer the address says `?prepared_statement_cache_size=0&statement_cache_size=0`."""
    server_settings = {
        "application_name": "marketplace",
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "timezone": "UTC",
    }
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None} if read_only else {}
    if read_only:
        server_settings["default_transaction_read_only"] = "on"
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        pool_timeout=5,
        pool_pre_ping=False,
        connect_args={"server_settings": server_settings, "timeout": 10},
        **options,
    )


def count_queries(engine: AsyncEngine, counts: list[str]) -> Callable[[], None]:
    """Append every statement that `engine` runs to `counts` (tests hold pages to a number of queries).

    Returns what ends the counting.
    """

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counts.append(statement)

    told = (engine.sync_engine, "before_cursor_execute", note)
    event.listen(*told)
    return lambda: event.remove(*told)
