"""What an employer says of a candidate at a fair: result, a 30-second scorecard, a word for her.

One scorecard for each booth and candidate, whether they met at a table, in a queue, or by reading her badge. What the
candidate reads is the result and the word; scores and note stay with the employer.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from marketplace.fairs import rules, telling
from marketplace.fairs.booth_models import Booth, FairTable, Representative
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.checkin_rules import code_of, secret_of, ticket_hash
from marketplace.fairs.day_models import FairScorecard, Result
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.rules import SHOWN_BOOTHS
from marketplace.identity import audit
from marketplace.identity.models import Membership
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_

RESULTS: dict[Result, str] = {
    "met": N_("Met"),
    "shortlisted": N_("Shortlisted"),
    "second_interview": N_("Second interview"),
    "offered": N_("Offer made"),
    "not_this_time": N_("Not this time"),
    "no_show": N_("Did not come"),
}
CHOOSABLE: tuple[Result, ...] = ("met", "shortlisted", "second_interview", "not_this_time", "no_show")
"""What is tapped; an offer is made by its own form."""
ON_PAPER: tuple[Result, ...] = ("met", "no_show", "shortlisted", "second_interview", "offered", "not_this_time")
"""The boxes of a table's sheet, in their order. An offer that was ticked is written by its employer afterwards."""
ANSWERS: tuple[Result, ...] = ("shortlisted", "second_interview", "offered", "not_this_time", "no_show")
"""Results that tell a candidate where she stands. “Met” alone is no answer yet."""
CRITERIA = {
    "skill": N_("Can do the work"),
    "speaking": N_("Speaks clearly"),
    "fit": N_("Fits the team"),
}
LONGEST_NOTE, LONGEST_WORD = 2_000, 500
_ACTING = ("owner", "hiring")
_MEETING_OF: dict[str, str] = {"no_show": "no_show"}
_WRITTEN = ("meeting_id", "result", "scores", "note", "word", "by_user_id", "updated_at", "answered_at")


class FairNotOn(Conflict):
    message = N_("Results can be given once the fair is on.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is tapped and written after a meeting. Scores are 1 to 5 by criterion; what is left out stays as it was."""

    result: Result | None = None
    scores: dict[str, int] = field(default_factory=dict[str, int])
    note: str | None = None
    word: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRow:
    """A meeting in a booth's list of the day."""

    id: UUID
    candidate_id: UUID
    code: str
    number: int
    name: str
    state: str
    table: str
    room: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    is_inside: bool
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where a candidate stands with one employer. `due_at`: until when she has an answer, while she has none.

    `unanswered_at`: when she was told that none came in time.
    """

    employer: str
    result: str | None
    word: str
    answered_at: datetime | None
    due_at: datetime | None
    unanswered_at: datetime | None = None


async def booth_of(db: AnySession, slug: str, booth_id: UUID, *, by: UUID) -> tuple[Fair, Booth]:
    """A booth she speaks for: as its representative, or hiring for its organisation. Raises: NotFound."""
    found = (
        select(Fair, Booth)
        .join(Booth, Booth.fair_id == Fair.id)
        .where(Fair.slug == slug, Booth.id == booth_id, Booth.state.in_(SHOWN_BOOTHS))
        .where(_speaks(by))
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def fair_id_of(db: AnySession, slug: str) -> UUID:
    """The fair with that name in its address. Raises: NotFound."""
    found = await db.scalar(select(Fair.id).where(Fair.slug == slug, Fair.state != "draft"))
    if found is None:
        raise NotFound
    return found


async def booths_of(db: AnySession, fair_id: UUID, *, by: UUID) -> list[Booth]:
    """The booths of a fair that she speaks for."""
    found = select(Booth).where(Booth.fair_id == fair_id, Booth.state.in_(SHOWN_BOOTHS), _speaks(by))
    return list((await db.scalars(found.order_by(Booth.name, Booth.id))).all())


def _speaks(by: UUID):
    mine = select(Membership.organisation_id).where(Membership.user_id == by, Membership.role.in_(_ACTING))
    speaking = select(Representative.booth_id).where(Representative.user_id == by, Representative.ended_at.is_(None))
    return or_(Booth.organisation_id.in_(mine), Booth.id.in_(speaking))


async def candidate_by_code(db: AnySession, fair_id: UUID, scanned: str) -> FairCandidate:
    """Whose badge or ticket it is, by what was read or typed. Raises: NotFound."""
    either = FairCandidate.code == code_of(scanned)
    if secret_of(scanned):
        either |= FairCandidate.ticket_hash == ticket_hash(scanned)
    found = select(FairCandidate).where(FairCandidate.fair_id == fair_id, either)
    candidate = await db.scalar(found.where(FairCandidate.state != "removed"))
    if candidate is None:
        raise NotFound
    return candidate


async def meetings_of(db: AnySession, booth_id: UUID) -> list[MeetingRow]:
    """A booth's meetings in the order of the day."""
    card = (FairScorecard.booth_id == Meeting.booth_id) & (FairScorecard.candidate_id == Meeting.candidate_id)
    columns = (
        *(Meeting.id, Meeting.candidate_id, FairCandidate.code, FairCandidate.number, FairCandidate.name),
        *(Meeting.state, FairTable.label.label("table"), FairRoom.name.label("room")),
        *(FairSlot.starts_at, FairSlot.ends_at, FairCandidate.is_inside, FairScorecard.result),
    )
    found = (
        select(*columns)
        .join(FairCandidate, FairCandidate.id == Meeting.candidate_id)
        .join(FairTable, FairTable.id == Meeting.table_id)
        .outerjoin(FairRoom, FairRoom.id == FairTable.room_id)
        .outerjoin(FairSlot, FairSlot.id == Meeting.slot_id)
        .outerjoin(FairScorecard, card)
        .where(Meeting.booth_id == booth_id, Meeting.state != "cancelled")
        .order_by(FairSlot.starts_at.nulls_last(), FairTable.label, Meeting.id)
    )
    return [MeetingRow(**row) for row in (await db.execute(found)).mappings()]


async def card_of(db: AnySession, booth_id: UUID, candidate_id: UUID) -> FairScorecard | None:
    """What this employer has said of her."""
    return next(iter(await cards_of(db, booth_id, [candidate_id])), None)


async def judge(
    db: Session, fair: Fair, booth: Booth, candidate: FairCandidate, card: Card, *, by: UUID | None, at: datetime
) -> FairScorecard:
    """Keep what was tapped and written; a meeting of the two is over with it. Raises: FairNotOn, Invalid."""
    [row] = await judge_each(db, fair, booth, {candidate.id: card}, by=by, at=at)
    return row


async def judge_each(
    db: Session, fair: Fair, booth: Booth, cards: Mapping[UUID, Card], *, by: UUID | None, at: datetime
) -> list[FairScorecard]:
    """The cards of one employer, by candidate, in the same few statements whatever their number; each candidate gets
    her own answer. Raises: FairNotOn, Invalid."""
    if fair.state not in ("live", "closed"):
        raise FairNotOn
    for card in cards.values():
        check(card)
    if not cards:
        return []
    people = select(FairCandidate.id).where(FairCandidate.id.in_(cards)).order_by(FairCandidate.id)
    await db.execute(people.with_for_update())
    meetings = await _meetings(db, booth, cards)
    before = {row.candidate_id: row for row in await cards_of(db, booth.id, cards)}
    rows = [
        {
            **{"fair_id": fair.id, "booth_id": booth.id, "candidate_id": id, "by_user_id": by},
            **{"created_at": at, "updated_at": at},
            **_written(before.get(id), card, meetings.get(id), at=at),
        }
        for id, card in cards.items()
    ]
    kept = insert(cast(Any, FairScorecard.__table__))
    new = {name: kept.excluded[name] for name in _WRITTEN}
    await db.execute(kept.on_conflict_do_update(index_elements=["booth_id", "candidate_id"], set_=new), rows)
    await _end(db, {meetings[id]: card.result for id, card in cards.items() if card.result and id in meetings}, at=at)
    made = await cards_of(db, booth.id, cards)
    answered = [row.candidate_id for row in made if row.answered_at and row.result not in ("offered", "no_show")]
    told: dict[str, Any] = {"about": f"answer {booth.id}", "organisation": booth.name, "at": at}
    await telling.candidates_of(db, fair, "fair_answer", answered, **told)
    said = {row.id: {"result": row.result} for row in made}
    await audit.record_each(db, "fair.judged", "fair_scorecard", said, by=by, at=at, each=said)
    return made


async def cards_of(db: AnySession, booth_id: UUID, candidate_ids: Collection[UUID]) -> list[FairScorecard]:
    """What this employer has said of them, as it stands now."""
    own = FairScorecard.booth_id == booth_id, FairScorecard.candidate_id.in_(candidate_ids)
    found = select(FairScorecard).where(*own).order_by(FairScorecard.candidate_id)
    return list((await db.scalars(found.execution_options(populate_existing=True))).all())


def _written(row: FairScorecard | None, card: Card, meeting: Meeting | None, *, at: datetime) -> dict[str, Any]:
    """What stands on the card afterwards: what is left out stays as it was."""
    result = card.result or (row.result if row else None)
    word = (row.word if row else "") if card.word is None else card.word.strip()
    answered_at = row.answered_at if row else None
    return {
        "meeting_id": meeting.id if meeting else (row.meeting_id if row else None),
        "result": result,
        "scores": {**(row.scores if row else {}), **card.scores},
        "note": (row.note if row else "") if card.note is None else card.note.strip(),
        "word": word,
        "answered_at": answered_at or (at if result in ANSWERS or word else None),
    }


async def answers_of(db: AnySession, candidate: FairCandidate, fair: Fair) -> list[Answer]:
    """Where she stands with every employer she met or who read her badge; for her own page."""
    card = (FairScorecard.booth_id == Booth.id) & (FairScorecard.candidate_id == candidate.id)
    met = select(Meeting.booth_id).where(Meeting.candidate_id == candidate.id, Meeting.state == "done")
    found = (
        select(Booth.name, FairScorecard)
        .outerjoin(FairScorecard, card)
        .where(FairScorecard.id.is_not(None) | Booth.id.in_(met), Booth.fair_id == fair.id)
        .order_by(Booth.name, Booth.id)
    )
    due = fair.ends_at + timedelta(days=fair.results_due_days) if fair.ends_at else None
    return [_answer(name, card, due) for name, card in await db.execute(found)]


def _answer(employer: str, card: FairScorecard | None, due: datetime | None) -> Answer:
    if card is None:
        return Answer(employer=employer, result=None, word="", answered_at=None, due_at=due)
    return Answer(
        employer=employer,
        result=card.result,
        word=card.word,
        answered_at=card.answered_at,
        due_at=None if card.answered_at else due,
        unanswered_at=None if card.answered_at else card.unanswered_at,
    )


async def _meetings(db: Session, booth: Booth, candidate_ids: Collection[UUID]) -> dict[UUID, Meeting]:
    """Theirs that were not called off, by candidate, the newest of each; all of them locked."""
    pairs = Meeting.booth_id == booth.id, Meeting.candidate_id.in_(candidate_ids), Meeting.state != "cancelled"
    found = select(Meeting).where(*pairs).order_by(Meeting.id).with_for_update()
    return {each.candidate_id: each for each in await db.scalars(found.execution_options(populate_existing=True))}


async def _end(db: Session, results: Mapping[Meeting, Result], *, at: datetime) -> None:
    """These meetings are over. One that was given up and whose seat somebody else has took place between slots."""
    rows: list[dict[str, Any]] = []
    given_up = [each.id for each, result in results.items() if each.state == "no_show" and result != "no_show"]
    taken, cells = await _taken(db, given_up), set[tuple[UUID, UUID | None]]()
    for each, result in results.items():
        to = _MEETING_OF.get(result, "done")
        if each.state == to:
            continue
        begins = "checked_in" if each.state == "called" and to == "done" else each.state
        rules.check_move(cast("Mapping[str, tuple[str, ...]]", rules.MEETING_MOVES), begins, to)
        is_taken = each.id in taken or (each.id in given_up and (each.table_id, each.slot_id) in cells)
        cells.add((each.table_id, each.slot_id))
        row: dict[str, Any] = {"id": each.id, "state": to, "ended_at": at, "updated_at": at}
        row |= {"source": "queue", "slot_id": None} if is_taken else {"source": each.source, "slot_id": each.slot_id}
        row |= {"missed_by": "candidate" if to == "no_show" else None}
        row |= {"began_at": each.began_at or ((each.called_at or at) if to == "done" else None)}
        rows.append(row)
    if rows:
        await db.execute(update(Meeting), rows)
        fresh = select(Meeting).where(Meeting.id.in_([row["id"] for row in rows]))
        await db.execute(fresh.execution_options(populate_existing=True))


async def _taken(db: Session, meeting_ids: Collection[UUID]) -> set[UUID]:
    """Those of them, given up before, whose slot somebody else has by now at that table, or she at another."""
    if not meeting_ids:
        return set()
    other = aliased(Meeting)
    same = (other.table_id == Meeting.table_id) | (other.candidate_id == Meeting.candidate_id)
    live = other.slot_id == Meeting.slot_id, same, other.id != Meeting.id, other.state.in_(rules.LIVE_MEETINGS)
    found = select(Meeting.id).where(Meeting.id.in_(meeting_ids), select(other.id).where(*live).exists())
    return set((await db.scalars(found)).all())


def check(card: Card) -> None:
    """Raises: Invalid."""
    if card.result is not None and card.result not in RESULTS:
        raise Invalid.at("result", N_("Choose what became of the meeting."))
    if card.scores.keys() - CRITERIA.keys() or any(not 1 <= score <= 5 for score in card.scores.values()):
        raise Invalid.at("scores", N_("Give 1 to 5 points for each."))
    if len(card.note or "") > LONGEST_NOTE:
        raise Invalid.at("note", N_("Keep the note under 2,000 letters."))
    if len(card.word or "") > LONGEST_WORD:
        raise Invalid.at("word", N_("Keep the word for her under 500 letters."))
