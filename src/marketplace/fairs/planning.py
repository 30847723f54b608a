"""A fair's timetable in numbered versions: run, keep, show, publish, bring back. The planner runs in the worker.

made: only the organiser sees it. provisional: its meetings are rows, both sides see them and may object. published: it
counts. At most one version is provisional or published; another takes its place and moves only what differs.
"""

import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import undefer

from marketplace.engines.matching.timetable.exchange import problem_to_json
from marketplace.fairs import organising, rules
from marketplace.fairs.booth_models import Booth, TableClosure
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.problems import Floor, frame_of, is_fixed, live_meetings
from marketplace.identity import audit
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.queue import defer

TASK = "fairs.plan"
CHANGED = "registrations, wishes or tables changed while it was made: make it again"
"""`Timetable.fault` of a version whose input is no longer true; any other fault is the planner's own word."""
NAMED_BELOW = 100
"""Candidates with fewer meetings than aimed for who are named; all are counted by reason."""
SECONDS = 60
"""The outer limit of a run; rounds end it long before."""
CELL = ("candidate", "booth", "table", "slot")
Cells = dict[tuple[str, str], tuple[str, str]]
"""Candidate and booth: table and slot (short ids)."""


class RunsAlready(Conflict):
    message = N_("A timetable is being made already. It takes a few seconds.")


class NotPlanned(Conflict):
    message = N_("This fair is not being planned now: open registration first, or take it back from the day.")


@dataclass(frozen=True, slots=True)
class Diff:
    """What one version changes of another: pairs (candidate, booth)."""

    kept: int
    moved: list[tuple[str, str]]
    new: list[tuple[str, str]]
    cancelled: list[tuple[str, str]]


async def ask(db: Session, fair: Fair, *, objective: str, seed: int | None, by: UUID, at: datetime) -> Timetable:
    """Ask for a new version; the worker makes it. Raises: RunsAlready, NotPlanned, NothingToPlan."""
    if fair.state not in ("open", "matching", "published"):
        raise NotPlanned
    running = select(Timetable.id).where(Timetable.fair_id == fair.id, Timetable.state.in_(("waiting", "running")))
    if await db.scalar(running):
        raise RunsAlready
    chosen = secrets.randbelow(1 << 31) if seed is None else seed
    frame = await frame_of(db, fair, objective=objective, seed=chosen)
    number = (await db.scalar(select(func.max(Timetable.number)).where(Timetable.fair_id == fair.id))) or 0
    made = Timetable(
        fair_id=fair.id,
        number=number + 1,
        objective=objective,
        seconds=SECONDS,
        seed=chosen,
        input=problem_to_json(frame.problem),
        made_by=by,
        created_at=at,
    )
    db.add(made)
    if fair.state == "open":
        await organising.move(db, fair, "matching", by=by, at=at)
    await db.flush()
    await defer(db, TASK, timetable_id=made.id)
    await audit.record(db, "timetable.asked", subject=("fair", fair.id), by=by, at=at, number=made.number)
    return made


async def keep(db: Session, timetable_id: UUID, answer: dict[str, Any], *, at: datetime) -> None:
    """What the planner answered becomes the version, unless the rows say something else by now."""
    made = await db.get_one(Timetable, timetable_id, with_for_update=True)
    fair = await db.get_one(Fair, made.fair_id)
    frame = await frame_of(db, fair, objective=made.objective, seed=made.seed)
    if problem_to_json(frame.problem) != await db.scalar(select(Timetable.input).where(Timetable.id == made.id)):
        made.state, made.finished_at = "failed", at
        made.fault = CHANGED
        return
    made.cells, kept_free = await _cells(db, frame, answer["meetings"])
    made.figures = (
        {"reserve": kept_free}
        | answer["figures"]
        | _groups(frame, answer["meetings"])
        | {"aim": [fair.min_meetings, len(answer["figures"]["below"]) + len(answer["figures"]["unserved"])]}
        | _named(frame, answer["figures"])
    )
    made.state, made.finished_at = "made", at
    await db.flush()


async def _cells(db: Session, frame: Floor, meetings: list[list[int]]) -> tuple[list[Any], list[Any]]:
    """Each meeting at a table of its employer: a locked one at its own, the others at the first that is free.

    And the seats kept free: [table, slot].
    """
    standing = await _standing(db, frame)
    free = {
        cell: [id for id in tables if (id, cell[1]) not in standing.values()]
        for cell, tables in frame.tables_at().items()
    }
    found: list[Any] = []
    for c, e, s in meetings:
        candidate, booth, slot = frame.candidates[c], frame.booths[e], frame.slots[s]
        own = standing.get((candidate.id, booth.id))
        table = own[0] if own and own[1] == s else free[e, s].pop(0)
        found.append([ids.short(candidate.id), ids.short(booth.id), ids.short(table), ids.short(slot.id)])
    reserve = frame.problem.reserve
    kept_free = [
        [ids.short(table), ids.short(frame.slots[s].id)]
        for (e, s), tables in free.items()
        for table in tables[len(tables) - (0 if reserve is None else int(reserve[e, s])) :]
    ]
    return found, kept_free


async def _standing(db: Session, frame: Floor) -> dict[tuple[UUID, UUID], tuple[UUID, int]]:
    numbers = {slot.id: n for n, slot in enumerate(frame.slots)}
    return {
        (each.candidate_id, each.booth_id): (each.table_id, numbers[each.slot_id])
        for each in await live_meetings(db, frame.booths[0].fair_id)
        if is_fixed(each) and each.slot_id is not None and each.slot_id in numbers
    }


def _groups(frame: Floor, meetings: list[list[int]]) -> dict[str, Any]:
    count: dict[int, int] = defaultdict(int)
    for c, _, _ in meetings:
        count[c] += 1
    groups = {
        "women": [n for n, each in enumerate(frame.candidates) if each.is_woman],
        "newcomers": [n for n, each in enumerate(frame.candidates) if each.is_newcomer],
        "all": list(range(len(frame.candidates))),
    }
    rows = [
        [name, len(of), sum(count[n] > 0 for n in of), round(sum(count[n] for n in of) / len(of), 2)]
        for name, of in groups.items()
        if of
    ]
    return {"groups": rows}


def _named(frame: Floor, figures: dict[str, Any]) -> dict[str, Any]:
    """Numbers of the planner as ids of ours."""
    people, booths = dict(enumerate(frame.candidates)), dict(enumerate(frame.booths))
    return {
        "unserved": [[ids.short(people[c].id), reason] for c, reason in figures["unserved"]],
        "below": [[ids.short(people[c].id), count, reason] for c, count, reason in figures["below"][:NAMED_BELOW]],
        "below_why": Counter(reason for _, _, reason in figures["below"]),
        "advice": [[booths[e].name, more] for e, more in figures["advice"]],
    }


async def version(db: AnySession, fair: Fair, number: int, *, lock: bool = False) -> Timetable:
    """One version with its cells. Raises: NotFound."""
    found = select(Timetable).where(Timetable.fair_id == fair.id, Timetable.number == number)
    found = found.options(undefer(Timetable.cells))
    made = await db.scalar(found.with_for_update() if lock else found)
    if made is None:
        raise NotFound
    return made


def cells_of(made: Timetable) -> Cells:
    """Its meetings by pair. Versions of the day once kept three names of a cell and say nothing of pairs."""
    return {(each[0], each[1]): (each[2], each[3]) for each in made.cells or [] if len(each) == len(CELL)}


def compare(before: Cells, after: Cells) -> Diff:
    """What the second changes of the first."""
    both = before.keys() & after.keys()
    moved = sorted(pair for pair in both if before[pair] != after[pair])
    return Diff(
        len(both) - len(moved), moved, sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    )


async def show(db: Session, fair: Fair, made: Timetable, *, until: datetime, by: UUID, at: datetime) -> Diff:
    """Provisional: both sides see their meetings and may object until then. Raises: MoveRefused, NotPlanned."""
    diff = await put(db, fair, made, "provisional", at=at)
    made.provisional_at, made.objections_until = at, until
    if fair.state == "published":
        await organising.move(db, fair, "matching", by=by, at=at)
    await audit.record(db, "timetable.shown", subject=("fair", fair.id), by=by, at=at, number=made.number)
    return diff


async def publish(db: Session, fair: Fair, made: Timetable, *, by: UUID, at: datetime) -> Diff:
    """It counts from now on. Raises: MoveRefused, NotPlanned."""
    diff = await put(db, fair, made, "published", at=at)
    made.published_at = at
    if fair.state == "matching":
        await organising.move(db, fair, "published", by=by, at=at)
    await audit.record(db, "timetable.published", subject=("fair", fair.id), by=by, at=at, number=made.number)
    return diff


async def take_back(db: Session, fair: Fair, *, by: UUID, at: datetime) -> None:
    """No version counts any more: its meetings are cancelled, registration is open again. Raises: MoveRefused."""
    if fair.state == "published":
        await organising.move(db, fair, "matching", by=by, at=at)
    await organising.move(db, fair, "open", by=by, at=at)
    live = update(Timetable).where(Timetable.fair_id == fair.id, Timetable.state.in_(rules.LIVE_TIMETABLES))
    await db.execute(live.values(state="superseded"))
    planned = update(Meeting).where(Meeting.fair_id == fair.id, Meeting.state == "planned")
    await db.execute(planned.values(state="cancelled", cancel_reason="taken back", updated_at=at))


async def lock(db: Session, fair: Fair, meeting_id: UUID, *, is_locked: bool, at: datetime) -> None:
    """A locked meeting stays where it is in every further version. Raises: NotFound."""
    found = update(Meeting).where(Meeting.id == meeting_id, Meeting.fair_id == fair.id, Meeting.state == "planned")
    if not (await db.execute(found.values(is_locked=is_locked, updated_at=at).returning(Meeting.id))).all():
        raise NotFound


async def put(db: Session, fair: Fair, made: Timetable, state: str, *, at: datetime) -> Diff:
    """Its meetings become the rows that count; what stands already and is in it too does not move.

    Whoever has left since it was made, on either side, stays away.
    """
    if fair.state not in ("matching", "published"):
        raise NotPlanned
    rules.check_move(rules.TIMETABLE_MOVES, made.state, state)
    live = update(Timetable).where(
        Timetable.fair_id == fair.id, Timetable.state.in_(rules.LIVE_TIMETABLES), Timetable.id != made.id
    )
    await db.execute(live.values(state="superseded"))
    made.state = state
    await db.flush()
    here = select(Meeting).where(Meeting.fair_id == fair.id, Meeting.state.in_(rules.LIVE_MEETINGS))
    rows = {(ids.short(m.candidate_id), ids.short(m.booth_id)): m for m in (await db.scalars(here)).all()}
    before: Cells = {pair: (ids.short(m.table_id), ids.short(m.slot_id or m.id)) for pair, m in rows.items()}
    after = await _of_those_who_come(db, fair, cells_of(made))
    diff = compare(before, after)
    for pair in (*diff.moved, *diff.cancelled):
        rows[pair].state, rows[pair].cancel_reason, rows[pair].updated_at = "cancelled", f"version {made.number}", at
    await db.flush()
    for pair in diff.moved:
        table, slot = after[pair]
        row = rows[pair]
        row.table_id, row.slot_id, row.state, row.cancel_reason = ids.parse(table), ids.parse(slot), "planned", ""
    await db.flush()
    await _insert(db, fair, made, diff.new, after, at=at)
    await _keep_free(db, fair, made)
    counts = update(Meeting).where(Meeting.fair_id == fair.id, Meeting.state.in_(rules.LIVE_MEETINGS))
    await db.execute(counts.values(timetable_id=made.id).execution_options(synchronize_session=False))
    return diff


async def _of_those_who_come(db: AnySession, fair: Fair, cells: Cells) -> Cells:
    people = select(FairCandidate.id).where(FairCandidate.fair_id == fair.id, FairCandidate.state.in_(rules.SEATED))
    booths = select(Booth.id).where(Booth.fair_id == fair.id, Booth.state.in_(rules.SHOWN_BOOTHS))
    coming = {ids.short(id) for found in (people, booths) for id in await db.scalars(found)}
    return {pair: cell for pair, cell in cells.items() if coming.issuperset(pair)}


async def _keep_free(db: Session, fair: Fair, made: Timetable) -> None:
    """The seats this version keeps in reserve, for the day itself."""
    old = TableClosure.fair_id == fair.id, TableClosure.reason == "reserve"
    await db.execute(delete(TableClosure).where(*old))
    rows = [
        {"table_id": ids.parse(table), "slot_id": ids.parse(slot), "fair_id": fair.id, "reason": "reserve"}
        for table, slot in made.figures.get("reserve", [])
    ]
    if rows:
        await db.execute(insert(TableClosure), rows)


async def _insert(
    db: Session, fair: Fair, made: Timetable, pairs: list[tuple[str, str]], cells: Cells, *, at: datetime
) -> None:
    shared = {"fair_id": fair.id, "timetable_id": made.id, "created_at": at, "updated_at": at}
    rows = [
        shared
        | {"candidate_id": ids.parse(candidate), "booth_id": ids.parse(booth)}
        | {"table_id": ids.parse(cells[candidate, booth][0]), "slot_id": ids.parse(cells[candidate, booth][1])}
        for candidate, booth in pairs
    ]
    if rows:
        await db.execute(insert(Meeting), rows)
