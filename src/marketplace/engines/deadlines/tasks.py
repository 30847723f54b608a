"""The sweep that finds what is due."""

from uuid import UUID

from sqlalchemy import select

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.engines.deadlines.models import Deadline
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import publish
from marketplace.kernel.queue import defer, task

BATCH = 500


@task("deadlines.sweep")
async def sweep(db: Session) -> None:
    """Each minute, and after the demo's clock was moved: one task for each deadline that is due, earliest first."""
    due = (
        select(Deadline.id)
        .where(Deadline.state == "running", Deadline.due_at <= clock.now())
        .order_by(Deadline.due_at)
        .limit(BATCH)
    )
    found = (await db.execute(due)).scalars().all()
    for deadline_id in found:
        await defer(db, "deadlines.pass", key=f"deadlines.pass:{deadline_id}", deadline_id=deadline_id)
    if len(found) == BATCH:
        await defer(db, "deadlines.sweep")


@task("deadlines.pass")
async def pass_(db: Session, *, deadline_id: UUID) -> None:
    """Mark one deadline done and publish it in the same transaction; nothing when it is not due (any more).

    A transaction for each: a subscriber that fails keeps only its own deadline back. SKIP LOCKED: whoever holds
    the row either passes it or changes it, and then the next sweep finds it if it is due still.
    """
    query = (
        select(Deadline)
        .where(Deadline.id == deadline_id, Deadline.state == "running", Deadline.due_at <= clock.now())
        .with_for_update(skip_locked=True)
    )
    deadline = (await db.execute(query)).scalar_one_or_none()
    if deadline is None:
        return
    deadline.state = "done"
    await db.flush()
    passed = DeadlinePassed(
        kind=deadline.kind,
        subject_kind=deadline.subject_kind,
        subject_id=deadline.subject_id,
        due_at=deadline.due_at,
    )
    await publish(db, passed)
