"""Queues of an open hall: a candidate joins and leaves them, a table calls the next, who is there is met.

Locks: who joins locks her own row (limits), then the booth's (numbers). A call waits for no lock: it takes the first
entry whose row and whose candidate nobody holds, looks again whether she is free, and goes on to the next if not. So
two tables that call at once get two people, and nobody is called to two tables.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import exists, func, select

from marketplace.fairs import results, rules, telling
from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairScorecard, QueueEntry, QueueState
from marketplace.fairs.hall_rules import MOST_QUEUES, QUEUE_MOVES, booth_code
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_

OPEN_HALL = ("open_hall", "both")
SOON = timedelta(minutes=5)
"""A meeting of the timetable that begins so soon keeps her from being called."""
_LIVING = ("waiting", "called")


class NoQueues(Conflict):
    message = N_("There are no queues now: they are for an open hall, while the fair is on.")


class NotHere(Conflict):
    message = N_("Go to the desk first: without a seat nobody queues.")


class TooManyQueues(Conflict):
    message = N_("You stand in %(most)s queues already. Leave one first.")


class QueuesAlready(Conflict):
    message = N_("You stand in this queue already.")


class MetAlready(Conflict):
    message = N_("You have met this employer already, or have a meeting with it.")


class TableBusy(Conflict):
    message = N_("Somebody is called to this table or sits there. Finish with her first.")


class TableClosed(Conflict):
    message = N_("This table is closed.")


class StillTime(Conflict):
    message = N_("She has %(minutes)s minutes to come to the table. Call somebody else to another one meanwhile.")


async def booth_by_code(db: AnySession, fair_id: UUID, typed: str) -> Booth:
    """A booth by the code of its sign or its label, however it is typed. Raises: NotFound."""
    code = "".join(typed.split()).rsplit("/", 1)[-1].replace("-", "").upper()
    shown = select(Booth).where(Booth.fair_id == fair_id, Booth.state.in_(rules.SHOWN_BOOTHS)).order_by(Booth.id)
    booths = (await db.scalars(shown)).all()
    found = [each for each in booths if code == booth_code(each.id)]
    found = found or [each for each in booths if code and each.label.replace("-", "").replace(" ", "").upper() == code]
    if len(found) != 1:
        raise NotFound
    return found[0]


async def join(db: Session, fair: Fair, booth: Booth, candidate: FairCandidate, *, at: datetime) -> QueueEntry:
    """The end of this booth's queue. Raises: NoQueues, NotHere, TooManyQueues, QueuesAlready, MetAlready."""
    check_open(fair)
    await db.execute(select(FairCandidate.id).where(FairCandidate.id == candidate.id).with_for_update())
    await db.refresh(candidate)
    if candidate.state not in rules.SEATED:
        raise NotHere
    hers = select(QueueEntry.booth_id).where(QueueEntry.candidate_id == candidate.id, QueueEntry.state.in_(_LIVING))
    standing = (await db.scalars(hers)).all()
    if booth.id in standing:
        raise QueuesAlready
    if len(standing) >= MOST_QUEUES:
        raise TooManyQueues(most=MOST_QUEUES)
    live = Meeting.state.in_(rules.LIVE_MEETINGS), Meeting.booth_id == booth.id, Meeting.candidate_id == candidate.id
    if await db.scalar(select(Meeting.id).where(*live).limit(1)):
        raise MetAlready
    row: dict[str, Any] = {"fair_id": fair.id, "booth_id": booth.id, "candidate_id": candidate.id}
    entry = QueueEntry(**row, number=await _next_number(db, booth.id), joined_at=at)
    db.add(entry)
    await db.flush()
    return entry


async def leave(db: Session, candidate: FairCandidate, entry_id: UUID, *, at: datetime) -> None:
    """She does not want to wait. Raises: NotFound, MoveRefused."""
    entry = await _locked(db, QueueEntry.id == entry_id, QueueEntry.candidate_id == candidate.id)
    await _move(db, entry, "left", at=at)


async def show_interest(db: Session, fair: Fair, booth: Booth, candidate: FairCandidate, *, at: datetime) -> None:
    """She leaves her details with an employer without waiting: an answer is owed. Twice is once. Raises: NoQueues."""
    if fair.state != "live":
        raise NoQueues
    await db.execute(select(FairCandidate.id).where(FairCandidate.id == candidate.id).with_for_update())
    if await results.card_of(db, booth.id, candidate.id) is None:
        row: dict[str, Any] = {"fair_id": fair.id, "booth_id": booth.id, "candidate_id": candidate.id}
        db.add(FairScorecard(**row, scores={}, created_at=at, updated_at=at))
        await db.flush()


async def call_next(db: Session, fair: Fair, table: FairTable, *, by: UUID | None, at: datetime) -> QueueEntry | None:
    """The first who waits and is free comes to this table; None when nobody is. Raises: NoQueues, TableBusy."""
    check_open(fair)
    await db.execute(select(FairTable.id).where(FairTable.id == table.id).with_for_update())
    await db.refresh(table)
    if table.closed_at is not None:
        raise TableClosed
    if await at_table(db, table.id) is not None:
        raise TableBusy
    passed: list[UUID] = []
    while (entry := await _first(db, table.booth_id, passed)) is not None:
        if not await db.scalar(select(_is_busy(entry.candidate_id, at=at))):
            entry.table_id, entry.called_at = table.id, at
            await _move(db, entry, "called", at=at)
            await audit.record(db, "queue.called", subject=("fair_candidate", entry.candidate_id), by=by, at=at)
            told: dict[str, Any] = {"about": f"call {entry.id} {entry.number}", "table": table.label, "at": at}
            await telling.candidates_of(db, fair, "fair_called", [entry.candidate_id], **told)
            return entry
        passed.append(entry.id)
    return None


async def at_table(db: AnySession, table_id: UUID) -> QueueEntry | None:
    """Who is called to this table or sits there."""
    sits = exists().where(Meeting.id == QueueEntry.meeting_id, Meeting.state == "checked_in")
    there = (QueueEntry.state == "called") | ((QueueEntry.state == "served") & sits)
    return await db.scalar(select(QueueEntry).where(QueueEntry.table_id == table_id, there).limit(1))


async def arrive(db: Session, booth: Booth, entry_id: UUID, *, by: UUID | None, at: datetime) -> Meeting:
    """She is at the table: the meeting begins. Raises: NotFound, MoveRefused."""
    entry = await _locked(db, QueueEntry.id == entry_id, QueueEntry.booth_id == booth.id)
    await _move(db, entry, "served", at=at)
    assert entry.table_id is not None
    row: dict[str, Any] = {"fair_id": entry.fair_id, "booth_id": booth.id, "table_id": entry.table_id}
    row |= {"candidate_id": entry.candidate_id, "called_at": entry.called_at, "began_at": at, "created_at": at}
    meeting = Meeting(**row, state="checked_in", source="queue", updated_at=at)
    db.add(meeting)
    await db.flush()
    entry.meeting_id = meeting.id
    await db.flush()
    await audit.record(db, "meeting.checked_in", subject=("meeting", meeting.id), by=by, at=at, source="queue")
    return meeting


async def finish(db: Session, booth: Booth, entry_id: UUID, *, by: UUID | None, at: datetime) -> None:
    """They have talked; the table is free. The result may be said later. Raises: NotFound, MoveRefused."""
    entry = await _locked(db, QueueEntry.id == entry_id, QueueEntry.booth_id == booth.id)
    meeting = await db.get(Meeting, entry.meeting_id, with_for_update=True) if entry.meeting_id else None
    if meeting is None:
        raise rules.MoveRefused(state=entry.state)
    rules.check_move(cast("Mapping[str, tuple[str, ...]]", rules.MEETING_MOVES), meeting.state, "done")
    meeting.state, meeting.ended_at, meeting.updated_at = "done", at, at
    await db.flush()
    await audit.record(db, "meeting.done", subject=("meeting", meeting.id), by=by, at=at, source="queue")


async def miss(db: Session, fair: Fair, booth: Booth, entry_id: UUID, *, by: UUID | None, at: datetime) -> None:
    """She was called and did not come in the minutes of grace. Raises: NotFound, StillTime, MoveRefused."""
    entry = await _locked(db, QueueEntry.id == entry_id, QueueEntry.booth_id == booth.id)
    if entry.called_at is not None and at < entry.called_at + timedelta(minutes=fair.grace_minutes):
        raise StillTime(minutes=fair.grace_minutes)
    await _move(db, entry, "missed", at=at)
    await audit.record(db, "queue.missed", subject=("fair_candidate", entry.candidate_id), by=by, at=at)


async def pass_over(db: Session, booth: Booth, entry_id: UUID, *, at: datetime) -> None:
    """Not now: she waits again, at the end. Raises: NotFound, MoveRefused."""
    entry = await _locked(db, QueueEntry.id == entry_id, QueueEntry.booth_id == booth.id)
    await _move(db, entry, "waiting", at=at)
    entry.table_id, entry.ended_at, entry.number = None, None, await _next_number(db, booth.id)
    await db.flush()


def check_open(fair: Fair) -> None:
    """Raises: NoQueues."""
    if fair.state != "live" or fair.mode not in OPEN_HALL:
        raise NoQueues


async def _next_number(db: Session, booth_id: UUID) -> int:
    booth = await db.get_one(Booth, booth_id, with_for_update=True, populate_existing=True)
    booth.last_queue_number += 1
    await db.flush()
    return booth.last_queue_number


async def _first(db: Session, booth_id: UUID, passed: list[UUID]) -> QueueEntry | None:
    found = (
        select(QueueEntry)
        .join(FairCandidate, FairCandidate.id == QueueEntry.candidate_id)
        .where(QueueEntry.booth_id == booth_id, QueueEntry.state == "waiting", QueueEntry.id.not_in(passed))
        .order_by(QueueEntry.number)
        .limit(1)
        .with_for_update(of=[QueueEntry, FairCandidate], skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return await db.scalar(found)


def _is_busy(candidate_id: UUID, *, at: datetime):
    """Called elsewhere, at a table, or due at one of the timetable's meetings."""
    called = exists().where(QueueEntry.candidate_id == candidate_id, QueueEntry.state == "called")
    sits = exists().where(Meeting.candidate_id == candidate_id, Meeting.state == "checked_in")
    due = exists(
        select(Meeting.id)
        .join(FairSlot, FairSlot.id == Meeting.slot_id)
        .where(Meeting.candidate_id == candidate_id, Meeting.state.in_(("planned", "called")))
        .where(FairSlot.starts_at <= at + SOON, FairSlot.ends_at > at)
    )
    return called | sits | due


async def _locked(db: Session, *which: Any) -> QueueEntry:
    found = select(QueueEntry).where(*which).with_for_update().execution_options(populate_existing=True)
    entry = await db.scalar(found)
    if entry is None:
        raise NotFound
    return entry


async def _move(db: Session, entry: QueueEntry, to: QueueState, *, at: datetime) -> None:
    rules.check_move(QUEUE_MOVES, entry.state, to)
    entry.state, entry.ended_at = to, None if to in _LIVING else at
    await db.flush()


async def waiting_at(db: AnySession, booth_id: UUID) -> int:
    """How many wait."""
    waits = select(func.count()).where(QueueEntry.booth_id == booth_id, QueueEntry.state == "waiting")
    return (await db.scalars(waits)).one()
