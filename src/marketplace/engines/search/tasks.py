"""Background tasks: carry changes into the index as they come, and each minute in case a wake-up was lost."""

import asyncio
import logging
from datetime import timedelta

from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.engines.search.writing import WriterBusy
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services, defer, task

_log = logging.getLogger(__name__)
_PAUSE = timedelta(seconds=1)


class _Turn:
    """One at a time in this process. Whoever comes while somebody waits may go: the waiter has not looked yet."""

    lock = asyncio.Lock()
    is_awaited = False


@task(outbox.TASK, transaction=False)
async def index(services: Services) -> None:
    """Write all noted changes to the index; when the index fails, say why beside the changes and try again later.

    The index may be a network away, so no transaction is open while it is written.
    """
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
        await outbox.carry_over(database, search)
    except WriterBusy:
        # Another process writes and may have looked already: look again when it is done.
        async with database.write.begin() as db:
            await defer(db, outbox.TASK, at=clock.now() + _PAUSE, key=f"{outbox.TASK}:again")
    except (OSError, ValueError) as error:
        _log.exception("the search index could not be written")
        async with database.write.begin() as db:
            await outbox.try_again(db, f"{type(error).__name__}: {error}")
