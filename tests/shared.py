"""The database of most tests: one connection, one transaction, rolled back at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker

from marketplace.kernel.database import Database, ReadSession, Session


class SharedDatabase(Database):
    """A Database whose sessions all live on one connection, inside one transaction that the test rolls back."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.engine = self.read_engine = connection.engine
        self._turn = asyncio.Lock()
        options = {"bind": connection, "join_transaction_mode": "create_savepoint", "expire_on_commit": False}
        self._writes = async_sessionmaker(class_=Session, **options)
        # Reading needs no savepoint of its own: half the statements of a page.
        self._reads = async_sessionmaker(class_=ReadSession, **{**options, "join_transaction_mode": "rollback_only"})
        self.write = self

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        async with self._turn, self._writes() as session, session.begin():
            yield session

    @asynccontextmanager
    async def read(self, *, fresh: bool = False) -> AsyncIterator[ReadSession]:
        async with self._turn, self._reads() as session:
            yield session

    async def close(self) -> None:
        """The fixture closes the connection."""
