"""Is she still there? Asked 30, 90 and 180 days after the first day of what was accepted at a fair.

She answers by a link of her own, without a password, with one tap; her employer may say so too. Both answers are kept,
each by its source, and neither overwrites the other.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from marketplace.engines.notify import actions as post
from marketplace.fairs import telling
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairOffer, FollowUp, StillThere
from marketplace.fairs.models import Fair
from marketplace.fairs.tickets import TicketKey, hash_of
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.actions import notify

DAYS = (30, 90, 180)
STILL: dict[StillThere, str] = {
    "working": N_("Still there"),
    "left": N_("Left"),
    "never_started": N_("Never started"),
    "other": N_("Something else"),
}
WITH_US: dict[StillThere, str] = {**STILL, "working": N_("Still with us"), "left": N_("Has left")}
"""The same, as an employer says it."""
GONE: tuple[StillThere, ...] = ("left", "never_started")
"""After these nobody is asked again about this offer."""
SALARIED = ("job", "internship")
"""Offers whose pay does not go through this site: both sides are asked whether a first salary came."""
REMINDED_AFTER = timedelta(days=7)
CHOICES: dict[str, StillThere] = {each: each for each in STILL}
"""What a form may send."""
OPEN_FOR = timedelta(days=60)
"""How long after its day a question can be answered, and an answer changed."""
LONGEST_WORD = 500


class QuestionOver(Conflict):
    message = N_("This question was for another day and is closed. Thank you all the same.")


@dataclass(frozen=True, slots=True)
class Question:
    """One question with all that its page says."""

    follow_up: FollowUp
    offer: FairOffer
    booth: Booth
    fair: Fair
    candidate: FairCandidate

    def is_over(self, at: datetime) -> bool:
        """Whether it can be answered no more, by the days where the fair was."""
        return _day(at, self.fair.time_zone) > self.follow_up.due_on + OPEN_FOR


def secret_of(key: TicketKey, follow_up_id: UUID) -> str:
    """The end of its address: made anew whenever it is sent; the database knows its hash."""
    made = hmac.new(key.value, f"fair follow-up {follow_up_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode()[:24]


async def sweep(db: Session, key: TicketKey, *, at: datetime) -> None:
    """Make the questions of what was accepted, ask those whose day has come, remind once."""
    await _make(db, key)
    for question in await _due(db, at=at):
        await _ask(db, key, question, at=at)


async def _make(db: Session, key: TicketKey) -> None:
    known = select(FollowUp.id).where(FollowUp.offer_id == FairOffer.id)
    found = select(FairOffer, Fair.time_zone).join(Fair, Fair.id == FairOffer.fair_id)
    fresh = await db.execute(found.where(FairOffer.state == "accepted", ~known.exists()).order_by(FairOffer.id))
    for offer, zone in fresh.all():
        first = first_day(offer, zone)
        rows: list[dict[str, Any]] = [
            {"fair_id": offer.fair_id, "candidate_id": offer.candidate_id, "offer_id": offer.id, "day": day}
            | {"due_on": first + timedelta(days=day)}
            for day in DAYS
        ]
        made = await db.scalars(insert(FollowUp).values(rows).on_conflict_do_nothing().returning(FollowUp))
        for each in made.all():
            each.link_hash = hash_of(secret_of(key, each.id))
    await db.flush()


def first_day(offer: FairOffer, zone: str) -> date:
    """From when the days count: the first day that was agreed, else the day it was accepted."""
    assert offer.decided_at is not None
    return offer.starts_on or _day(offer.decided_at, zone)


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _today(at: datetime) -> ColumnElement[date]:
    """The same in SQL, where a fair is."""
    return func.date(func.timezone(Fair.time_zone, at))


async def _due(db: Session, *, at: datetime) -> list[Question]:
    """Questions to ask or to remind of now; none about what she has left, none whose time is over."""
    earlier = aliased(FollowUp)
    gone = select(earlier.id).where(
        earlier.offer_id == FollowUp.offer_id, earlier.day < FollowUp.day, earlier.answer.in_(GONE)
    )
    silent = (FollowUp.sent_at < at - REMINDED_AFTER) & FollowUp.reminded_at.is_(None)
    open_ = FollowUp.due_on.between(_today(at - OPEN_FOR), _today(at)), FollowUp.answer.is_(None), ~gone.exists()
    found = _questions().where(*open_, FollowUp.sent_at.is_(None) | silent)
    return [Question(*row) for row in (await db.execute(found.order_by(FollowUp.id).limit(500))).all()]


def _questions():
    return (
        select(FollowUp, FairOffer, Booth, Fair, FairCandidate)
        .join(FairOffer, FairOffer.id == FollowUp.offer_id)
        .join(Booth, Booth.id == FairOffer.booth_id)
        .join(Fair, Fair.id == FollowUp.fair_id)
        .join(FairCandidate, FairCandidate.id == FollowUp.candidate_id)
    )


async def _ask(db: Session, key: TicketKey, question: Question, *, at: datetime) -> None:
    """With an account as she wants such messages; without one to her address and her number."""
    asked, her, fair = question.follow_up, question.candidate, question.fair
    if asked.sent_at is None:
        asked.sent_at = at
    else:
        asked.reminded_at = at
    link = f"/follow-ups/{secret_of(key, asked.id)}"
    values: dict[str, Any] = {"organisation": question.booth.name, "fair": telling.title(fair, her.locale)}
    if her.user_id is not None:
        await notify(db, her.user_id, "fair_follow_up", values, link=link, at=at)
        return
    said: dict[str, Any] = {"message": "fair_follow_up", "values": {**values, "link": link}}
    said |= {"locale": her.locale, "time_zone": fair.time_zone}
    if her.email:
        await post.mail(db, to=her.email, **said)
    if her.phone and (her.takes_sms or not her.email):
        await post.text(db, to=her.phone, **said)


async def behind(db: AnySession, secret: str) -> Question:
    """The question of that address. Raises: NotFound."""
    row = (await db.execute(_questions().where(FollowUp.link_hash == hash_of(secret)))).one_or_none()
    if row is None:
        raise NotFound
    return Question(*row)


async def answer(db: Session, question: Question, said: StillThere, *, word: str, at: datetime) -> None:
    """What she says; she may say otherwise while the question is open. Raises: QuestionOver, Invalid."""
    asked = question.follow_up
    if question.is_over(at):
        raise QuestionOver
    if len(word) > LONGEST_WORD:
        raise Invalid.at("word", N_("Keep this under 500 letters."))
    before = asked.answer
    asked.answer, asked.word, asked.answered_at = said, word.strip(), at
    await db.flush()
    values: dict[str, Any] = {"day": asked.day, "before": before, "source": "candidate"}
    by = question.candidate.user_id
    await audit.record(db, f"follow_up.{said}", subject=("follow_up", asked.id), by=by, at=at, **values)


async def say_paid(db: Session, question: Question, *, was_paid: bool, at: datetime) -> None:
    """Whether her first salary has come, in her own word. Raises: QuestionOver, NotFound where no salary was agreed."""
    asked = question.follow_up
    if question.offer.kind not in SALARIED:
        raise NotFound
    if question.is_over(at):
        raise QuestionOver
    before, asked.was_paid = asked.was_paid, was_paid
    await db.flush()
    values: dict[str, Any] = {"day": asked.day, "before": before, "paid": was_paid, "source": "candidate"}
    by = question.candidate.user_id
    await audit.record(db, "follow_up.salary", subject=("follow_up", asked.id), by=by, at=at, **values)


async def of_booth(db: AnySession, booth_id: UUID, *, at: datetime) -> list[Question]:
    """An employer's people whose day has come, the newest day of each offer first."""
    found = _questions().where(FairOffer.booth_id == booth_id, FollowUp.due_on <= _today(at))
    return [Question(*row) for row in await db.execute(found.order_by(FairCandidate.number, FollowUp.day.desc()))]


async def confirm(
    db: Session, booth: Booth, follow_up_id: UUID, said: StillThere, *, by: UUID, at: datetime
) -> FollowUp:
    """What the employer says of it. Raises: NotFound, QuestionOver."""
    asked = (await _own(db, booth, follow_up_id, at=at)).follow_up
    before = asked.employer_answer
    asked.employer_answer, asked.employer_by, asked.employer_at = said, by, at
    await db.flush()
    values: dict[str, Any] = {"day": asked.day, "before": before, "source": "employer"}
    await audit.record(db, f"follow_up.{said}", subject=("follow_up", asked.id), by=by, at=at, **values)
    return asked


async def confirm_paid(db: Session, booth: Booth, follow_up_id: UUID, *, by: UUID, at: datetime) -> None:
    """The employer says that it paid a first salary. Raises: NotFound, QuestionOver."""
    question = await _own(db, booth, follow_up_id, at=at)
    if question.offer.kind not in SALARIED:
        raise NotFound
    question.follow_up.employer_paid = True
    await db.flush()
    values: dict[str, Any] = {"day": question.follow_up.day, "paid": True, "source": "employer"}
    await audit.record(db, "follow_up.salary", subject=("follow_up", question.follow_up.id), by=by, at=at, **values)


async def _own(db: Session, booth: Booth, follow_up_id: UUID, *, at: datetime) -> Question:
    """A question about somebody who began with this employer, while it is open."""
    found = _questions().where(FollowUp.id == follow_up_id, FairOffer.booth_id == booth.id)
    row = (await db.execute(found.with_for_update(of=FollowUp))).one_or_none()
    if row is None:
        raise NotFound
    question = Question(*row)
    if _day(at, question.fair.time_zone) < question.follow_up.due_on or question.is_over(at):
        raise QuestionOver
    return question
