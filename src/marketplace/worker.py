"""The worker process: background tasks and schedules."""

import asyncio

from marketplace.kernel.config import Settings
from marketplace.kernel.queue.work import work
from marketplace.runtime import running


async def run(settings: Settings) -> None:
    """Work until SIGTERM."""
    async with running(settings) as services:
        await work(settings.migration_database_url or settings.database_url, services)


def main() -> None:
    """Entry point of `marketplace worker`."""
    asyncio.run(run(Settings.from_env()))
