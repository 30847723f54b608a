"""A fair's day as far as it has come: who came, what became of each meeting, what was offered on the spot.

Hundreds of taps of hundreds of people, so in a few statements; what our own cast does is done by the actions.
"""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, insert, select, update

from marketplace.demo.people import Everybody
from marketplace.fairs import offers, results
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import Checkin, FairOffer, FairScorecard
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.offers import Words
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.results import Card
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money

RESULTS = ("met", "shortlisted", "shortlisted", "second_interview", "not_this_time", "not_this_time")
WORDS = {
    "shortlisted": "Good to meet you. We call within the week.",
    "second_interview": "Please come to our office; we send you a time.",
    "not_this_time": "Not this time: we need somebody with more practice. Try us again in spring.",
}


HOW = (
    (5, ""),
    (5, ""),
    (5, "They explained the work and the pay."),
    (5, "He looked at my phone with my work on it and asked good questions."),
    (5, "بہت عزت سے بات کی، کام اور تنخواہ دونوں صاف بتائے۔"),
    (3, ""),
    (3, "Ten minutes late, then friendly."),
    (3, "کام اچھا ہے مگر دفتر ملتان میں ہے، روز آنا مشکل ہو گا۔"),
    (1, "They had not read my profile and asked whether I am married."),
    (1, "No time: two minutes and the next one was called."),
)
"""How a meeting was, as candidates say it."""
_OPEN = ("planned", "called", "checked_in")


async def hold(db: Session, fair: Fair, everybody: Everybody, *, at: datetime) -> None:
    """All that happened until then; a second time, what has happened since. What visitors tapped meanwhile stays."""
    day = _Day(db, fair, at)
    await day.read()
    await day.come_in()
    await day.meet()
    await day.say()
    if await db.scalar(select(FairOffer.id).where(FairOffer.fair_id == fair.id).limit(1)) is None:
        await _offer(db, fair, everybody, at=at)


class _Day:
    """Everybody and every meeting of it, in memory."""

    def __init__(self, db: Session, fair: Fair, at: datetime) -> None:
        self.db, self.fair, self.at = db, fair, at
        self.chance = random.Random(f"{fair.id} {at}")  # noqa: S311 - a story, no secret
        self.meetings: list[tuple[Meeting, FairSlot]] = []
        self.here: dict[UUID, datetime] = {}
        """When each of those who have come until now was let in."""

    async def read(self) -> None:
        """The published timetable, as far as nobody has said what became of it, and who is here already."""
        rows = (
            select(Meeting, FairSlot)
            .join(FairSlot, FairSlot.id == Meeting.slot_id)
            .where(Meeting.fair_id == self.fair.id, Meeting.state.in_(_OPEN))
            .order_by(FairSlot.number, Meeting.id)
        )
        self.meetings = [(meeting, slot) for meeting, slot in await self.db.execute(rows)]
        came = select(FairCandidate.id, FairCandidate.checked_in_at).where(FairCandidate.fair_id == self.fair.id)
        here = await self.db.execute(came.where(FairCandidate.checked_in_at.is_not(None)))
        self.here = {id: at for id, at in here if at is not None}

    async def come_in(self) -> None:
        """Most come, a little before their first meeting; some who have had their last one have left."""
        firsts: dict[UUID, datetime] = {}
        lasts: dict[UUID, datetime] = {}
        for meeting, slot in self.meetings:
            firsts.setdefault(meeting.candidate_id, slot.starts_at)
            lasts[meeting.candidate_id] = slot.ends_at
        gate = FairRoom.fair_id == self.fair.id, FairRoom.kind == "gate"
        gates = (await self.db.scalars(select(FairRoom.id).where(*gate).order_by(FairRoom.position))).all()
        readings: list[dict[str, Any]] = []
        people: list[dict[str, Any]] = []
        for id, first in firsts.items():
            came = first - timedelta(minutes=self.chance.randint(5, 45))
            if id in self.here or self.chance.random() < 0.13 or came > self.at:
                continue
            self.here[id] = came
            left = lasts[id] + timedelta(minutes=self.chance.randint(3, 30))
            has_left = left < self.at and self.chance.random() < 0.6
            room = self.chance.choice(gates)
            readings.append(self._reading(id, room, "in", came))
            if has_left:
                readings.append(self._reading(id, room, "out", left))
            person = {"checked_in_at": came, "left_at": left if has_left else None, "is_inside": not has_left}
            people.append({"who": id, **person})
        await _insert(self.db, Checkin, readings)
        names = ("checked_in_at", "left_at", "is_inside")
        await _set(self.db, FairCandidate, people, names)

    def _reading(self, id: UUID, room: UUID, direction: str, at: datetime) -> dict[str, Any]:
        nonce = UUID(int=self.chance.getrandbits(128), version=4)
        who = {"fair_id": self.fair.id, "room_id": room, "candidate_id": id, "nonce": nonce}
        return {**who, "direction": direction, "device_at": at, "at": at}

    async def meet(self) -> None:
        """What is over is done or missed, what runs is at its table or called."""
        rows: list[dict[str, Any]] = []
        for meeting, slot in self.meetings:
            if slot.starts_at > self.at:
                break
            came = self.here.get(meeting.candidate_id)
            there = came is not None and came < slot.ends_at
            over, begins = slot.ends_at <= self.at, slot.starts_at + timedelta(minutes=self.chance.randint(0, 3))
            state = ("done" if there else "no_show") if over else ("checked_in" if there else "called")
            row = {"who": meeting.id, "state": state, "called_at": slot.starts_at, "updated_at": self.at}
            row |= {"began_at": meeting.began_at or min(begins, self.at) if there else None}
            row |= {"ended_at": slot.ends_at - timedelta(minutes=self.chance.randint(0, 5)) if over else None}
            rows.append(row | {"missed_by": "candidate" if state == "no_show" else None})
        names = ("state", "called_at", "updated_at", "began_at", "ended_at", "missed_by")
        await _set(self.db, Meeting, rows, names, Meeting.ended_at.is_(None))
        self.db.expire_all()
        await self.db.refresh(self.fair)

    async def say(self) -> None:
        """A scorecard for most that were held; who is told something reads it on her page."""
        held = select(Meeting.id, Meeting.booth_id, Meeting.candidate_id, Meeting.ended_at)
        own = FairScorecard.booth_id == Meeting.booth_id, FairScorecard.candidate_id == Meeting.candidate_id
        done = held.where(Meeting.fair_id == self.fair.id, Meeting.state == "done", ~exists().where(*own))
        cards: list[dict[str, Any]] = []
        for row in (await self.db.execute(done.order_by(Meeting.id))).all():
            if self.chance.random() < 0.15:
                continue
            result = self.chance.choice(RESULTS)
            scores = {name: self.chance.randint(2, 5) for name in results.CRITERIA}
            card = {"fair_id": self.fair.id, "booth_id": row.booth_id, "candidate_id": row.candidate_id}
            card |= {"meeting_id": row.id, "result": result, "scores": scores, "word": WORDS.get(result, "")}
            card |= {"created_at": row.ended_at, "updated_at": row.ended_at}
            cards.append(card | {"answered_at": row.ended_at if result in results.ANSWERS else None})
        await _insert(self.db, FairScorecard, cards)
        said = [self._said(card["meeting_id"]) for card in cards if self.chance.random() < 0.4]
        await _set(self.db, Meeting, said, ("candidate_rating", "candidate_word"), Meeting.candidate_rating.is_(None))

    def _said(self, meeting_id: UUID) -> dict[str, Any]:
        rating, word = self.chance.choice(HOW)
        return {"who": meeting_id, "candidate_rating": rating, "candidate_word": word}


async def _offer(db: Session, fair: Fair, everybody: Everybody, *, at: datetime) -> None:
    """AgriTrack shortlists Ayesha and offers Hina a gig at the table; when the fair is long over she took it."""
    booth = (await db.scalars(select(Booth).where(Booth.fair_id == fair.id, Booth.name == "AgriTrack"))).one()
    by = everybody.owner("agritrack")
    people = await _by_user(db, fair, everybody)
    liked = Card(result="shortlisted", scores={"skill": 5, "speaking": 4}, word="Your spice shop opens fast. We call.")
    await results.judge(db, fair, booth, people["Ayesha Khan"], liked, by=by, at=at)
    words = Words(
        kind="gig",
        title="Icons and labels for the mandi app",
        text="Twelve icons and the label of our seed bags, as we drew them on the table together.",
        pay=Money(2_400_000, "PKR"),
        days=14,
    )
    offer = await offers.make(db, fair, booth, people["Hina Malik"], words, by=by, at=at)
    assert fair.ends_at
    if at >= fair.ends_at:
        await offers.accept(db, offer, by=everybody.users["Hina Malik"], at=at + timedelta(days=1))


async def _by_user(db: Session, fair: Fair, everybody: Everybody) -> dict[str, FairCandidate]:
    names = {everybody.users[name]: name for name in ("Ayesha Khan", "Hina Malik")}
    found = select(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.user_id.in_(names))
    return {names[row.user_id]: row for row in (await db.scalars(found)).all() if row.user_id}


async def _insert(db: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        await db.execute(insert(table.__table__), rows)


async def _set(db: Session, table: Any, rows: list[dict[str, Any]], names: tuple[str, ...], *where: Any) -> None:
    """Each row's columns by its id (`who`), in one round."""
    if not rows:
        return
    core = table.__table__
    statement = update(core).where(core.c.id == bindparam("who"), *where)
    connection = await db.connection()
    await connection.execute(statement.values({name: bindparam(name) for name in names}), rows)
