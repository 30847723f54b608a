"""What an employer says of a candidate at a fair: result, a 30-second scorecard, a word for her.

One scorecard for each booth and candidate, whether they met at a table, in a queue, or by reading her badge. What the
candidate reads is the result and the word; scores and note stay with the employer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import or_, select

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
    own = FairScorecard.booth_id == booth_id, FairScorecard.candidate_id == candidate_id
    return await db.scalar(select(FairScorecard).where(*own))


async def judge(
    db: Session, fair: Fair, booth: Booth, candidate: FairCandidate, card: Card, *, by: UUID | None, at: datetime
) -> FairScorecard:
    """Keep what was tapped and written; a meeting of the two is over with it. Raises: FairNotOn, Invalid."""
    if fair.state not in ("live", "closed"):
        raise FairNotOn
    _check(card)
    await db.execute(select(FairCandidate.id).where(FairCandidate.id == candidate.id).with_for_update())
    meeting = await _meeting(db, booth, candidate)
    row = await card_of(db, booth.id, candidate.id)
    if row is None:
        row = FairScorecard(fair_id=fair.id, booth_id=booth.id, candidate_id=candidate.id, created_at=at, scores={})
        db.add(row)
    row.meeting_id = meeting.id if meeting else row.meeting_id
    row.result = card.result or row.result
    row.scores = {**row.scores, **card.scores}
    row.note = (row.note or "") if card.note is None else card.note.strip()
    row.word = (row.word or "") if card.word is None else card.word.strip()
    row.by_user_id, row.updated_at = by, at
    if row.answered_at is None and (row.result in ANSWERS or row.word):
        row.answered_at = at
    if meeting is not None and card.result is not None:
        await _end(db, meeting, card.result, at=at)
    await db.flush()
    subject = ("fair_scorecard", row.id)
    if row.answered_at is not None and row.result not in ("offered", "no_show"):
        told: dict[str, Any] = {"about": f"answer {booth.id}", "organisation": booth.name, "at": at}
        await telling.candidates_of(db, fair, "fair_answer", [candidate.id], **told)
    await audit.record(db, "fair.judged", subject=subject, by=by, at=at, result=row.result)
    return row


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


async def _meeting(db: Session, booth: Booth, candidate: FairCandidate) -> Meeting | None:
    """Theirs that was not called off, the newest first."""
    pair = Meeting.booth_id == booth.id, Meeting.candidate_id == candidate.id, Meeting.state != "cancelled"
    return await db.scalar(select(Meeting).where(*pair).order_by(Meeting.id.desc()).limit(1).with_for_update())


async def _end(db: Session, meeting: Meeting, result: Result, *, at: datetime) -> None:
    to = _MEETING_OF.get(result, "done")
    if meeting.state == to:
        return
    if meeting.state == "called" and to == "done":
        meeting.state = "checked_in"
    rules.check_move(cast("Mapping[str, tuple[str, ...]]", rules.MEETING_MOVES), meeting.state, to)
    if meeting.state == "no_show" and await _seat_is_taken(db, meeting):
        meeting.source, meeting.slot_id = "queue", None
    meeting.state, meeting.ended_at, meeting.updated_at = to, at, at
    meeting.missed_by = "candidate" if to == "no_show" else None
    if to == "done" and meeting.began_at is None:
        meeting.began_at = meeting.called_at or at


async def _seat_is_taken(db: Session, meeting: Meeting) -> bool:
    """Whether somebody else has the slot of a meeting that was given up; she has it all the same, between slots."""
    same = (Meeting.table_id == meeting.table_id) | (Meeting.candidate_id == meeting.candidate_id)
    found = select(Meeting.id).where(Meeting.slot_id == meeting.slot_id, same, Meeting.id != meeting.id)
    return await db.scalar(found.where(Meeting.state.in_(rules.LIVE_MEETINGS)).limit(1)) is not None


def _check(card: Card) -> None:
    if card.result is not None and card.result not in RESULTS:
        raise Invalid.at("result", N_("Choose what became of the meeting."))
    if card.scores.keys() - CRITERIA.keys() or any(not 1 <= score <= 5 for score in card.scores.values()):
        raise Invalid.at("scores", N_("Give 1 to 5 points for each."))
    if len(card.note or "") > LONGEST_NOTE:
        raise Invalid.at("note", N_("Keep the note under 2,000 letters."))
    if len(card.word or "") > LONGEST_WORD:
        raise Invalid.at("word", N_("Keep the word for her under 500 letters."))
