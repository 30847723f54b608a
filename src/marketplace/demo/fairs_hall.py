"""An open hall as far as it has come, by the taps of its people: they come, queue, are called, talk, hear a result.

Every five minutes is a transaction of its own; a second time it goes on where it stopped.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select

from marketplace.demo import world
from marketplace.fairs import checkin, day, hall_desk, hall_queues, results
from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.checkin_rules import Reading
from marketplace.fairs.day_models import QueueEntry
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.registering import Person
from marketplace.fairs.results import Card, Result
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services

STEP, LOOKED_BACK = timedelta(minutes=5), timedelta(minutes=90)
"""What was before is not told: nobody looks it up."""
_COME = timedelta(minutes=2)
_RESULTS: tuple[Result, ...] = ("met", "shortlisted", "second_interview", "not_this_time")
_REFUSED = (hall_queues.TooManyQueues, hall_queues.QueuesAlready, hall_queues.MetAlready)


async def hold(services: Services, fair_id: UUID, *, by: UUID, until: datetime) -> None:
    """All that happened until then, or since the last time."""
    async with services[Database].read() as db:
        fair = await db.get_one(Fair, fair_id)
        last = await db.scalar(select(func.max(QueueEntry.joined_at)).where(QueueEntry.fair_id == fair_id))
    assert fair.starts_at
    at = max(last or fair.starts_at, until - LOOKED_BACK) + STEP
    while at <= until:
        async with services[Database].write.begin() as db:
            hall = _Hall(db, await db.get_one(Fair, fair_id), by=by, at=at)
            await hall.come(services[TicketKey], is_first=last is None)
            await hall.talk()
        last, at = at, at + STEP


class _Hall:
    """Five minutes of it."""

    def __init__(self, db: Session, fair: Fair, *, by: UUID, at: datetime) -> None:
        self.db, self.fair, self.by, self.at = db, fair, by, at
        self.chance = random.Random(f"{fair.id} {at}")  # noqa: S311 - a story, no secret

    async def come(self, key: TicketKey, *, is_first: bool) -> None:
        """Some who registered come in, one walks in, some of those inside queue; at first our own people."""
        missing = await self._people(FairCandidate.checked_in_at.is_(None))
        gate = (await day.doors_of(self.db, self.fair.id))[0]
        door = await checkin.door_of(self.db, self.fair, gate)
        coming = missing[: 12 if is_first else self.chance.randint(1, 6)]
        readings = [Reading(nonce=uuid4(), scanned=each.code, direction="in", read_at=self.at) for each in coming]
        await checkin.read(self.db, door, readings, by=self.by, at=self.at)
        stands = await self._booths()
        if self.chance.random() < 0.4:
            to = self.chance.choice(stands)
            await hall_desk.walk_in(self.db, key, self.fair, self._stranger(), to, by=self.by, at=self.at)
        inside = await self._people(FairCandidate.is_inside)
        for candidate in inside if is_first else self.chance.sample(inside, min(len(inside), 12)):
            await self._queue(candidate, stands[0] if candidate.user_id else self.chance.choice(stands))

    async def talk(self) -> None:
        """Every table: who was called sits down or does not come, who has talked hears a result, the next is called."""
        open_tables = select(FairTable).where(FairTable.fair_id == self.fair.id, FairTable.closed_at.is_(None))
        for table in (await self.db.scalars(open_tables.order_by(FairTable.label))).all():
            booth = await self.db.get_one(Booth, table.booth_id)
            entry = await hall_queues.at_table(self.db, table.id)
            if entry is not None and entry.state == "called":
                await self._arrive(booth, entry)
            elif entry is None or await self._is_over(booth, entry):
                await hall_queues.call_next(self.db, self.fair, table, by=self.by, at=self.at)

    async def _queue(self, candidate: FairCandidate, booth: Booth) -> None:
        try:
            await hall_queues.join(self.db, self.fair, booth, candidate, at=self.at)
        except _REFUSED:
            return

    async def _arrive(self, booth: Booth, entry: QueueEntry) -> None:
        if self.chance.random() < 0.93:
            assert entry.called_at
            began = min(entry.called_at + _COME, self.at)
            await hall_queues.arrive(self.db, booth, entry.id, by=self.by, at=began)
        elif entry.called_at and self.at >= entry.called_at + timedelta(minutes=self.fair.grace_minutes):
            await hall_queues.miss(self.db, self.fair, booth, entry.id, by=self.by, at=self.at)

    async def _is_over(self, booth: Booth, entry: QueueEntry) -> bool:
        """Half of those who talk have done so after ten minutes; a result then, or later by the badge."""
        meeting = await self.db.get_one(Meeting, entry.meeting_id)
        assert meeting.began_at
        if self.at - meeting.began_at < timedelta(minutes=8) or self.chance.random() < 0.4:
            return False
        if self.chance.random() < 0.25:
            await hall_queues.finish(self.db, booth, entry.id, by=self.by, at=self.at)
            return True
        scores = {name: self.chance.randint(2, 5) for name in results.CRITERIA}
        card = Card(result=self.chance.choice(_RESULTS), scores=scores)
        candidate = await self.db.get_one(FairCandidate, entry.candidate_id)
        await results.judge(self.db, self.fair, booth, candidate, card, by=self.by, at=self.at)
        return True

    def _stranger(self) -> Person:
        people = world.fairs()["people"]
        is_woman = self.chance.random() < 0.5
        first = self.chance.choice(people["women" if is_woman else "men"])
        return Person(name=f"{first} {self.chance.choice(people['families'])}", locale="ur", is_woman=is_woman)

    async def _people(self, *which: object) -> Sequence[FairCandidate]:
        here = FairCandidate.fair_id == self.fair.id, FairCandidate.state.in_(("registered", "confirmed"))
        found = select(FairCandidate).where(*here, *which)  # pyright: ignore[reportArgumentType]
        return (await self.db.scalars(found.order_by(FairCandidate.number))).all()

    async def _booths(self) -> Sequence[Booth]:
        """AgriTrack first."""
        found = select(Booth).where(Booth.fair_id == self.fair.id).order_by(Booth.name != "AgriTrack", Booth.name)
        return (await self.db.scalars(found)).all()
