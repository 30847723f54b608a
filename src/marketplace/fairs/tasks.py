"""What fairs do by themselves: tell everybody, make timetables."""

from typing import Any
from uuid import UUID

from marketplace.fairs import candidate_imports, registering, telling
from marketplace.fairs.models import Fair
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import task


@task(telling.TASK)
async def tell_everybody(db: Session, *, fair_id: UUID, message: str, about: str) -> None:
    """Each of one thing once, however often this runs."""
    fair = await db.get_one(Fair, fair_id)
    await telling.everybody(db, fair, message, about=about, at=clock.now())


@task(telling.SAY)
async def say(db: Session, *, candidate_id: UUID, message: str, values: dict[str, Any]) -> None:
    """One message to a candidate without an account."""
    await telling.say(db, db.info["services"][TicketKey], candidate_id, message, values)


@task(registering.TELL)
async def tell_candidate(db: Session, *, candidate_id: UUID, message: str) -> None:
    """Her seat, or her place on the waiting list; each time it comes about once."""
    at = clock.now()
    await registering.tell(db, candidate_id, message, about=f"{message} {at:%Y-%m-%d %H:%M}", at=at)


@task(candidate_imports.TASK)
async def load_candidates(db: Session, *, import_id: UUID) -> None:
    """The next rows of a centre's file."""
    await candidate_imports.load_step(db, db.info["services"][TicketKey], import_id, at=clock.now())
