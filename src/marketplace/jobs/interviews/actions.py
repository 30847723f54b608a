"""What both sides do with an interview, one verb each. Whose it is, is decided before (jobs/sides.py)."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Select, select

from marketplace.engines.deadlines import actions as deadlines
from marketplace.identity import audit
from marketplace.jobs import stages
from marketplace.jobs.interviews import notices, rules
from marketplace.jobs.interviews.rules import Plan
from marketplace.jobs.models import Application, Interview, InterviewState, Side
from marketplace.jobs.rules import WAITING
from marketplace.kernel.database import Session

TOMORROW = "interview_tomorrow"
"""Kind of our deadline: both sides are reminded a day before."""


async def propose(db: Session, application: Application, plan: Plan, *, by: UUID, at: datetime) -> Interview:
    """The employer offers times; the application moves to its interview stage and shows who she is.

    Raises: Invalid, NoInterviewNow, InterviewWaits.
    """
    rules.check_plan(plan, at)
    await stages.lock(db, application)
    if application.state not in WAITING:
        raise rules.NoInterviewNow
    if await db.scalar(_open(application.id, at)):
        raise rules.InterviewWaits
    if application.state in ("submitted", "screening"):
        await stages.move(db, application, "interview", by=by, at=at, tells=False)
    interview = Interview(
        application_id=application.id,
        state="proposed",
        offered_by="employer",
        **_columns(plan),
        created_by=by,
        created_at=at,
        updated_at=at,
    )
    db.add(interview)
    await db.flush()
    await audit.record(db, "interview.proposed", subject=("interview", interview.id), by=by, at=at)
    await notices.proposed(db, interview, by=by, at=at)
    return interview


async def pick(db: Session, interview: Interview, starts_at: datetime, *, side: Side, by: UUID, at: datetime) -> None:
    """The side that was asked takes one of the times. Raises: Invalid, NotYourTurn, InterviewMoveRefused."""
    await _lock(db, interview)
    rules.check_move(interview, "agreed", at=at)
    if interview.offered_by == side:
        raise rules.NotYourTurn
    rules.check_pick(interview, starts_at, at)
    interview.starts_at = starts_at
    await _move(db, interview, "agreed", by=by, at=at)
    if (tomorrow := starts_at - rules.REMINDED_BEFORE) > at:
        await deadlines.start(db, TOMORROW, subject=("interview", interview.id), due_at=tomorrow)
    await notices.agreed(db, interview, side=side, by=by, at=at)


async def offer_others(
    db: Session, interview: Interview, options: Sequence[datetime], *, side: Side, by: UUID, at: datetime
) -> None:
    """Either side asks for other times, agreed or not; the other side picks. Raises: Invalid, InterviewMoveRefused."""
    await _lock(db, interview)
    rules.check_move(interview, "proposed", at=at)
    rules.check_options(options, at)
    interview.options, interview.starts_at, interview.offered_by = list(options), None, side
    await _move(db, interview, "proposed", by=by, at=at)
    await notices.proposed(db, interview, by=by, at=at)


async def decline(db: Session, interview: Interview, *, side: Side, by: UUID, at: datetime, why: str = "") -> None:
    """The side that was asked says no to an interview at all. Raises: NotYourTurn, InterviewMoveRefused."""
    await _lock(db, interview)
    rules.check_move(interview, "declined", at=at)
    if interview.offered_by == side:
        raise rules.NotYourTurn
    await _move(db, interview, "declined", by=by, at=at, why=why)
    await notices.ended(db, interview, side=side, why=why, by=by, at=at)


async def cancel(db: Session, interview: Interview, *, side: Side, by: UUID, at: datetime, why: str = "") -> None:
    """Either side calls it off. Raises: InterviewMoveRefused."""
    await _lock(db, interview)
    rules.check_move(interview, "cancelled", at=at)
    await _move(db, interview, "cancelled", by=by, at=at, why=why)
    await notices.ended(db, interview, side=side, why=why, by=by, at=at)


async def call_off(db: Session, application_id: UUID, *, at: datetime) -> None:
    """The application is decided, and both sides know: what was planned is cancelled without another message."""
    rows = _open(application_id, at).with_for_update().execution_options(populate_existing=True)
    for interview in (await db.execute(rows)).scalars():
        await _move(db, interview, "cancelled", by=None, at=at)


async def remind(db: Session, interview: Interview, *, at: datetime) -> None:
    """A day before: both sides hear of it; nothing when it was moved or called off."""
    await _lock(db, interview)
    starts_at = interview.starts_at
    if interview.state == "agreed" and starts_at is not None and at < starts_at <= at + rules.REMINDED_BEFORE:
        await notices.tomorrow(db, interview, at=at)


async def _lock(db: Session, interview: Interview) -> None:
    """The application first, as everything that decides about it does."""
    application = await db.get_one(Application, interview.application_id)
    await stages.lock(db, application)
    await db.refresh(interview, with_for_update=True)
    if application.state not in WAITING:
        raise rules.NoInterviewNow


async def _move(
    db: Session, interview: Interview, to: InterviewState, *, by: UUID | None, at: datetime, why: str = ""
) -> None:
    before, interview.state, interview.updated_at = cast(InterviewState, interview.state), to, at
    interview.sequence += 1
    await db.flush()
    subject = ("interview", interview.id)
    await audit.record(db, f"interview.{to}", subject=subject, by=by, at=at, why=why, before=before)


def _open(application_id: UUID, at: datetime) -> Select[Interview]:
    is_to_come = Interview.starts_at.is_(None) | (Interview.starts_at > at)
    open_ones = Interview.application_id == application_id, Interview.state.in_(rules.OPEN), is_to_come
    return select(Interview).where(*open_ones).order_by(Interview.id)


def _columns(plan: Plan) -> dict[str, object]:
    said = {name: getattr(plan, name) for name in ("kind", "minutes")}
    return {**said, "options": list(plan.options), "place": plan.place.strip(), "note": plan.note.strip()}
