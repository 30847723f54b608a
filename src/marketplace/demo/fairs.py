"""Job fairs of the demo world, one in each state, by the actions of organiser, employers and candidates.

Each is led from where it stands to the state its line tells, a step a transaction: after a crash it goes on. People
come by the files of fairs_files.py, a thousand of them into the fair that is on now; its timetable is made by the
worker of the running site.

Time goes on: filled again later, a fair whose day has come is held and ends, one that is on has come as far as the
clock, and where none tells the state of its line any more the next one is made.
"""

import asyncio
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.demo import fairs_calendar, fairs_day, fairs_hall, world
from marketplace.demo.fairs_calendar import LONG, ZONE
from marketplace.demo.fairs_files import HALLS, Size, files_of
from marketplace.demo.people import CAST, PARK, Everybody, email_of
from marketplace.fairs import (
    attending,
    hall_queries,
    objecting,
    organising,
    planning,
    queries,
    registering,
    table_links,
    whole_loading,
)
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.grid import Hours, Span
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.rules import LIVE_TIMETABLES, Room, Shape
from marketplace.fairs.tickets import TicketKey
from marketplace.identity.models import Organisation
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Database, Session
from marketplace.kernel.queue import Services

ATTENDING = {
    "AgriTrack": "agritrack",
    "RuralPay": "ruralpay",
    "ClassLink": "classlink",
    "Rangreza Boutique": "boutique",
}
"""Booths that are organisations of the demo world, with their postings."""
AT_THE_TABLE = "Nadia Bashir"
"""Who sits at their first table, without an account."""
HER_OBJECTIONS = (
    "My bus from Dunyapur arrives at half past ten. Can the first meeting be later?",
    "میری والدہ ساتھ آئیں گی، ظہر کے بعد کی ملاقات پہلے ہو جائے تو ہم شام کی بس پکڑ لیں۔",
    "Two meetings one after the other in different halls: I walk with a stick.",
)
THEIR_OBJECTIONS = {
    "AgriTrack": "Our engineer drives from Lodhran and is there from half past nine. Can the first meeting wait?",
    "RuralPay": "We know this candidate well, she worked with us. Give the place to somebody new.",
}
ANSWER = "Your first meeting is now at eleven. Tell the gate if the bus is late."
SEED, PLAN_SECONDS = 20_261_129, 180
_CAME = ("Ayesha Khan", "Hina Malik")


async def fill(
    services: Services, everybody: Everybody, report: Callable[[str, int, int], None], *, only: tuple[str, ...] = ()
) -> None:
    """Make what is missing today. Raises: TimeoutError when no worker makes the timetables."""
    lines = [line for line in world.fairs()["fairs"] if not only or line["key"] in only]
    for number, line in enumerate(lines, 1):
        await _Story(services, everybody, line).tell()
        report("fairs", number, len(lines))


class _Story:
    """One line of fairs.toml: its fair of today, and those before it."""

    def __init__(self, services: Services, everybody: Everybody, line: dict[str, Any]) -> None:
        self.services, self.everybody, self.line = services, everybody, line
        self.database, self.now = services[Database], clock.now()
        self.by = everybody.users[CAST["organiser"]]
        self.began = self.now - timedelta(days=max(40 - line["day"], 5))

    async def tell(self) -> None:
        async with self.database.read() as db:
            fairs = await self._fairs(db)
            today = next((fair for fair in fairs if fairs_calendar.fits(fair, self.line["state"], self.now)), None)
            is_due = today is None and await fairs_calendar.is_wanted(db, self.line, fairs, self.now)
        if today is None and not is_due:
            return
        for fair in fairs:
            if fair is not today and fairs_calendar.has_come(fair, self.now):
                await self._lead(fair, fairs_calendar.end_of(fair))
        if today is None:
            async with self.database.write.begin() as db:
                today = await self._make(db)
        await self._lead(today, self.line["state"])

    async def _fairs(self, db: AnySession) -> list[Fair]:
        """All of this line, the newest first."""
        named = select(Fair).join(Organisation, Organisation.id == Fair.organisation_id)
        named = named.where(Organisation.name == PARK, Fair.title_en == self.line["title_en"])
        return list((await db.scalars(named.order_by(Fair.id.desc()))).all())

    async def _lead(self, fair: Fair, target: str) -> None:
        """From where it stands to that state, or as far as its day has come."""
        self.id = fair.id
        if target in ("draft", "open") or (fair.state == target and target not in ("matching", "live")):
            return
        if target == "cancelled":
            await self._move("cancelled")
            return
        if fair.state in ("open", "matching") and fair.mode != "open_hall":
            await self._plan(target)
        if target in ("live", "closed"):
            await self._hold(target)

    async def _make(self, db: Session) -> Fair:
        """With everybody who comes."""
        park = (await db.scalars(select(Organisation.id).where(Organisation.name == PARK))).one()
        who: dict[str, Any] = {"by": self.by, "at": self.began}
        rooms = [Room(kind="room", name=name, zone=zone) for name, zone in HALLS]
        gates = [Room(kind="gate", name="Main gate"), Room(kind="gate", name="Bus gate")]
        fair = await organising.make_fair(db, park, _shape(self.line), self._hours(), [*rooms, *gates], **who)
        if self.line["state"] == "draft":
            return fair
        await organising.move(db, fair, "open", **who)
        if "employers" in self.line:
            slots = [slot.number for slot in await queries.slots_of(db, fair.id) if slot.kind == "meeting"]
            size = Size(
                employers=self.line["employers"],
                candidates=self.line["candidates"],
                slots=slots,
                is_women_only=self.line.get("women", False),
                cast=[(name, email_of(name)) for name in _CAME],
                seed=len(self.line["title_en"]),
            )
            await whole_loading.load(db, self.services[TicketKey], fair, files_of(size), **who)
            await self._cast(db, fair)
        return fair

    async def _cast(self, db: Session, fair: Fair) -> None:
        """Our people take their tickets into their accounts, our employers their booths."""
        for name in _CAME:
            hers = FairCandidate.fair_id == fair.id, FairCandidate.email == email_of(name)
            id = (await db.scalars(select(FairCandidate.id).where(*hers))).one()
            await registering.claim(db, id, by=self.everybody.users[name], at=self.began)
        mine = select(Booth).where(Booth.fair_id == fair.id, Booth.name.in_(ATTENDING)).order_by(Booth.name)
        for booth in (await db.scalars(mine)).all():
            key = ATTENDING[booth.name]
            booth.organisation_id, booth.terms_accepted_at = self.everybody.organisations[key], self.began
            await db.flush()
            postings = [posting.id for posting in await attending.attachable(db, booth) if posting.kind != "gig"]
            how: dict[str, Any] = {"by": self.everybody.owner(key), "at": self.began}
            await attending.attach(db, booth, postings, **how)
            her = await attending.send(db, booth, user_id=None, name=AT_THE_TABLE, phone=None, **how)
            table = (await hall_queries.tables_of(db, booth.id))[0]
            await table_links.give(db, booth, her.id, table.id, **how)

    def _hours(self) -> Hours:
        """Those of the line; of the fair that is on now such that half of it is over."""
        on = (self.now.astimezone(ZONE) + timedelta(days=self.line["day"])).date()
        if "opens" in self.line:
            opens, closes = (time.fromisoformat(self.line[name]) for name in ("opens", "closes"))
            women = (on,) if self.line.get("women") else ()
            return Hours(first_on=on, last_on=on, opens=opens, closes=closes, slot_minutes=20, women_days=women)
        first = fairs_calendar.opening_minute(self.now)
        women = (Span(_time(first), _time(first + 60)),)
        pauses = (Span(_time(first + 140), _time(first + 180)),), (Span(_time(first + 280), _time(first + 300)),)
        whole: dict[str, Any] = {
            "first_on": on,
            "last_on": on,
            "opens": _time(first),
            "closes": _time(first + LONG),
        }
        return Hours(**whole, slot_minutes=20, breaks=pauses[0], prayers=pauses[1], women_hours=women)

    async def _move(self, to: Any) -> None:
        async with self.database.write.begin() as db:
            fair = await self._own(db)
            await organising.move(db, fair, to, by=self.by, at=self.now)

    async def _own(self, db: Session) -> Fair:
        return await registering.lock_fair(db, self.id)

    async def _plan(self, target: str) -> None:
        """A timetable, made by the worker, then shown; published unless the story ends there."""
        async with self.database.write.begin() as db:
            fair = await self._own(db)
            made = await _newest(db, fair.id)
            if made is None or made.state == "failed":
                made = await planning.ask(db, fair, objective="coverage", seed=SEED, by=self.by, at=self.now)
            id, number = made.id, made.number
        await self._made(id)
        async with self.database.write.begin() as db:
            fair = await self._own(db)
            version = await planning.version(db, fair, number, lock=True)
            if version.state == "made":
                until = self.now + timedelta(days=2)
                await planning.show(db, fair, version, until=until, by=self.by, at=self.now)
                if target == "matching":
                    await self._object(db, fair)
            if target != "matching":
                await planning.publish(db, fair, version, by=self.by, at=self.now)

    async def _made(self, timetable_id: UUID) -> None:
        for _ in range(PLAN_SECONDS * 5):
            async with self.database.read() as db:
                state = await db.scalar(select(Timetable.state).where(Timetable.id == timetable_id))
            if state not in ("waiting", "running"):
                return
            await asyncio.sleep(0.2)
        raise TimeoutError(f"No timetable for {self.line['title_en']}")

    async def _object(self, db: Session, fair: Fair) -> None:
        """Where the story ends with a first timetable, both sides say what does not suit them; one has her answer."""
        hers = select(FairCandidate).where(FairCandidate.fair_id == fair.id).order_by(FairCandidate.number)
        people = (await db.scalars(hers.limit(len(HER_OBJECTIONS) + 2))).all()[2:]
        for candidate, words in zip(people, HER_OBJECTIONS, strict=True):
            await objecting.object_to(db, candidate, words, by=None, at=self.now)
        said = (await objecting.said_by(db, people[0]))[0]
        await objecting.answer(db, fair, said.id, ANSWER, by=self.by, at=self.now)
        theirs = select(Booth).where(Booth.fair_id == fair.id, Booth.name.in_(THEIR_OBJECTIONS)).order_by(Booth.name)
        for booth in (await db.scalars(theirs)).all():
            first = select(Meeting.id).join(FairSlot, FairSlot.id == Meeting.slot_id).order_by(FairSlot.number)
            meeting = await db.scalar(first.where(Meeting.booth_id == booth.id, Meeting.state == "planned").limit(1))
            by = self.everybody.owner(ATTENDING[booth.name])
            await objecting.object_to(db, booth, THEIR_OBJECTIONS[booth.name], meeting_id=meeting, by=by, at=self.now)

    async def _hold(self, target: str) -> None:
        """The day, as far as it has come, in one transaction with the move; then its end."""
        async with self.database.write.begin() as db:
            fair = await self._own(db)
            assert fair.starts_at and fair.ends_at
            until = min(self.now, fair.ends_at)
            if fair.state in ("published", "open"):
                await organising.move(db, fair, "live", by=self.by, at=fair.starts_at)
            if fair.mode != "open_hall":
                await fairs_day.hold(db, fair, self.everybody, at=until)
        if fair.mode == "open_hall":
            await fairs_hall.hold(self.services, fair.id, by=self.by, until=until)
        async with self.database.write.begin() as db:
            fair = await self._own(db)
            if fair.state == "live" and target == "closed" and until < self.now:
                await organising.move(db, fair, "closed", by=self.by, at=until)


async def _newest(db: Session, fair_id: UUID) -> Timetable | None:
    states = ("waiting", "running", "made", "failed", *LIVE_TIMETABLES)
    found = select(Timetable).where(Timetable.fair_id == fair_id, Timetable.state.in_(states))
    return await db.scalar(found.order_by(Timetable.number.desc()).limit(1))


def _shape(line: dict[str, Any]) -> Shape:
    told = ("title_en", "title_ur", "venue", "district", "capacity")
    texts = {name: line[name].strip() for name in ("text_en", "text_ur")}
    return Shape(**{name: line[name] for name in told}, **texts, mode=line.get("mode", "timetable"), max_meetings=4)


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
