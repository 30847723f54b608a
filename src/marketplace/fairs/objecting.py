"""A candidate says what does not suit her in a first timetable; the organiser reads it before the timetable stands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.plan_models import Objection, Timetable
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_

LONGEST, MOST = 500, 5


class NothingToObject(Conflict):
    message = N_("The timetable stands, or is not shown yet. Speak to the organiser at the fair.")


async def object_to(db: Session, candidate: FairCandidate, text: str, *, by: UUID | None, at: datetime) -> None:
    """Say it. Raises: NothingToObject when no first timetable is shown, Invalid."""
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Invalid.at("text", N_("Say in a few words what does not suit you."))
    shown = select(Timetable).where(Timetable.fair_id == candidate.fair_id, Timetable.state == "provisional")
    timetable = await db.scalar(shown.with_for_update())
    if timetable is None or (timetable.objections_until is not None and at >= timetable.objections_until):
        raise NothingToObject
    hers = select(func.count()).where(Objection.candidate_id == candidate.id, Objection.timetable_id == timetable.id)
    if (await db.scalars(hers)).one() >= MOST:
        raise Invalid.at("text", N_("The organiser has enough words from you; wait for the answer."))
    made = Objection(fair_id=candidate.fair_id, timetable_id=timetable.id, candidate_id=candidate.id, text=said)
    made.by_user_id, made.made_at = by, at
    db.add(made)
    await db.flush()


async def said_by(db: AnySession, candidate_id: UUID) -> list[Objection]:
    """What she said, with the answers, newest first."""
    found = select(Objection).where(Objection.candidate_id == candidate_id)
    return list((await db.scalars(found.order_by(Objection.id.desc()).limit(MOST))).all())
