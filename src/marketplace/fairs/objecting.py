"""A candidate says what does not suit her in a first timetable; the organiser answers before the timetable stands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Objection, Timetable
from marketplace.fairs.registering import LIVING
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_

LONGEST, MOST = 500, 5


class NothingToObject(Conflict):
    message = N_("The timetable stands, or is not shown yet. Speak to the organiser at the fair.")


async def object_to(db: Session, candidate: FairCandidate, text: str, *, by: UUID | None, at: datetime) -> None:
    """Say it. Raises: NothingToObject when no first timetable is shown, Invalid."""
    said = text.strip()
    if candidate.state not in LIVING:
        raise NothingToObject
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


async def answer(db: Session, fair: Fair, objection_id: UUID, text: str, *, by: UUID, at: datetime) -> None:
    """The organiser's answer: it stands on her ticket. Raises: NotFound, Invalid."""
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Invalid.at("answer", N_("Write an answer in a few words."))
    open_ = Objection.id == objection_id, Objection.fair_id == fair.id, Objection.answered_at.is_(None)
    row = (await db.scalars(select(Objection).where(*open_).with_for_update())).one_or_none()
    if row is None:
        raise NotFound
    row.answer, row.answered_by, row.answered_at = said, by, at
    await db.flush()


async def said_by(db: AnySession, candidate_id: UUID) -> list[Objection]:
    """What she said, with the answers, newest first."""
    found = select(Objection).where(Objection.candidate_id == candidate_id)
    return list((await db.scalars(found.order_by(Objection.id.desc()).limit(MOST))).all())
