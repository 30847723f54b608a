"""Run what is due here and now: for tests, and for commands that must end with nothing left to do."""

from sqlalchemy import text

from marketplace.kernel.database import Database
from marketplace.kernel.queue.tasks import Services, registered

_TAKE = text("""
    DELETE FROM pgqueuer WHERE id = (
        SELECT id FROM pgqueuer WHERE status = 'queued' AND (:all OR execute_after <= now())
        ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING entrypoint, payload
""")


async def drain(services: Services, *, limit: int = 1_000, later_too: bool = False) -> int:
    """Run queued tasks until none is left and return how many ran; an error in one is raised, not retried.

    `later_too` runs those that wait for a later time as well.
    """
    for count in range(limit):
        async with services[Database].write.begin() as db:
            row = (await db.execute(_TAKE, {"all": later_too})).one_or_none()
        if row is None:
            return count
        await registered()[row.entrypoint].run(services, row.payload)
    raise AssertionError(f"more than {limit} tasks: something defers itself for ever")
