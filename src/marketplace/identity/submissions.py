"""A creating form works once: its hidden id is claimed in the transaction that does the work."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity.models import FormSubmission
from marketplace.kernel.database import Session

KEPT = timedelta(days=2)
"""How long after its first sending a form is still known."""


async def claim(db: Session, id: UUID, *, by: UUID | None, at: datetime) -> str | None:
    """None for the first sending; later the location of its result ("": there is none, or somebody else sent it).

    Of two at once the second waits on the row until the first commits, and works itself when it rolled back.
    """
    row = insert(FormSubmission).values(id=id, user_id=by, created_at=at).on_conflict_do_nothing()
    if await db.scalar(row.returning(FormSubmission.id)):
        return None
    known = select(FormSubmission.location).where(
        FormSubmission.id == id, FormSubmission.user_id.is_not_distinct_from(by)
    )
    return await db.scalar(known) or ""


async def finish(db: Session, id: UUID, *, location: str) -> None:
    """Note where the result is."""
    await db.execute(update(FormSubmission).where(FormSubmission.id == id).values(location=location))


async def forget_old(db: Session, *, at: datetime) -> None:
    """Remove what nobody sends again."""
    await db.execute(delete(FormSubmission).where(FormSubmission.created_at < at - KEPT))
