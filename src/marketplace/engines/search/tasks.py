"""Background tasks: carry changes into the index as they come, and each minute in case a wake-up was lost."""

import asyncio

from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services, task


class _Turn:
    """One at a time in this process. Whoever comes while somebody waits may go: the waiter has not looked yet."""

    lock = asyncio.Lock()
    is_awaited = False


@task(outbox.TASK, transaction=False)
async def index(services: Services) -> None:
    """Write all noted changes to the index; when that fails, say why beside the changes and let the queue retry."""
    if _Turn.is_awaited:
        return
    _Turn.is_awaited = True
    try:
        await _Turn.lock.acquire()
    finally:
        _Turn.is_awaited = False
    try:
        await _carry_over(services[Database], services[SearchIndex])
    finally:
        _Turn.lock.release()


async def _carry_over(database: Database, search: SearchIndex) -> None:
    try:
        async with database.write.begin() as db:
            await outbox.carry_over(db, search)
    except Exception as error:
        async with database.write.begin() as db:
            await outbox.note_failure(db, f"{type(error).__name__}: {error}")
        raise
