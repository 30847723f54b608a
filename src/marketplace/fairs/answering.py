"""Nobody left without an answer: employers are reminded around the day results are due, then candidates hear the truth.

    due - 2 days   reminded        due            reminded
    due + 2 days   reminded        due + 4 days   candidates are told that no answer came; one may still come later

An answer is owed to everybody an employer met, called while she was in the hall, or whose badge it read.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select, union
from sqlalchemy.dialects.postgresql import insert

from marketplace.fairs import attending, results, telling
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairOffer, FairScorecard
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.rules import LIVE_MEETINGS
from marketplace.identity import audit
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.queue import defer

BEFORE, LATE, GIVEN_UP = timedelta(days=-2), timedelta(days=2), timedelta(days=4)
ANSWER_ALL, AT_ONCE = "fairs.answer_all", 200
"""The task that gives the same answer to many, and how many one transaction takes."""
STAGES = {"before": BEFORE, "due": timedelta(), "late": LATE}
"""When employers are reminded, from the day results are due."""
WATCHED = timedelta(days=90)
"""How long after a fair answers are still asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A candidate who waits for an employer's answer; `result` is “met” or nothing yet."""

    booth_id: UUID
    candidate_id: UUID
    code: str
    number: int
    name: str
    result: str | None
    unanswered_at: datetime | None


def due_at(fair: Fair) -> datetime:
    """Until when employers answer."""
    assert fair.ends_at is not None
    return fair.ends_at + timedelta(days=fair.results_due_days)


def stage_of(fair: Fair, at: datetime) -> str | None:
    """Which reminder is due now: before, due or late; "over" when candidates are told; None while it is too early."""
    due = due_at(fair)
    if at >= due + GIVEN_UP:
        return "over"
    passed = [name for name, shift in STAGES.items() if at >= due + shift and fair.ends_at and at > fair.ends_at]
    return passed[-1] if passed else None


async def owed(db: AnySession, fair_id: UUID, *, booth_id: UUID | None = None) -> list[Owed]:
    """Whom employers of a fair still owe an answer, by booth and number."""
    pairs = union(_met(fair_id), _read(fair_id)).subquery()
    card = and_(FairScorecard.booth_id == pairs.c.booth_id, FairScorecard.candidate_id == pairs.c.candidate_id)
    found = (
        select(pairs.c.booth_id, pairs.c.candidate_id, FairCandidate.code, FairCandidate.number, FairCandidate.name)
        .add_columns(FairScorecard.result, FairScorecard.unanswered_at)
        .join(FairCandidate, FairCandidate.id == pairs.c.candidate_id)
        .outerjoin(FairScorecard, card)
        .where(FairScorecard.answered_at.is_(None))
        .order_by(pairs.c.booth_id, FairCandidate.number)
    )
    own = found if booth_id is None else found.where(pairs.c.booth_id == booth_id)
    return [Owed(**row) for row in (await db.execute(own)).mappings()]


def _met(fair_id: UUID) -> Select[*tuple[Any, ...]]:
    called = Meeting.state.in_(LIVE_MEETINGS) & FairCandidate.checked_in_at.is_not(None)
    met = select(Meeting.booth_id, Meeting.candidate_id).join(FairCandidate, FairCandidate.id == Meeting.candidate_id)
    return met.where(Meeting.fair_id == fair_id, (Meeting.state == "done") | called)


def _read(fair_id: UUID) -> Select[*tuple[Any, ...]]:
    return select(FairScorecard.booth_id, FairScorecard.candidate_id).where(FairScorecard.fair_id == fair_id)


async def turn_down_rest(db: Session, fair: Fair, booth: Booth, *, word: str, by: UUID, at: datetime) -> int:
    """The same friendly no for everybody who still waits, each with a scorecard and a message of her own.

    Returns how many. Raises: FairNotOn, Invalid.
    """
    waiting = [each.candidate_id for each in await owed(db, fair.id, booth_id=booth.id)]
    card = results.Card(result="not_this_time", word=word or None)
    await results.judge_each(db, fair, booth, dict.fromkeys(waiting, card), by=by, at=at)
    return len(waiting)


async def answer_rest(db: Session, fair: Fair, booth: Booth, *, word: str, by: UUID, at: datetime) -> bool:
    """The same friendly no for everybody who waits: here and now, or by the queue where they are many. Pressed twice it
    is given once. Returns whether all have it already. Raises: FairNotOn, Invalid.
    """
    mine = await attending.lock(db, booth.id)
    if mine.answers_all_since is not None:
        return False
    if len(await owed(db, fair.id, booth_id=booth.id)) <= AT_ONCE:
        await turn_down_rest(db, fair, booth, word=word, by=by, at=at)
        return True
    await results.judge_each(db, fair, booth, {}, by=by, at=at)
    results.check(results.Card(result="not_this_time", word=word or None))
    mine.answers_all_since = at
    await db.flush()
    await defer(db, ANSWER_ALL, booth_id=booth.id, word=word, by=by)
    return False


async def answer_step(db: Session, booth_id: UUID, *, word: str, by: UUID, at: datetime) -> None:
    """The next of those who wait; the step after it is deferred where somebody is left."""
    booth = await attending.lock(db, booth_id)
    if booth.answers_all_since is None:
        return
    fair = await db.get_one(Fair, booth.fair_id)
    waiting = [each.candidate_id for each in await owed(db, fair.id, booth_id=booth.id)]
    card = results.Card(result="not_this_time", word=word or None)
    await results.judge_each(db, fair, booth, dict.fromkeys(waiting[:AT_ONCE], card), by=by, at=at)
    if len(waiting) > AT_ONCE:
        await defer(db, ANSWER_ALL, booth_id=booth.id, word=word, by=by)
    else:
        booth.answers_all_since = None
    await db.flush()


async def to_write(db: AnySession, booth_id: UUID) -> list[FairCandidate]:
    """Candidates to whom an offer was ticked on paper that nobody has written yet."""
    written = select(FairOffer.id).where(
        FairOffer.booth_id == booth_id, FairOffer.candidate_id == FairScorecard.candidate_id
    )
    ticked = FairScorecard.booth_id == booth_id, FairScorecard.result == "offered", ~written.exists()
    found = select(FairCandidate).join(FairScorecard, FairScorecard.candidate_id == FairCandidate.id)
    return list((await db.scalars(found.where(*ticked).order_by(FairCandidate.number))).all())


async def sweep(db: Session, *, at: datetime) -> None:
    """Remind employers, then tell candidates; each of one thing once, however often this runs."""
    over = Fair.state.in_(("live", "closed")), Fair.ends_at < at, Fair.ends_at > at - WATCHED
    for fair in (await db.scalars(select(Fair).where(*over).order_by(Fair.id))).all():
        stage = stage_of(fair, at)
        if stage == "over":
            await _tell(db, fair, at=at)
        elif stage is not None:
            await _remind(db, fair, stage, at=at)


async def _remind(db: Session, fair: Fair, stage: str, *, at: datetime) -> None:
    counts, due = Counter(waiting.booth_id for waiting in await owed(db, fair.id)), due_at(fair)
    each = {
        id: {"count": count, "link": f"/fairs/{fair.slug}/booths/{ids.short(id)}/answers"}
        for id, count in counts.items()
    }
    said: dict[str, Any] = {"until": due, "last_day": f"{due + GIVEN_UP:%Y-%m-%d}"}
    about = f"results {stage} {fair.dates_version}"
    await telling.booths_of(db, fair, "fair_results_due", list(each), about=about, at=at, each=each, **said)


async def _tell(db: Session, fair: Fair, *, at: datetime) -> None:
    """What happened, as it is: this employer did not answer. Its scorecard says when she was told."""
    waiting = [each for each in await owed(db, fair.id) if each.unanswered_at is None]
    if not waiting:
        return
    rows: list[dict[str, Any]] = [
        {"fair_id": fair.id, "booth_id": each.booth_id, "candidate_id": each.candidate_id, "unanswered_at": at}
        | {"created_at": at, "updated_at": at}
        for each in waiting
    ]
    made = insert(FairScorecard).values(rows)
    pair = ["booth_id", "candidate_id"]
    await db.execute(made.on_conflict_do_update(index_elements=pair, set_={"unanswered_at": at}))
    booths = {each.booth_id for each in waiting}
    for booth in (await db.scalars(select(Booth).where(Booth.id.in_(booths)).order_by(Booth.id))).all():
        people = [each.candidate_id for each in waiting if each.booth_id == booth.id]
        told: dict[str, Any] = {"about": f"unanswered {booth.id}", "at": at, "until": due_at(fair)}
        await telling.candidates_of(db, fair, "fair_unanswered", people, organisation=booth.name, **told)
    values: dict[str, Any] = {"count": len(waiting)}
    await audit.record(db, "fair.unanswered_told", subject=("fair", fair.id), by=None, at=at, **values)
