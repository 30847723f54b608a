"""A timetable that is mended on the day: what happened becomes a difference, somebody confirms it, people are told.

A difference holds for the version it was made from, and only for slots that have not begun: both are asked again, with
the fair locked, when it is confirmed. What was changed is a new version; the past stays as it was.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func, select

from marketplace.engines.matching.timetable import replanning as engine
from marketplace.engines.matching.timetable.events import Event, Left, TableClosed
from marketplace.fairs import presence, problems, replanning_cells, telling
from marketplace.fairs.booth_models import FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import ChangeCause, Meeting, Timetable, TimetableChange
from marketplace.fairs.planning_problem import is_free
from marketplace.fairs.problems import Floor
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_

CAUSES: dict[ChangeCause, str] = {
    "no_show": N_("Candidates did not come"),
    "late": N_("Candidates come later"),
    "table_closed": N_("A table closes"),
    "delay": N_("Everything is later"),
    "walk_in": N_("A candidate joins"),
    "withdrawal": N_("A candidate left"),
    "organiser": N_("Free seats are filled"),
    "undo": N_("A change was taken back"),
}
"""What can happen; a representative who changes moves no meeting."""
MOST_DELAY = 180


class ChangeOver(Conflict):
    message = N_("This change was confirmed or put away already.")


class OldChange(Conflict):
    message = N_("The timetable has changed since this was worked out. Work it out again.")


class PastChange(Conflict):
    message = N_("Some of these slots have begun meanwhile. Work it out again.")


class NoTimetable(Conflict):
    message = N_("There is no published timetable to change.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened: who, which table, by how many minutes, from when she comes."""

    cause: ChangeCause
    candidate_ids: tuple[UUID, ...] = ()
    table_id: UUID | None = None
    minutes: int = 0
    until: datetime | None = None


async def propose(db: Session, fair: Fair, what: Happening, *, by: UUID | None, at: datetime) -> TimetableChange:
    """Work out what changes; nothing does yet. Raises: NoTimetable, NotFound, Invalid, Conflict."""
    base = await live_timetable(db, fair.id)
    if fair.state != "live":
        raise NoTimetable
    moves = await _work_out(db, fair, what, seed=base.seed, at=at)
    change = TimetableChange(
        fair_id=fair.id,
        base_id=base.id,
        cause=what.cause,
        values=_values(what),
        moves=moves,
        proposed_by=by,
        proposed_at=at,
    )
    db.add(change)
    await db.flush()
    return change


async def offer_seats(db: Session, fair_id: UUID, *, at: datetime) -> None:
    """Somebody left on the day: who may have the seats is worked out, and waits for a yes; without a timetable nothing
    is."""
    fair = await db.get_one(Fair, fair_id)
    if fair.state == "live" and await db.scalar(
        select(Timetable.id).where(Timetable.fair_id == fair.id, Timetable.state == "published")
    ):
        await propose(db, fair, Happening(cause="organiser"), by=None, at=at)


async def after_no_show(
    db: Session, fair: Fair, candidate_id: UUID, *, by: UUID, at: datetime
) -> TimetableChange | None:
    """She is missing and not in the hall: what becomes of her seats to come is worked out, and waits for a yes."""
    to_come = select(Meeting.id).join(FairSlot, FairSlot.id == Meeting.slot_id)
    hers = Meeting.candidate_id == candidate_id, Meeting.state == "planned", FairSlot.starts_at > at
    outside = select(FairCandidate.id).where(FairCandidate.id == candidate_id, ~FairCandidate.is_inside)
    if await db.scalar(outside) is None or await db.scalar(to_come.where(*hers).limit(1)) is None:
        return None
    return await propose(db, fair, Happening(cause="no_show", candidate_ids=(candidate_id,)), by=by, at=at)


async def _work_out(db: AnySession, fair: Fair, what: Happening, *, seed: int, at: datetime) -> dict[str, Any]:
    """The difference. Nothing is locked meanwhile: it holds for the version it was made from."""
    delay = timedelta(minutes=what.minutes) if what.cause == "delay" else timedelta()
    if what.cause == "delay" and not 1 <= what.minutes <= MOST_DELAY:
        raise Invalid.at("minutes", N_("Write how many minutes: 1 to 180."))
    floor = await problems.floor_of(db, fair, seed=seed, delay=delay, after=at)
    meetings = await problems.live_meetings(db, fair.id)
    now = floor.slot_from(at)
    floor, events = _events(floor, what, now=now, at=at)
    diff = await asyncio.to_thread(engine.replan, floor.problem, floor.numbers(meetings), now=now, events=events)
    closing = frozenset({what.table_id} if what.table_id else ())
    moves = replanning_cells.moves_of(floor, meetings, diff, closing=closing, now=now)
    return replanning_cells.with_later(floor, meetings, moves, now=now) if delay else moves


async def confirm(db: Session, fair: Fair, change: TimetableChange, *, by: UUID, at: datetime) -> Timetable:
    """Make it true: a new version. Raises: ChangeOver, OldChange, PastChange. Those touched are told."""
    await db.execute(select(Fair.id).where(Fair.id == fair.id).with_for_update())
    await db.refresh(change, with_for_update=True)
    if change.state != "proposed":
        raise ChangeOver
    base = await live_timetable(db, fair.id)
    if base.id != change.base_id:
        raise OldChange
    await _check_to_come(db, fair, change, at=at)
    if not await replanning_cells.still_fits(db, change):
        raise OldChange
    made = await _next_version(db, fair, base, by=by, at=at)
    await replanning_cells.apply(db, fair, change, made, at=at)
    await _side_effects(db, fair, change, at=at)
    made.cells, made.finished_at = await replanning_cells.cells_of(db, fair.id), at
    people, booths = replanning_cells.touched(change.moves)
    told: dict[str, Any] = {"about": f"change {change.id}", "at": at}
    await telling.candidates_of(db, fair, "fair_meetings_changed", people, **told)
    await telling.booths_of(db, fair, "fair_meetings_changed", booths, **told)
    change.state, change.timetable_id, change.decided_by, change.decided_at = "confirmed", made.id, by, at
    await db.flush()
    values: dict[str, Any] = {"cause": change.cause, "version": made.number}
    await audit.record(db, "timetable.changed", subject=("fair", fair.id), by=by, at=at, **values)
    return made


async def discard(db: Session, change: TimetableChange, *, by: UUID, at: datetime) -> None:
    """Put it away before anybody heard of it. Raises: ChangeOver."""
    await db.refresh(change, with_for_update=True)
    if change.state != "proposed":
        raise ChangeOver
    change.state, change.decided_by, change.decided_at = "discarded", by, at
    await db.flush()


async def live_timetable(db: AnySession, fair_id: UUID) -> Timetable:
    """The version that counts. Raises: NoTimetable."""
    found = await db.scalar(select(Timetable).where(Timetable.fair_id == fair_id, Timetable.state == "published"))
    if found is None:
        raise NoTimetable
    return found


async def change_of(db: AnySession, fair_id: UUID, change_id: UUID) -> TimetableChange:
    """One of this fair's changes. Raises: NotFound."""
    change = await db.get(TimetableChange, change_id)
    if change is None or change.fair_id != fair_id:
        raise NotFound
    return change


async def changes_of(db: AnySession, fair_id: UUID, *, limit: int = 20) -> list[TimetableChange]:
    """The newest first."""
    found = select(TimetableChange).where(TimetableChange.fair_id == fair_id).order_by(TimetableChange.id.desc())
    return list((await db.scalars(found.limit(limit))).all())


def _events(floor: Floor, what: Happening, *, now: int, at: datetime) -> tuple[Floor, Sequence[Event]]:
    numbers = {row.id: n for n, row in enumerate(floor.candidates)}
    who = tuple(numbers[id] for id in what.candidate_ids if id in numbers)
    if what.cause in ("no_show", "withdrawal", "late", "walk_in") and len(who) != len(what.candidate_ids):
        raise NotFound
    if what.cause in ("no_show", "withdrawal"):
        return floor, [Left(who)]
    if what.cause == "walk_in":
        there = floor.problem.available.copy()
        for each in who:
            candidate = floor.candidates[each]
            away = presence.come_back(candidate.away, at)
            there[each] = [is_free(candidate, slot, away) for slot in floor.slots]
        return _with(floor, available=there), []
    if what.cause == "late":
        if what.until is None:
            raise Invalid.at("until", N_("Say from when she is there."))
        there = floor.problem.available.copy()
        early = np.array([slot.starts_at < what.until for slot in floor.slots], dtype=np.bool_)
        early[:now] = False
        for each in who:
            there[each, early] = False
        return _with(floor, available=there), []
    if what.cause == "table_closed":
        table = next((each for each in floor.tables if each.id == what.table_id), None)
        if table is None or table.closed_at is not None:
            raise NotFound
        employer = next(n for n, booth in enumerate(floor.booths) if booth.id == table.booth_id)
        return floor, [TableClosed(employer, now, len(floor.slots) - 1)]
    return floor, []


def _with(floor: Floor, **changes: Any) -> Floor:
    return replace(floor, problem=replace(floor.problem, **changes))


async def _check_to_come(db: Session, fair: Fair, change: TimetableChange, *, at: datetime) -> None:
    """No cell of the change is in a slot that has begun."""
    begun = select(FairSlot.id).where(FairSlot.fair_id == fair.id, FairSlot.starts_at <= at)
    if set((await db.scalars(begun)).all()) & replanning_cells.slots_of(change.moves):
        raise PastChange


async def _next_version(db: Session, fair: Fair, base: Timetable, *, by: UUID, at: datetime) -> Timetable:
    last = (await db.scalars(select(func.max(Timetable.number)).where(Timetable.fair_id == fair.id))).one()
    base.state = "superseded"
    await db.flush()
    row: dict[str, Any] = {"fair_id": fair.id, "number": last + 1, "state": "published", "base_id": base.id}
    row |= {"objective": base.objective, "seed": base.seed, "cells": [], "figures": base.figures, "made_by": by}
    made = Timetable(**row, created_at=at, published_at=at)
    db.add(made)
    await db.flush()
    return made


async def _side_effects(db: Session, fair: Fair, change: TimetableChange, *, at: datetime) -> None:
    """What happened is true of tables, slots and candidates from now on. The hours a candidate said stay as they are:
    when she is not there is added to them."""
    values = change.values
    if change.cause == "table_closed":
        table = await db.get_one(FairTable, UUID(values["table"]))
        table.closed_at = at
    if change.cause == "delay":
        by = timedelta(minutes=values["minutes"])
        to_come = select(FairSlot).where(FairSlot.fair_id == fair.id, FairSlot.starts_at > at)
        for slot in (await db.scalars(to_come.order_by(FairSlot.number))).all():
            slot.starts_at, slot.ends_at = slot.starts_at + by, slot.ends_at + by
            slot.delayed_minutes += values["minutes"]
    if change.cause in ("no_show", "withdrawal", "late", "walk_in"):
        gone = [UUID(id) for id in values["candidates"]]
        hers = select(FairCandidate).where(FairCandidate.id.in_(gone)).order_by(FairCandidate.id)
        for candidate in (await db.scalars(hers)).all():
            candidate.away = presence.come_back(candidate.away, at)
            if change.cause == "walk_in":
                continue
            until = values["until"] if change.cause == "late" else _end(fair).isoformat()
            candidate.away = [*candidate.away, [at.isoformat(), until]]
    await db.flush()


def _end(fair: Fair) -> datetime:
    """Beyond every slot, however late they become."""
    assert fair.ends_at is not None
    return fair.ends_at + timedelta(days=1)


def _values(what: Happening) -> dict[str, Any]:
    said: dict[str, Any] = {"candidates": [str(id) for id in what.candidate_ids]} if what.candidate_ids else {}
    if what.table_id is not None:
        said["table"] = str(what.table_id)
    if what.minutes:
        said["minutes"] = what.minutes
    if what.until is not None:
        said["until"] = what.until.isoformat()
    return said
