"""Jobs and internships of the demo world with their applicants, each brought to a stage by both sides' own actions.

A posting and all that happened to it is one transaction: what is there is whole, and stays.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.demo import world
from marketplace.demo.people import Everybody
from marketplace.demo.proposals import freelancer_of
from marketplace.jobs import applications, judging, stages
from marketplace.jobs.interviews import actions as interviews
from marketplace.jobs.interviews.queries import interviews_of
from marketplace.jobs.interviews.rules import Plan
from marketplace.jobs.models import Application
from marketplace.jobs.offers import actions as offers
from marketplace.jobs.offers.queries import offers_of
from marketplace.jobs.offers.rules import Words
from marketplace.jobs.rules import CRITERIA, Card, Entry
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services
from marketplace.postings import actions
from marketplace.postings.models import Posting
from marketplace.postings.rules import Content
from marketplace.postings.screening import Question
from marketplace.postings.terms import Terms

_STAGES = {
    "submitted": (),
    "screening": ("read",),
    "asked": ("read", "scored", "asked"),
    "agreed": ("read", "scored", "asked", "agreed"),
    "offer": ("read", "met", "scored", "offered"),
    "hired": ("met", "offered", "hired"),
    "withdrawn": ("withdrawn",),
}
"""The steps that lead to each stage of the story."""
_PERIODS = {"monthly": "month", "yearly": "year", "hourly": "hour"}


async def fill(services: Services, everybody: Everybody, report: Callable[[str, int, int], None]) -> None:
    """Publish what is missing and lead its applicants to where the story says."""
    lines = world.jobs()
    for number, line in enumerate(lines, 1):
        async with services[Database].write.begin() as db:
            await _Story(db, everybody, line).tell()
        report("jobs", number, len(lines))


class _Story:
    """One posting, in the caller's transaction."""

    def __init__(self, db: Session, everybody: Everybody, line: dict[str, Any]) -> None:
        self.db, self.everybody, self.line, self.now = db, everybody, line, clock.now()
        self.owner = everybody.owner(line["employer"])
        self.began = self.now - timedelta(days=line["days_ago"])

    async def tell(self) -> None:
        organisation_id = self.everybody.organisations[self.line["employer"]]
        there = select(Posting.id).where(
            Posting.organisation_id == organisation_id, Posting.title == self.line["title"]
        )
        if await self.db.scalar(there):
            return
        who: dict[str, Any] = {"by": self.owner, "at": self.began}
        posting = await actions.save_draft(self.db, self._content(), organisation_id=organisation_id, **who)
        await actions.publish(self.db, posting, **who)
        sent = [await self._apply(posting, number, each) for number, each in enumerate(self._applicants())]
        # Those who are hired come last: the last opening ends the posting.
        for steps, application, user_id, reason in sorted(sent, key=lambda each: "hired" in each[0]):
            for step in steps:
                await self._take(step, posting, application, user_id)
            if reason:
                await stages.reject(self.db, application, reason=reason, by=self.owner, at=self._ago(days=2))
        if self.line.get("ends") == "closed":
            await actions.close(self.db, posting, by=self.owner, at=self._ago(hours=5))

    def _content(self) -> Content:
        line = self.line
        pay, currency, kind = line["pay"].split()
        least, _, most = pay.partition("-")
        closes_at = self.now + timedelta(days=line["days_open"])
        terms = {name: line[key] for name, key in _TERMS.items() if key in line}
        return Content(
            **{name: line[name] for name in ("kind", "title")},
            description=line["description"].strip(),
            skills=tuple(line["skills"]),
            pay_kind=kind,
            pay_min_minor=int(least) * 100,
            pay_max_minor=int(most or least) * 100,
            currency=currency,
            is_remote="district" not in line,
            district=line.get("district"),
            women_friendly=tuple(line.get("women_friendly", ())),
            terms=Terms(**terms),
            screening=tuple(Question(**each) for each in line["questions"]),
            closes_at=closes_at,
            answer_by=closes_at + timedelta(days=7),
        )

    def _applicants(self) -> list[list[str]]:
        return [[part.strip() for part in each.split(" | ")] for each in self.line["applicants"]]

    async def _apply(
        self, posting: Posting, number: int, said: list[str]
    ) -> tuple[tuple[str, ...], Application, UUID, str]:
        name, stage, cover, answers = said
        user_id = self.everybody.users[name]
        freelancer = await freelancer_of(self.db, user_id)
        given = tuple(each.strip() for each in answers.split(" / "))[: len(self.line["questions"])]
        entry = Entry(headline=freelancer.headline[:100], cover=cover, answers=given)
        at = min(self.began + timedelta(hours=9 * (number + 1)), self._ago(hours=3))
        application = await applications.apply(self.db, posting, entry, freelancer=freelancer, at=at)
        stage, _, reason = stage.partition(":")
        return _STAGES.get(stage, ("read",)), application, user_id, reason

    async def _take(self, step: str, posting: Posting, application: Application, hers: UUID) -> None:
        """One step of either side. Raises: KeyError for a step the story does not know."""
        db, his = self.db, self.owner
        if step == "read":
            await stages.move(db, application, "screening", by=his, at=self._ago(days=2))
        elif step == "met":
            await stages.move(db, application, "interview", by=his, at=self._ago(days=1))
        elif step == "scored":
            await self._score(application)
        elif step == "asked":
            await interviews.propose(db, application, self._plan(), by=his, at=self._ago(hours=20))
        elif step == "agreed":
            (interview,) = await interviews_of(db, application.id)
            who: dict[str, Any] = {"side": "candidate", "by": hers, "at": self._ago(hours=2)}
            await interviews.pick(db, interview, interview.options[0], **who)
        elif step == "offered":
            await offers.send(db, application, self._words(posting), by=his, at=self._ago(hours=6))
        elif step == "hired":
            (offer,) = await offers_of(db, application.id)
            await offers.accept(db, offer, by=hers, at=self._ago(hours=1))
        elif step == "withdrawn":
            await applications.withdraw(db, application, by=hers, at=self._ago(hours=30))

    async def _score(self, application: Application) -> None:
        scores = {criterion: 3 + (len(application.cover) + n) % 3 for n, criterion in enumerate(CRITERIA)}
        card = Card(scores=scores, recommendation="yes", comment="Has done it before and says what went wrong.")
        await judging.give_card(self.db, application, card, by=self.owner, at=self._ago(hours=22))
        note = "Ask about the first week: when can it begin, and what is needed for it?"
        await judging.add_note(self.db, application, note, by=self.owner, at=self._ago(hours=21))

    def _plan(self) -> Plan:
        morning = (self.now + timedelta(days=2)).replace(hour=5, minute=30, second=0, microsecond=0)
        return Plan(
            kind="online",
            options=(morning, morning + timedelta(hours=4), morning + timedelta(days=1)),
            minutes=40,
            place="https://meet.example/room-7",
            note="Two of us. We look at one page of yours together; nothing to prepare.",
        )

    def _words(self, posting: Posting) -> Words:
        return Words(
            salary=Money(posting.pay_max_minor, posting.currency),
            period=_PERIODS[posting.pay_kind],  # type: ignore[arg-type]
            starts_on=_next_month(self.now),
            text="The work as in the posting, five days a week, 20 days of leave a year, three months to get to know "
            "each other. Your laptop is ours to buy.",
            answer_by=self.now + timedelta(days=5),
        )

    def _ago(self, **how_long: int) -> datetime:
        return self.now - timedelta(**how_long)


_TERMS = {
    **{"type": "type", "level": "level", "hours_a_week": "hours", "place": "place", "months": "months"},
    "openings": "openings",
}


def _next_month(at: datetime) -> date:
    return (at.date().replace(day=1) + timedelta(days=32)).replace(day=1)
