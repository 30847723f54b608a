"""Queues of an open hall as they are read: by a booth, by a candidate, by the board in the hall."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.fairs.booth_models import Booth, BoothPosting, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairScorecard, QueueEntry
from marketplace.fairs.hall_rules import booth_code, minutes_each, wait_minutes
from marketplace.fairs.models import Fair, FairRoom
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.rules import SHOWN_BOOTHS
from marketplace.kernel.database import AnySession
from marketplace.postings.models import Posting

LAST_TALKS = 10
_LIVING = ("waiting", "called")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothQueue:
    """A booth's queue in one line. `wait` is that of who joins now; `called` are numbers with their tables."""

    booth_id: UUID
    name: str
    label: str
    code: str
    waiting: tuple[UUID, ...]
    next: int | None
    called: tuple[tuple[int, str], ...]
    tables: int
    busy: int
    each: float

    @property
    def wait(self) -> int | None:
        return self.wait_after(len(self.waiting))

    def wait_after(self, ahead: int) -> int | None:
        """Minutes with so many before her."""
        return wait_minutes(ahead, tables=self.tables, busy=self.busy, each=self.each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a candidate stands in one queue; `table`, `room` and `until` once she is called."""

    id: UUID
    booth: str
    label: str
    state: str
    ahead: int
    wait: int | None
    table: str
    room: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InLine:
    """Somebody in a booth's list: waiting, called to a table, sitting there."""

    id: UUID
    state: str
    number: int
    name: str
    code: str
    about: str
    table_id: UUID | None
    joined_at: datetime
    called_at: datetime | None
    began_at: datetime | None


async def queues_of(db: AnySession, fair: Fair, booth_id: UUID | None = None) -> list[BoothQueue]:
    """All queues of a fair by booth, or one booth's; in five statements however many there are."""
    shown = select(Booth).where(Booth.fair_id == fair.id, Booth.state.in_(SHOWN_BOOTHS))
    shown = shown if booth_id is None else shown.where(Booth.id == booth_id)
    booths = (await db.scalars(shown.order_by(Booth.name, Booth.id))).all()
    living = select(QueueEntry.booth_id, QueueEntry.candidate_id, QueueEntry.state, FairCandidate.number)
    living = living.add_columns(FairTable.label).outerjoin(FairTable, FairTable.id == QueueEntry.table_id)
    living = living.join(FairCandidate, FairCandidate.id == QueueEntry.candidate_id)
    rows = await db.execute(
        living.where(QueueEntry.fair_id == fair.id, QueueEntry.state.in_(_LIVING)).order_by(QueueEntry.number)
    )
    waiting: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    called: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    for row in rows:
        if row.state == "waiting":
            waiting[row.booth_id].append((row.candidate_id, row.number))
        else:
            called[row.booth_id].append((row.number, row.label or ""))
    tables, sitting, talks = await _tables(db, fair.id), await _sitting(db, fair.id), await _talks(db, fair.id)
    return [
        BoothQueue(
            booth_id=booth.id,
            name=booth.name,
            label=booth.label,
            code=booth_code(booth.id),
            waiting=tuple(id for id, _ in waiting[booth.id]),
            next=waiting[booth.id][0][1] if waiting[booth.id] else None,
            called=tuple(called[booth.id]),
            tables=tables.get(booth.id, 0),
            busy=len(called[booth.id]) + sitting.get(booth.id, 0),
            each=minutes_each(fair.slot_minutes, talks.get(booth.id, [])),
        )
        for booth in booths
    ]


async def places_of(db: AnySession, candidate: FairCandidate, fair: Fair) -> list[Place]:
    """Her queues: who called her first, then those in which she waits, the shortest first."""
    found = (
        select(QueueEntry, FairTable.label, FairRoom.name)
        .outerjoin(FairTable, FairTable.id == QueueEntry.table_id)
        .outerjoin(FairRoom, FairRoom.id == FairTable.room_id)
        .where(QueueEntry.candidate_id == candidate.id, QueueEntry.state.in_(_LIVING))
    )
    entries = (await db.execute(found)).all()
    queues = {each.booth_id: each for each in await queues_of(db, fair)} if entries else {}
    places = [
        _place(entry, queues[entry.booth_id], candidate.id, grace=timedelta(minutes=fair.grace_minutes), where=where)
        for entry, *where in entries
        if entry.booth_id in queues
    ]
    return sorted(places, key=lambda each: (each.state != "called", each.wait or 0, each.booth))


def _place(
    entry: QueueEntry, queue: BoothQueue, candidate_id: UUID, *, grace: timedelta, where: Sequence[str | None]
) -> Place:
    is_called = entry.state == "called"
    ahead = queue.waiting.index(candidate_id) if candidate_id in queue.waiting else 0
    return Place(
        id=entry.id,
        booth=queue.name,
        label=queue.label,
        state=entry.state,
        ahead=ahead,
        wait=0 if is_called else queue.wait_after(ahead),
        table=where[0] or "",
        room=where[1] or "",
        until=entry.called_at + grace if is_called and entry.called_at else None,
    )


async def line_of(db: AnySession, booth_id: UUID) -> list[InLine]:
    """Who sits or was called, then who waits, in order."""
    sits = Meeting.state == "checked_in"
    columns = (QueueEntry.id, QueueEntry.state, FairCandidate.number, FairCandidate.name, FairCandidate.code)
    columns += (FairCandidate.about, QueueEntry.table_id, QueueEntry.joined_at, QueueEntry.called_at, Meeting.began_at)
    found = (
        select(*columns)
        .join(FairCandidate, FairCandidate.id == QueueEntry.candidate_id)
        .outerjoin(Meeting, Meeting.id == QueueEntry.meeting_id)
        .where(QueueEntry.booth_id == booth_id)
        .where(QueueEntry.state.in_(_LIVING) | ((QueueEntry.state == "served") & sits))
        .order_by(QueueEntry.state == "waiting", QueueEntry.number)
    )
    return [InLine(**row) for row in (await db.execute(found)).mappings()]


async def interested_in(db: AnySession, booth_id: UUID, *, limit: int = 50) -> list[tuple[str, int, str]]:
    """Who left her details and has no answer yet: code, number, name."""
    found = select(FairCandidate.code, FairCandidate.number, FairCandidate.name)
    found = found.join(FairScorecard, FairScorecard.candidate_id == FairCandidate.id)
    open_ = FairScorecard.booth_id == booth_id, FairScorecard.result.is_(None), FairScorecard.answered_at.is_(None)
    rows = await db.execute(found.where(*open_).order_by(FairScorecard.created_at, FairCandidate.id).limit(limit))
    return [(code, number, name) for code, number, name in rows]


async def tables_of(db: AnySession, booth_id: UUID) -> Sequence[FairTable]:
    """A booth's open tables."""
    found = select(FairTable).where(FairTable.booth_id == booth_id, FairTable.closed_at.is_(None))
    return (await db.scalars(found.order_by(FairTable.label))).all()


async def postings_of(db: AnySession, booth_id: UUID) -> Sequence[Posting]:
    """What it hires for and can be applied to now."""
    found = select(Posting).join(BoothPosting, BoothPosting.posting_id == Posting.id)
    return (await db.scalars(found.where(BoothPosting.booth_id == booth_id, Posting.state == "open"))).all()


async def _tables(db: AnySession, fair_id: UUID) -> dict[UUID, int]:
    found = select(FairTable.booth_id, func.count()).where(FairTable.fair_id == fair_id, FairTable.closed_at.is_(None))
    return {row[0]: row[1] for row in await db.execute(found.group_by(FairTable.booth_id))}


async def _sitting(db: AnySession, fair_id: UUID) -> dict[UUID, int]:
    found = select(Meeting.booth_id, func.count()).where(Meeting.fair_id == fair_id, Meeting.state == "checked_in")
    return {row[0]: row[1] for row in await db.execute(found.group_by(Meeting.booth_id))}


async def _talks(db: AnySession, fair_id: UUID) -> dict[UUID, list[timedelta]]:
    """How long each booth's last talks took."""
    number = func.row_number().over(partition_by=Meeting.booth_id, order_by=Meeting.ended_at.desc()).label("number")
    over = Meeting.source == "queue", Meeting.began_at.is_not(None), Meeting.ended_at.is_not(None)
    own = select(Meeting.booth_id, (Meeting.ended_at - Meeting.began_at).label("took"), number)
    last = own.where(Meeting.fair_id == fair_id, *over).subquery()
    talks: dict[UUID, list[timedelta]] = defaultdict(list)
    for row in await db.execute(select(last).where(last.c.number <= LAST_TALKS)):
        talks[row.booth_id].append(row.took)
    return talks
