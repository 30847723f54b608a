"""What was written on a table's sheet, typed back in: what has happened stays, however late it is typed.

It goes the way of what an employer taps (results.judge), so the same line twice is once. Somebody who sat there without
a meeting gets one; who never passed a gate came all the same. What the employer has said meanwhile is not overwritten:
that line comes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from marketplace.fairs import results
from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.checkin_rules import code_of
from marketplace.fairs.day_models import FairScorecard, Result
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.results import Card
from marketplace.fairs.rules import SHOWN_BOOTHS
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_

NOBODY = N_("Nobody at this fair has this code.")
SAID_MEANWHILE = N_("The employer has said something else meanwhile. Choose again if the paper is right.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One line: the code of who sat there, the box that was ticked, what stood there when the page was loaded."""

    code: str
    result: Result
    was: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the lines: how many were kept, and what is wrong with others, by code."""

    count: int
    faults: dict[str, str]


async def table_of(db: AnySession, fair_id: UUID, table_id: UUID) -> tuple[FairTable, Booth]:
    """A table of the fair with its employer. Raises: NotFound."""
    found = select(FairTable, Booth).join(Booth, Booth.id == FairTable.booth_id)
    row = (await db.execute(found.where(FairTable.id == table_id, FairTable.fair_id == fair_id))).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def tables_of(db: AnySession, fair_id: UUID) -> list[tuple[FairTable, str]]:
    """All tables with their employer's name, in the order in which they are printed."""
    found = select(FairTable, Booth.name).join(Booth, Booth.id == FairTable.booth_id)
    shown = found.where(FairTable.fair_id == fair_id, Booth.state.in_(SHOWN_BOOTHS))
    return [(table, name) for table, name in await db.execute(shown.order_by(FairTable.label, FairTable.id))]


async def results_at(db: AnySession, booth_id: UUID) -> dict[UUID, str]:
    """What this employer has said so far, by candidate."""
    found = select(FairScorecard.candidate_id, FairScorecard.result).where(FairScorecard.booth_id == booth_id)
    return {candidate_id: result or "" for candidate_id, result in await db.execute(found)}


async def type_back(
    db: Session, fair: Fair, table: FairTable, booth: Booth, lines: Sequence[Typed], *, by: UUID, at: datetime
) -> Kept:
    """Keep these lines. Raises: FairNotOn, Invalid."""
    codes = {code_of(line.code) for line in lines}
    found = select(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.code.in_(codes))
    locked = await db.scalars(found.order_by(FairCandidate.id).with_for_update())
    people = {each.code: each for each in locked.all() if each.state != "removed"}
    cards, faults = await _cards(db, booth, people, lines)
    await _came(db, table, [people[code] for code, card in cards.items() if card.result != "no_show"], at=at)
    said = {people[code].id: card for code, card in cards.items()}
    await results.judge_each(db, fair, booth, said, by=by, at=at)
    if cards:
        values: dict[str, Any] = {"table": table.label, "lines": len(cards)}
        await audit.record(db, "fair.paper_typed", subject=("fair", fair.id), by=by, at=at, **values)
    return Kept(len(cards), faults)


async def _cards(
    db: Session, booth: Booth, people: Mapping[str, FairCandidate], lines: Sequence[Typed]
) -> tuple[dict[str, Card], dict[str, str]]:
    """What is to be kept, by code, and what is wrong with other lines. A line that is there twice is once."""
    stand = await results_at(db, booth.id)
    cards, faults = dict[str, Card](), dict[str, str]()
    for line in lines:
        code = code_of(line.code)
        candidate = people.get(code)
        if candidate is None:
            faults[line.code] = NOBODY
            continue
        stands = stand.get(candidate.id, "")
        if stands not in (line.was, line.result):
            faults[line.code] = SAID_MEANWHILE
        elif stands != line.result or line.word:
            cards[code] = Card(result=line.result, word=line.word or None)
            stand[candidate.id] = line.result
    return cards, faults


async def _came(db: Session, table: FairTable, people: Sequence[FairCandidate], *, at: datetime) -> None:
    """They sat at this table: there is a meeting of each with it, and each was in the hall."""
    pairs = Meeting.booth_id == table.booth_id, Meeting.candidate_id.in_([each.id for each in people])
    found = select(Meeting.candidate_id, FairSlot.starts_at).outerjoin(FairSlot, FairSlot.id == Meeting.slot_id)
    there = await db.execute(found.where(*pairs, Meeting.state != "cancelled").order_by(Meeting.id))
    met = {row.candidate_id: row.starts_at for row in there}
    where = {"fair_id": table.fair_id, "booth_id": table.booth_id, "table_id": table.id, "source": "queue"}
    where |= {"state": "checked_in", "began_at": at, "created_at": at, "updated_at": at}
    if new := [{**where, "candidate_id": each.id} for each in people if each.id not in met]:
        await db.execute(insert(Meeting), new)
    for each in people:
        if each.checked_in_at is None:
            each.checked_in_at = met.get(each.id) or at
    await db.flush()
