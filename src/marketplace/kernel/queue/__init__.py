"""Background tasks on PostgreSQL (pgqueuer): deferred in the transaction that needs them, run at least once.

    @task("search.index")
    async def index(db: Session, *, document_id: UUID) -> None: ...      one transaction per task

    @task("payments.dispatch", transaction=False)
    async def dispatch(services: Services, *, command_id: UUID) -> None: ...   opens its own, for calls to the network

    await defer(db, "search.index", document_id=id)

Handlers are idempotent: a killed worker's task runs again after 30 s. A task that keeps failing is
retried with growing pauses and then held with its traceback, never dropped.
"""

from marketplace.kernel.queue.drain import drain
from marketplace.kernel.queue.passing import passed
from marketplace.kernel.queue.tasks import (
    Services,
    Task,
    defer,
    defer_each,
    hand_over,
    registered,
    schedule,
    schedules,
    task,
)

__all__ = [
    "Services",
    "Task",
    "defer",
    "defer_each",
    "drain",
    "hand_over",
    "passed",
    "registered",
    "schedule",
    "schedules",
    "task",
]
