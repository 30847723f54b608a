"""The composition root: opens what a process needs once, wires tasks, subscribers and schedules, closes all.

Lower layers get values and open things, never settings.
"""

import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import marketplace
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services, schedule

SCHEDULES = {
    "deadlines.sweep": "* * * * *",
    "ledger.seal": "* * * * *",
    "payments.sweep": "*/5 * * * *",
    "files.sweep": "0 2 * * *",
}
"""When what runs by itself, in UTC. Handlers are idempotent."""


def load_tasks() -> None:
    """Import every `tasks` module, so that all tasks and event subscribers are registered."""
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if module.name.rsplit(".", 1)[-1] in ("tasks", "documents"):
            importlib.import_module(module.name)
    for name, cron in SCHEDULES.items():
        schedule(name, cron)


@asynccontextmanager
async def running(settings: Settings, *, writes_search: bool = False) -> AsyncIterator[Services]:
    """Everything a web process, the worker or a command needs, closed at the end."""
    if settings.has_moving_clock:
        clock.use_offset_file(settings.clock_file)
    load_tasks()
    database = Database(settings.database_url, settings.database_read_url)
    services = Services(settings, database)
    try:
        yield services
    finally:
        await database.close()
