"""A candidate or an employer says what does not suit in a first timetable; the organiser answers before it stands.

What is said may name a meeting. The answer goes to whoever objected, by the way she is told everything else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.fairs import telling
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting, Objection, Timetable
from marketplace.fairs.registering import LIVING
from marketplace.fairs.rules import LIVE_MEETINGS, SHOWN_BOOTHS
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_

LONGEST, MOST = 500, 5
SHOWN = 50
"""So many objections stand on the organiser's page: those without an answer first."""


class NothingToObject(Conflict):
    message = N_("The timetable stands, or is not shown yet. Speak to the organiser at the fair.")


@dataclass(frozen=True, slots=True)
class Said:
    """An objection on the organiser's page, with the meetings it is about: each with its time and the other side."""

    objection: Objection
    who: str
    meetings: list[tuple[UUID, datetime, str]]


async def object_to(
    db: Session,
    who: FairCandidate | Booth,
    text: str,
    *,
    meeting_id: UUID | None = None,
    by: UUID | None,
    at: datetime,
) -> None:
    """Say it. Raises: NothingToObject when no first timetable is shown, NotFound for a meeting of others, Invalid."""
    said = text.strip()
    if who.state not in (LIVING if isinstance(who, FairCandidate) else SHOWN_BOOTHS):
        raise NothingToObject
    if not said or len(said) > LONGEST:
        raise Invalid.at("text", N_("Say in a few words what does not suit you."))
    shown = select(Timetable).where(Timetable.fair_id == who.fair_id, Timetable.state == "provisional")
    timetable = await db.scalar(shown.with_for_update())
    if timetable is None or (timetable.objections_until is not None and at >= timetable.objections_until):
        raise NothingToObject
    hers = select(func.count()).where(_whose(Objection, who), Objection.timetable_id == timetable.id)
    if (await db.scalars(hers)).one() >= MOST:
        raise Invalid.at("text", N_("The organiser has enough words from you; wait for the answer."))
    own = select(Meeting.id).where(_whose(Meeting, who), Meeting.id == meeting_id)
    if meeting_id is not None and await db.scalar(own) is None:
        raise NotFound
    made = Objection(fair_id=who.fair_id, timetable_id=timetable.id, meeting_id=meeting_id, text=said)
    made.candidate_id, made.booth_id = (who.id, None) if isinstance(who, FairCandidate) else (None, who.id)
    made.by_user_id, made.made_at = by, at
    db.add(made)
    await db.flush()


def _whose(table: type[Objection] | type[Meeting], who: FairCandidate | Booth) -> Any:
    return table.candidate_id == who.id if isinstance(who, FairCandidate) else table.booth_id == who.id


async def answer(db: Session, fair: Fair, objection_id: UUID, text: str, *, by: UUID, at: datetime) -> None:
    """The organiser's answer: it stands on her page, and she is told. Raises: NotFound, Invalid."""
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Invalid.at("answer", N_("Write an answer in a few words."))
    open_ = Objection.id == objection_id, Objection.fair_id == fair.id, Objection.answered_at.is_(None)
    row = (await db.scalars(select(Objection).where(*open_).with_for_update())).one_or_none()
    if row is None:
        raise NotFound
    row.answer, row.answered_by, row.answered_at = said, by, at
    await db.flush()
    told: dict[str, Any] = {"about": f"objection {row.id}", "answer": said, "at": at}
    if row.candidate_id is not None:
        await telling.candidates_of(db, fair, "fair_objection_answered", [row.candidate_id], **told)
    if row.booth_id is not None:
        link = f"/fairs/{fair.slug}/booth/timetable"
        await telling.booths_of(db, fair, "fair_objection_answered", [row.booth_id], link=link, **told)


async def said_by(db: AnySession, who: FairCandidate | Booth) -> list[Objection]:
    """What she said, with the answers, newest first."""
    found = select(Objection).where(_whose(Objection, who))
    return list((await db.scalars(found.order_by(Objection.id.desc()).limit(MOST))).all())


async def of_fair(db: AnySession, fair_id: UUID) -> list[Said]:
    """What was said at a fair: first what has no answer yet, in its order; each with the meetings it is about."""
    found = (
        select(Objection, func.coalesce(FairCandidate.name, Booth.name))
        .outerjoin(FairCandidate, FairCandidate.id == Objection.candidate_id)
        .outerjoin(Booth, Booth.id == Objection.booth_id)
        .where(Objection.fair_id == fair_id)
        .order_by(Objection.answered_at.desc().nulls_first(), Objection.id)
        .limit(SHOWN)
    )
    rows = (await db.execute(found)).all()
    meetings = await _meetings(db, [row[0] for row in rows if row[0].answered_at is None])
    return [Said(objection, who, meetings.get(objection.id, [])) for objection, who in rows]


async def _meetings(db: AnySession, objections: list[Objection]) -> dict[UUID, list[tuple[UUID, datetime, str]]]:
    """The meeting that each names, else all of a candidate's; an employer's are too many: it names one."""
    named = Objection.meeting_id == Meeting.id
    hers = Objection.meeting_id.is_(None) & (Objection.candidate_id == Meeting.candidate_id)
    found = (
        select(Objection.id, Objection.candidate_id, Meeting.id, FairSlot.starts_at, Booth.name, FairCandidate.name)
        .join(Meeting, named | hers)
        .join(FairSlot, FairSlot.id == Meeting.slot_id)
        .join(Booth, Booth.id == Meeting.booth_id)
        .join(FairCandidate, FairCandidate.id == Meeting.candidate_id)
        .where(Objection.id.in_([each.id for each in objections]), Meeting.state.in_(LIVE_MEETINGS))
        .order_by(FairSlot.starts_at, Meeting.id)
    )
    made: dict[UUID, list[tuple[UUID, datetime, str]]] = {}
    for id, candidate_id, meeting_id, starts_at, employer, candidate in await db.execute(found):
        made.setdefault(id, []).append((meeting_id, starts_at, employer if candidate_id else candidate))
    return made
