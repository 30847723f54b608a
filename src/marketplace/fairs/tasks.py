"""What fairs do by themselves: tell everybody, make timetables."""

from uuid import UUID

from marketplace.fairs import telling
from marketplace.fairs.models import Fair
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import task


@task(telling.TASK)
async def tell_everybody(db: Session, *, fair_id: UUID, message: str, about: str) -> None:
    """Each of one thing once, however often this runs."""
    fair = await db.get_one(Fair, fair_id)
    await telling.everybody(db, fair, message, about=about, at=clock.now())
