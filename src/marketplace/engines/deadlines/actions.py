"""Start, pause, resume and cancel a due time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.deadlines.models import Deadline
from marketplace.kernel.database import AnySession, Session

Subject = tuple[str, UUID]


async def start(db: Session, kind: str, *, subject: Subject, due_at: datetime) -> None:
    """Let `kind` run for the subject until `due_at`; one that was there already starts anew, whatever its state."""
    subject_kind, subject_id = subject
    fresh = {"due_at": due_at, "state": "running", "paused_at": None, "pause_reason": ""}
    row = {"kind": kind, "subject_kind": subject_kind, "subject_id": subject_id, **fresh}
    unique = ["kind", "subject_kind", "subject_id"]
    await db.execute(insert(Deadline).values(row).on_conflict_do_update(index_elements=unique, set_=fresh))


async def pause(db: Session, kind: str, *, subject: Subject, at: datetime, reason: str) -> bool:
    """Stop the clock; False when it does not run. What was due before `at` stays due."""
    deadline = await _locked(db, kind, subject)
    if deadline is None or deadline.state != "running" or deadline.due_at <= at:
        return False
    deadline.state, deadline.paused_at, deadline.pause_reason = "paused", at, reason
    await db.flush()
    return True


async def resume(db: Session, kind: str, *, subject: Subject, at: datetime, reason: str = "") -> bool:
    """Let the clock run on: the due time moves by the length of the pause.

    False when it is not paused, or not for this `reason` where one is given.
    """
    deadline = await _locked(db, kind, subject)
    if deadline is None or deadline.paused_at is None or reason not in ("", deadline.pause_reason):
        return False
    deadline.due_at += at - deadline.paused_at
    deadline.state, deadline.paused_at, deadline.pause_reason = "running", None, ""
    await db.flush()
    return True


async def cancel(db: Session, kind: str, *, subject: Subject) -> bool:
    """The deadline no longer matters; False when it is over already, or was never started."""
    deadline = await _locked(db, kind, subject)
    if deadline is None or deadline.state not in ("running", "paused"):
        return False
    deadline.state, deadline.paused_at, deadline.pause_reason = "cancelled", None, ""
    await db.flush()
    return True


async def hold(db: Session, kind: str, *, subject: Subject) -> Deadline | None:
    """The deadline as it is now, ours until the transaction ends: who holds it, the sweep does not pass it."""
    return await _locked(db, kind, subject)


async def of(db: AnySession, subject: Subject) -> dict[str, Deadline]:
    """All deadlines of a subject by kind, over or not."""
    subject_kind, subject_id = subject
    query = select(Deadline).where(Deadline.subject_kind == subject_kind, Deadline.subject_id == subject_id)
    return {each.kind: each for each in (await db.execute(query)).scalars()}


async def _locked(db: Session, kind: str, subject: Subject) -> Deadline | None:
    subject_kind, subject_id = subject
    query = (
        select(Deadline)
        .where(Deadline.kind == kind, Deadline.subject_kind == subject_kind, Deadline.subject_id == subject_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await db.execute(query)).scalar_one_or_none()
