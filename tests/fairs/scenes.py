"""A fair of Omar's park, with as many booths, tables and candidates as a test needs. Plain rows, in few statements."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text

from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate, Preference
from marketplace.fairs.models import Fair, FairDay, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from tests.cast import Cast


@dataclass(frozen=True, slots=True)
class Hall:
    """A fair with one day and one room. `slots` are the meeting slots, in order; `tables` one per booth."""

    fair: Fair
    day: FairDay
    room: FairRoom
    gate: FairRoom
    slots: list[FairSlot]
    booths: list[Booth]
    tables: list[FairTable]
    candidates: list[FairCandidate]


def opening() -> datetime:
    """Nine in the morning in Karachi, two weeks from now."""
    return (clock.now() + timedelta(days=14)).replace(hour=4, minute=0, second=0, microsecond=0)


async def make_hall(
    db: Session,
    cast: Cast,
    *,
    booths: int = 2,
    candidates: int = 3,
    slots: int = 6,
    employer: UUID | None = None,
    **fair: Any,
) -> Hall:
    """An open fair of the park; its first booth is AgriTrack's, or another organisation's (`employer`)."""
    made = await make_fair(db, cast, **fair)
    day, rooms, grid = await _grid(db, made, slots)
    organisation = employer or cast.agritrack.id
    stands = [_booth(made, n, organisation if n == 0 else None) for n in range(booths)]
    db.add_all(stands)
    await db.flush()
    tables = [
        FairTable(fair_id=made.id, booth_id=each.id, room_id=rooms[0].id, label=f"T{n + 1}")
        for n, each in enumerate(stands)
    ]
    db.add_all(tables)
    await db.flush()
    people = await add_candidates(db, made, candidates)
    return Hall(made, day, rooms[0], rooms[1], grid, stands, tables, people)


async def make_fair(db: Session, cast: Cast, **values: Any) -> Fair:
    """A fair of one day, open for registration."""
    at, id = clock.now(), uuid4()
    told: dict[str, Any] = {
        **{"organisation_id": cast.park.id, "created_by": cast.omar.id, "title_en": "Dhanote Job Fair"},
        **{"slug": ids.slug("Dhanote Job Fair", id), "state": "open", "venue": "Main hall", "capacity": 100},
        **{"starts_at": opening(), "ends_at": opening() + timedelta(hours=6), "created_at": at, "updated_at": at},
        **{"opened_at": at},
    }
    made = Fair(id=id, **(told | values))
    db.add(made)
    await db.flush()
    await db.refresh(made)
    return made


async def _grid(db: Session, fair: Fair, slots: int) -> tuple[FairDay, list[FairRoom], list[FairSlot]]:
    assert fair.starts_at and fair.ends_at
    day = FairDay(fair_id=fair.id, on=fair.starts_at.date(), opens_at=fair.starts_at, closes_at=fair.ends_at)
    rooms = [
        FairRoom(fair_id=fair.id, name="Hall A", zone="ground"),
        FairRoom(fair_id=fair.id, name="Gate 1", kind="gate"),
    ]
    db.add_all([day, *rooms])
    await db.flush()
    length = timedelta(minutes=fair.slot_minutes)
    grid = [
        FairSlot(
            fair_id=fair.id,
            day_id=day.id,
            number=n + 1,
            starts_at=fair.starts_at + n * length,
            ends_at=fair.starts_at + (n + 1) * length,
        )
        for n in range(slots)
    ]
    db.add_all(grid)
    await db.flush()
    return day, rooms, grid


def _booth(fair: Fair, n: int, organisation_id: UUID | None) -> Booth:
    name = "AgriTrack" if n == 0 else f"Employer {n + 1}"
    at = fair.created_at
    return Booth(
        fair_id=fair.id,
        organisation_id=organisation_id,
        name=name,
        state="approved",
        label=f"B{n + 1}",
        created_at=at,
        decided_at=at,
    )


async def add_candidates(db: Session, fair: Fair, count: int, **values: Any) -> list[FairCandidate]:
    """Registered people without an account, by phone; their ticket's secret is `ticket-<number>-<slug>`."""
    first, at = fair.last_number + 1, clock.now()
    rows = [
        {
            **{"fair_id": fair.id, "number": n, "code": f"C{n:05}", "name": f"Candidate {n}", "state": "registered"},
            **{"ticket_hash": hashlib.sha256(ticket(fair, n).encode()).digest(), "phone": f"+92300{n:07}"},
            **{"created_at": at, "updated_at": at, "source": "bulk", **values},
        }
        for n in range(first, first + count)
    ]
    fair.last_number += count
    fair.seats_taken += count
    await db.flush()
    if rows:
        await db.execute(insert(FairCandidate), rows)
    here = select(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.number >= first)
    return list((await db.scalars(here.order_by(FairCandidate.number))).all())


def ticket(fair: Fair, number: int) -> str:
    """The secret of a made candidate's ticket."""
    return f"ticket-{number}-{fair.slug}"


async def wish(
    db: Session, candidate: FairCandidate, booth: Booth, choice: str = "would", *, side: str = "candidate"
) -> None:
    """One side wishes the other (or does not)."""
    row = {"candidate_id": candidate.id, "booth_id": booth.id, "fair_id": candidate.fair_id}
    db.add(Preference(**row, side=side, choice=choice, updated_at=clock.now()))
    await db.flush()


async def make_timetable(db: Session, fair: Fair, *, state: str = "published", number: int = 1) -> Timetable:
    """A version without meetings yet: add Meeting rows of your own."""
    made = Timetable(fair_id=fair.id, number=number, state=state, seed=7, cells=[], created_at=clock.now())
    db.add(made)
    await db.flush()
    return made


async def seat(db: Session, *meetings: Meeting) -> None:
    """Planned in time, whatever has begun since: the database takes no meeting into the past any more."""
    async with rewriting(db):
        db.add_all(meetings)


@asynccontextmanager
async def rewriting(db: Session) -> AsyncIterator[None]:
    """A scene that says otherwise what has happened: the triggers that keep the past sleep meanwhile."""
    await db.flush()
    await db.execute(text("SET LOCAL session_replication_role = replica"))
    yield
    await db.flush()
    await db.execute(text("SET LOCAL session_replication_role = origin"))
