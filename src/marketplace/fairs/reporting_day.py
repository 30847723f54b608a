"""Figures of the day itself and of its timetable, for the report."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.fairs import answering, her_words
from marketplace.fairs.day_models import FairScorecard, QueueEntry
from marketplace.fairs.plan_models import Meeting, Timetable, TimetableChange
from marketplace.kernel.database import AnySession


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """Meetings that were due and who missed them, minutes in queues, the plan's gap to its bound in percent, moves,
    answers still owed and given, of how many meetings the candidate said how it was, and that it went well. None where
    nothing was there to count.
    """

    meetings: int
    missed_by_candidate: int
    missed_by_employer: int
    wait_minutes: int | None
    plan_gap_percent: float | None
    moved: int
    answered: int
    unanswered: int
    said: int
    said_well: int

    @property
    def no_shows(self) -> int:
        return self.missed_by_candidate + self.missed_by_employer

    def as_numbers(self) -> dict[str, Any]:
        """All of them by name."""
        return asdict(self)


async def figures_of(db: AnySession, fair_id: UUID) -> DayFigures:
    """Counted now; the wait is the median of those who were called, the gap that of the first published timetable."""
    due = select(
        func.count().filter(Meeting.state.in_(("done", "no_show"))),
        func.count().filter(Meeting.missed_by == "candidate"),
        func.count().filter(Meeting.missed_by == "employer"),
    )
    meetings, by_candidate, by_employer = (await db.execute(due.where(Meeting.fair_id == fair_id))).one()
    waited = func.extract("epoch", QueueEntry.called_at - QueueEntry.joined_at)
    middle = select(func.percentile_cont(0.5).within_group(waited)).where(QueueEntry.fair_id == fair_id)
    wait = await db.scalar(middle.where(QueueEntry.called_at.is_not(None)))
    first = select(Timetable.figures).where(Timetable.fair_id == fair_id, Timetable.published_at.is_not(None))
    figures: dict[str, Any] = await db.scalar(first.order_by(Timetable.number).limit(1)) or {}
    moves = select(func.coalesce(func.sum(func.jsonb_array_length(TimetableChange.moves["moved"])), 0))
    moved = moves.where(TimetableChange.fair_id == fair_id, TimetableChange.state == "confirmed")
    answered = select(func.count(FairScorecard.answered_at)).where(FairScorecard.fair_id == fair_id)
    gap = figures.get("gap")
    said, said_well = await her_words.counted(db, fair_id)
    return DayFigures(
        meetings=meetings,
        missed_by_candidate=by_candidate,
        missed_by_employer=by_employer,
        wait_minutes=None if wait is None else round(float(wait) / 60),
        plan_gap_percent=None if gap is None else round(100 * gap, 2),
        moved=(await db.scalars(moved)).one(),
        answered=(await db.scalars(answered)).one(),
        unanswered=len(await answering.owed(db, fair_id)),
        said=said,
        said_well=said_well,
    )
