"""An organiser changes one meeting by hand before the day: another time or table, in exchange, or not at all.

What can be chosen is what the rules allow, by the word of the planner's checker. Each change is a version of its own,
made from the one that counts, and told to those it touches only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func, select

from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.problem import Problem
from marketplace.fairs import planning, problems, telling
from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.problems import Floor
from marketplace.fairs.rules import LIVE_TIMETABLES
from marketplace.identity import audit
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_


class NotFree(Conflict):
    message = N_("This place is no longer free, or a rule of the fair forbids it. Choose again.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meeting can go: a table of its employer in a slot, where `other` sits now or nobody."""

    table: FairTable
    slot: FairSlot
    other: Meeting | None = None
    name: str = ""

    @property
    def cell(self) -> str:
        """As a form says it."""
        return f"{ids.short(self.table.id)}:{ids.short(self.slot.id)}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A meeting with both sides and all places it can go to, in the order of the day."""

    meeting: Meeting
    candidate: FairCandidate
    booth: Booth
    slot: FairSlot
    table: FairTable
    places: list[Place]


async def choice_of(db: AnySession, fair: Fair, meeting_id: UUID) -> Choice:
    """A planned meeting of a timetable that is shown or published, before the day. Raises: NotFound."""
    if fair.state not in ("open", "matching", "published"):
        raise NotFound
    found = (
        select(Meeting, FairCandidate, Booth, FairSlot, FairTable)
        .join(FairCandidate, FairCandidate.id == Meeting.candidate_id)
        .join(Booth, Booth.id == Meeting.booth_id)
        .join(FairSlot, FairSlot.id == Meeting.slot_id)
        .join(FairTable, FairTable.id == Meeting.table_id)
        .where(Meeting.id == meeting_id, Meeting.fair_id == fair.id, Meeting.state == "planned")
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    meeting, candidate, booth, slot, table = row
    floor = await problems.floor_of(db, fair)
    live = await problems.live_meetings(db, fair.id)
    return Choice(meeting, candidate, booth, slot, table, _places(floor, live, meeting, booth))


def _places(floor: Floor, live: Sequence[Meeting], meeting: Meeting, booth: Booth) -> list[Place]:
    """All cells of the employer's tables that keep every rule for whoever moves."""
    sits = {(each.table_id, each.slot_id): each for each in live}
    near = _near(floor, live, booth)
    names = {each.id: each.name for each in floor.candidates}
    found = list[Place]()
    for slot in floor.slots:
        for table in floor.tables:
            if table.booth_id != booth.id or not problems.stands(table, booth, slot, floor.closed):
                continue
            other = sits.get((table.id, slot.id))
            if other is meeting or (other is not None and problems.is_fixed(other)):
                continue
            if slot.id == meeting.slot_id and other is not None:
                continue
            if near.stands(meeting, slot.id, other):
                found.append(Place(table, slot, other, names.get(other.candidate_id, "") if other else ""))
    return found


@dataclass(frozen=True, slots=True)
class _Near:
    """What a change at one employer can touch: its meetings, and all of its people."""

    problem: Problem
    cells: Mapping[UUID, tuple[int, int, int]]
    """Candidate, employer, slot of each meeting."""
    of: Mapping[UUID, Sequence[Meeting]]
    """Meetings by candidate."""
    own: Sequence[Meeting]
    slots: Mapping[UUID, int]

    def stands(self, meeting: Meeting, slot_id: UUID, other: Meeting | None) -> bool:
        """The plan of those touched, with the change: the checker finds nothing."""
        goes = {meeting.id: slot_id} | ({other.id: meeting.slot_id} if other and meeting.slot_id else {})
        people = {meeting.candidate_id, other.candidate_id if other else meeting.candidate_id}
        touched = {each.id: each for each in (*self.own, *(each for id in people for each in self.of.get(id, ())))}
        rows = [
            (*self.cells[id][:2], self.slots[goes[id]] if id in goes else self.cells[id][2])
            for id in touched
            if id in self.cells
        ]
        return not check(self.problem, np.array(rows, dtype=np.int64).reshape(-1, 3))


def _near(floor: Floor, live: Sequence[Meeting], booth: Booth) -> _Near:
    """A seat in reserve may be used by hand."""
    c, e, s = ({row.id: n for n, row in enumerate(rows)} for rows in (floor.candidates, floor.booths, floor.slots))
    own = [each for each in live if each.booth_id == booth.id]
    of: dict[UUID, list[Meeting]] = {each.candidate_id: [] for each in own}
    for each in live:
        if each.candidate_id in of:
            of[each.candidate_id].append(each)
    cells = {
        each.id: (c[each.candidate_id], e[each.booth_id], s[each.slot_id])
        for each in (each for rows in of.values() for each in rows)
        if each.candidate_id in c and each.booth_id in e and each.slot_id is not None and each.slot_id in s
    }
    problem = floor.problem
    people = np.zeros(problem.n_candidates, dtype=np.bool_)
    people[[cell[0] for cell in cells.values()]] = True
    here = people[problem.candidate]
    pairs = {name: getattr(problem, name)[here] for name in ("candidate", "employer", "weight")}
    empty = {"reserve": None, "candidate_rank": None, "employer_rank": None}
    return _Near(replace(problem, **pairs, **empty), cells, of, own, s)


async def move(db: Session, fair: Fair, choice: Choice, cell: str, *, by: UUID, at: datetime) -> Timetable:
    """There it goes; whoever sat there comes here. The caller holds the fair's row lock. Raises: NotFree."""
    place = next((each for each in choice.places if each.cell == cell), None)
    if place is None:
        raise NotFree
    here = choice.meeting
    changed: dict[tuple[str, str], tuple[str, str] | None] = {_pair(here): _cell(place.table.id, place.slot.id)}
    if place.other is not None:
        changed[_pair(place.other)] = _cell(here.table_id, here.slot_id)
    people = {here.candidate_id, place.other.candidate_id if place.other else here.candidate_id}
    return await _change(db, fair, changed, people, here.booth_id, by=by, at=at)


async def call_off(db: Session, fair: Fair, choice: Choice, *, by: UUID, at: datetime) -> Timetable:
    """This meeting does not take place; both sides are told."""
    here = choice.meeting
    return await _change(db, fair, {_pair(here): None}, {here.candidate_id}, here.booth_id, by=by, at=at)


async def is_called_off(db: AnySession, fair: Fair, meeting_id: UUID) -> bool:
    """Somebody did so already, or a second press did."""
    own = Meeting.id == meeting_id, Meeting.fair_id == fair.id, Meeting.state == "cancelled"
    return await db.scalar(select(Meeting.id).where(*own)) is not None


def _pair(meeting: Meeting) -> tuple[str, str]:
    return ids.short(meeting.candidate_id), ids.short(meeting.booth_id)


def _cell(table_id: UUID, slot_id: UUID | None) -> tuple[str, str]:
    assert slot_id is not None
    return ids.short(table_id), ids.short(slot_id)


async def _change(
    db: Session,
    fair: Fair,
    changed: Mapping[tuple[str, str], tuple[str, str] | None],
    people: set[UUID],
    booth_id: UUID,
    *,
    by: UUID,
    at: datetime,
) -> Timetable:
    """A version of the meetings as they stand, but for this, in the place of the one that counts."""
    live = select(Timetable).where(Timetable.fair_id == fair.id, Timetable.state.in_(LIVE_TIMETABLES))
    base = (await db.scalars(live.with_for_update())).one()
    last = (await db.scalars(select(func.max(Timetable.number)).where(Timetable.fair_id == fair.id))).one()
    here = {_pair(each): _cell(each.table_id, each.slot_id) for each in await problems.live_meetings(db, fair.id)}
    cells = {pair: cell for pair, cell in {**here, **changed}.items() if cell is not None}
    used = set(cells.values())
    figures: dict[str, Any] = {**base.figures, "meetings": len(cells)}
    figures["reserve"] = [each for each in figures.get("reserve", []) if tuple(each) not in used]
    row: dict[str, Any] = {"fair_id": fair.id, "number": last + 1, "state": "made", "base_id": base.id}
    row |= {"objective": base.objective, "seed": base.seed, "figures": figures, "made_by": by}
    made = Timetable(**row, cells=[[*pair, *cell] for pair, cell in cells.items()], created_at=at, finished_at=at)
    made.provisional_at, made.objections_until, made.published_at = (
        base.provisional_at,
        base.objections_until,
        base.published_at,
    )
    db.add(made)
    await db.flush()
    await planning.put(db, fair, made, base.state, at=at)
    told: dict[str, Any] = {"about": f"timetable {made.number}", "at": at}
    await telling.candidates_of(db, fair, "fair_meetings_changed", people, **told)
    link = f"/fairs/{fair.slug}/booth/timetable"
    await telling.booths_of(db, fair, "fair_meetings_changed", [booth_id], link=link, **told)
    await audit.record(db, "timetable.by_hand", subject=("fair", fair.id), by=by, at=at, number=made.number)
    return made
