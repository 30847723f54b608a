"""What both sides are told about an interview; never a name of a person."""

from datetime import datetime
from uuid import UUID

from marketplace.jobs.models import Interview, Side
from marketplace.jobs.sides import About, about, about_for_all, other, people_of
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.messages.actions import notify


async def proposed(db: Session, interview: Interview, *, by: UUID, at: datetime) -> None:
    """To the side that picks."""
    said = await about(db, interview.application_id, reader=by)
    await _tell(db, interview, said, "interview_proposed", to=other(said.side), at=at)


async def agreed(db: Session, interview: Interview, *, side: Side, by: UUID, at: datetime) -> None:
    """To both: the calendar file is on its page."""
    said = await about(db, interview.application_id, reader=by)
    for each in (side, other(side)):
        await _tell(db, interview, said, "interview_agreed", to=each, at=at, starts_at=interview.starts_at)


async def ended(db: Session, interview: Interview, *, side: Side, why: str, by: UUID, at: datetime) -> None:
    """To the other side: declined or called off."""
    said = await about(db, interview.application_id, reader=by)
    message = "interview_declined" if interview.state == "declined" else "interview_cancelled"
    await _tell(db, interview, said, message, to=other(side), at=at, reason=why.strip())


async def tomorrow(db: Session, interview: Interview, *, at: datetime) -> None:
    """To both."""
    said = await about_for_all(db, interview.application_id)
    for side in ("candidate", "employer"):
        await _tell(db, interview, said, "interview_tomorrow", to=side, at=at, starts_at=interview.starts_at)


async def _tell(
    db: Session, interview: Interview, said: About, message: str, *, to: Side, at: datetime, **more: object
) -> None:
    values = {"job": said.title, "organisation": said.organisation, **more}
    for user_id in await people_of(db, said, to):
        await notify(db, user_id, message, values, link=f"/interviews/{ids.short(interview.id)}", at=at)
