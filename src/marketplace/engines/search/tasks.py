"""Background tasks: carry changes into the index as they come, and each minute in case a wake-up was lost."""

import asyncio
import logging

from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, task

_log = logging.getLogger(__name__)


class _Turn:
    """One at a time in this process. Whoever comes while somebody waits may go: the waiter has not looked yet."""

    lock = asyncio.Lock()
    is_awaited = False


@task(outbox.TASK)
async def index(db: Session) -> None:
    """Write all noted changes to the index; when the index fails, say why beside the changes and try again later."""
    if _Turn.is_awaited:
        return
    _Turn.is_awaited = True
    try:
        await _Turn.lock.acquire()
    finally:
        _Turn.is_awaited = False
    try:
        await _carry_over(db)
    finally:
        _Turn.lock.release()


async def _carry_over(db: Session) -> None:
    services: Services = db.info["services"]
    try:
        async with db.begin_nested():
            await outbox.carry_over(db, services[SearchIndex])
    except (OSError, ValueError) as error:
        _log.exception("the search index could not be written")
        await outbox.try_again(db, f"{type(error).__name__}: {error}")
