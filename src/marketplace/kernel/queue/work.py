"""The worker's loop: takes tasks as PostgreSQL announces them, runs the schedules, ends cleanly on SIGTERM."""

import asyncio
import signal
from datetime import timedelta
from functools import partial
from typing import Any, cast

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.core.executors import (
    DatabaseRetryEntrypointExecutor,
    EntrypointExecutorParameters,
)
from pgqueuer.models import Job, Schedule
from sqlalchemy import make_url

from marketplace.kernel.database import Database
from marketplace.kernel.queue.tasks import Services, Task, defer, registered, schedules

HEARTBEAT = timedelta(seconds=30)
_CONCURRENT_TASKS = 20


def _retrying(
    parameters: EntrypointExecutorParameters,
) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(parameters, max_attempts=8, max_delay=timedelta(minutes=10))


async def work(url: str, services: Services) -> None:
    """Run tasks and schedules until SIGTERM or SIGINT. `url` must reach PostgreSQL directly (LISTEN)."""
    settings = {"application_name": "marketplace-worker"}
    connection: Any = await cast(Any, asyncpg).connect(_plain(url), server_settings=settings)
    queuer = PgQueuer.from_asyncpg_connection(connection)
    for each in registered().values():
        queuer.entrypoint(each.name, on_failure="hold", executor_factory=_retrying)(partial(_run, services, each))
    for name, cron in schedules().items():
        queuer.schedule(name, cron)(partial(_defer_scheduled, services, name))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, queuer.shutdown.set)
    try:
        await queuer.run(
            dequeue_timeout=timedelta(seconds=5),
            batch_size=_CONCURRENT_TASKS // 2,
            max_concurrent_tasks=_CONCURRENT_TASKS,
            heartbeat_timeout=HEARTBEAT,
        )
    finally:
        await connection.close()


async def _run(services: Services, task: Task, job: Job) -> None:
    await task.run(services, job.payload)


async def _defer_scheduled(services: Services, name: str, _schedule: Schedule) -> None:
    async with services[Database].write.begin() as db:
        await defer(db, name, key=f"schedule:{name}")


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
