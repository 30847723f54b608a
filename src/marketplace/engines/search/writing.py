"""Only one process writes the indexes at a time, and no transaction is open while it does.

A lease is one row: whoever writes holds it and renews it; of a process that was killed it ends by itself. Its time is
PostgreSQL's own, whatever the demo's clock says. An advisory lock would hold a transaction open, or a connection that
PgBouncer shares with others.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import DateTime, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.search.models import SearchWriter
from marketplace.kernel.database import Database, Session

LEASE = timedelta(seconds=30)
_ONLY = 1


class WriterBusy(RuntimeError):
    """Another process writes an index now."""

    def __init__(self) -> None:
        super().__init__("another process is writing the search index: try again when it is done")


@asynccontextmanager
async def writing(database: Database) -> AsyncGenerator[UUID]:
    """Be the one who writes until the end of the block; yields who that is, for `is_writer`.

    Raises: WriterBusy while another is.
    """
    holder = uuid4()
    if not await _take(database, holder):
        raise WriterBusy
    renewing = asyncio.create_task(_renew(database, holder))
    try:
        yield holder
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await _take(database, holder, lease=timedelta())


async def is_writer(db: Session, holder: UUID) -> bool:
    """Whether the lease is still theirs, held for the rest of this transaction."""
    held = select(SearchWriter.holder).where(SearchWriter.id == _ONLY).with_for_update()
    return await db.scalar(held) == holder


async def _take(database: Database, holder: UUID, *, lease: timedelta = LEASE) -> bool:
    now = func.clock_timestamp(type_=DateTime(timezone=True))
    row = insert(SearchWriter).values(id=_ONLY, holder=holder, until=now + lease)
    free = or_(SearchWriter.holder == holder, SearchWriter.until <= now)
    taken = row.on_conflict_do_update(
        index_elements=["id"], set_={"holder": row.excluded.holder, "until": row.excluded.until}, where=free
    )
    async with database.write.begin() as db:
        return bool((await db.scalars(taken.returning(SearchWriter.id))).all())


async def _renew(database: Database, holder: UUID) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        await _take(database, holder)
