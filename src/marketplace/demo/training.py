"""A training provider of the demo world: programmes, cohorts, graduates by file, certificates; and outside ones.

What is there already stays: each programme, cohort and certificate is looked for before it is made, in one transaction
for each.
"""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.demo import world
from marketplace.demo.people import CAST, Everybody, email_of
from marketplace.identity.models import Membership, Organisation
from marketplace.identity.organisations import create_organisation
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services
from marketplace.places.models import Park
from marketplace.training import certificates, claims, enrolments, imports, outside, programmes
from marketplace.training.imports import Sent
from marketplace.training.models import Cohort, GraduateImport, OutsideCertificate
from marketplace.training.models import Programme as ProgrammeRow
from marketplace.training.outside import OutsideText
from marketplace.training.reading import COLUMNS
from marketplace.training.rules import CohortText, CourseText, ProgrammeText

_ON_THE_WAY: dict[str, tuple[Any, ...]] = {
    "planned": (),
    "open": ("open",),
    "running": ("open", "running"),
    "ended": ("open", "running", "ended"),
}


async def fill(services: Services, everybody: Everybody, report: Callable[[str, int, int], None]) -> None:
    """Make what is missing."""
    told, story = world.training(), _Story(everybody, clock.now())
    steps = [
        *((story.programme, each) for each in told["programmes"]),
        *((story.cohort, each) for each in told["cohorts"]),
        (story.waiting_file, told["waiting_file"]),
        *((story.outside, each.split(" | ")) for each in told["outside"]["list"]),
    ]
    for number, (step, line) in enumerate(steps, 1):
        async with services[Database].write.begin() as db:
            await story.provider(db, told["provider"])
            await step(db, line)
        report("training", number, len(steps))


class _Story:
    """Its methods make one thing each, in the caller's transaction."""

    def __init__(self, everybody: Everybody, now: datetime) -> None:
        self.everybody, self.now = everybody, now
        self.trainer = everybody.users[CAST["trainer"]]
        self.moderator = everybody.users[CAST["moderator"]]
        self.organisation_id: UUID | None = None

    async def provider(self, db: Session, line: dict[str, str]) -> None:
        owned = select(Organisation.id).join(Membership, Membership.organisation_id == Organisation.id)
        self.organisation_id = await db.scalar(owned.where(Membership.user_id == self.trainer))
        if self.organisation_id is None:
            at = self.now - timedelta(days=200)
            made = await create_organisation(
                db, self.trainer, name=line["name"], kinds=["training_provider", "employer"], at=at
            )
            made.about, made.country, made.postings_approved_at = line["about"].strip(), "PK", at
            self.organisation_id = made.id

    async def programme(self, db: Session, line: dict[str, Any]) -> None:
        if await db.scalar(select(ProgrammeRow.id).where(ProgrammeRow.name == line["name"])) is not None:
            return
        assert self.organisation_id is not None
        by, at = self.trainer, self.now - timedelta(days=190)
        text = ProgrammeText(name=line["name"], about=line["about"].strip(), language=line["language"])
        made = await programmes.make_programme(db, self.organisation_id, text, by=by, at=at)
        for course in line["courses"]:
            name, hours, skills, about = course.split(" | ")
            levels: Any = dict(each.split(":") for each in skills.split(", "))
            content = CourseText(name=name, about=about, hours=int(hours), skills=levels)
            await programmes.save_course(db, made, content, by=by, at=at)
        await programmes.publish(db, made, by=by, at=at)

    async def cohort(self, db: Session, line: dict[str, Any]) -> None:
        programme = (await db.scalars(select(ProgrammeRow).where(ProgrammeRow.name == line["programme"]))).one()
        same = Cohort.programme_id == programme.id, Cohort.name == line["name"]
        if await db.scalar(select(Cohort.id).where(*same)) is not None:
            return
        place = line["place"]
        text = CohortText(
            name=line["name"],
            starts_on=(self.now + timedelta(days=line["starts"])).date(),
            ends_on=(self.now + timedelta(days=line["ends"])).date(),
            seats=line["seats"],
            is_women_only=line.get("is_women_only", False),
            is_online=place == "online",
            park_id=await db.scalar(select(Park.id).where(Park.slug == place)),
        )
        made = await programmes.make_cohort(db, programme, text, by=self.trainer, at=self.now)
        for state in _ON_THE_WAY[line["state"]]:
            await programmes.move_cohort(db, made, state, by=self.trainer, at=self.now)
        for applicant in line.get("applicants", ()):
            await self._applicant(db, made, *applicant.split(" | "))
        if graduates := [each.split(" | ") for each in line.get("graduates", ())]:
            await self._graduates(db, made, programme, graduates)

    async def _applicant(self, db: Session, cohort: Cohort, name: str, intent: Any, state: str) -> None:
        user_id = self.everybody.users[name]
        says_woman = cohort.is_women_only
        made = await enrolments.apply(db, cohort, user_id, intent=intent, says_woman=says_woman, at=self.now)
        if state == "enrolled":
            await enrolments.decide(db, made, "enrolled", by=self.trainer, at=self.now)

    async def _graduates(self, db: Session, cohort: Cohort, programme: ProgrammeRow, lines: list[list[str]]) -> None:
        """By a file, as a provider does it; then each line as far as it says."""
        rows = [
            {"student_number": number, "name": name, "email": email_of(name), "course": course}
            | {"completed_on": cohort.ends_on.isoformat(), "cohort": cohort.name}
            for number, name, course, _ in lines
        ]
        shown = await self._preview(db, cohort, programme, f"graduates-{cohort.name.split(',')[0].lower()}.csv", rows)
        by, at = self.trainer, self.now
        await imports.confirm(db, shown.id, skips_bad=False, sends_links=False, by=by, at=at)
        secrets = {each.student_number: each.secret for each in await claims.print_links(db, cohort.id, by=by, at=at)}
        for number, name, _, fate in lines:
            if fate == "issued":
                continue
            held = await claims.claim(db, secrets[number], self.everybody.users[name], at=at)
            if fate == "claimed":
                await certificates.show_name(db, held, shows_name=True, by=self.everybody.users[name], at=at)
            else:
                note = "The final piece was bought elsewhere; we talked about it on the phone."
                await certificates.revoke(db, held, "cheating", note, by=by, at=at)

    async def _preview(
        self, db: Session, cohort: Cohort, programme: ProgrammeRow, name: str, rows: list[dict[str, str]]
    ) -> GraduateImport:
        written = io.StringIO()
        writer = csv.DictWriter(written, [*COLUMNS], restval="")
        writer.writeheader()
        writer.writerows(rows)
        sent = Sent(name=name, content=written.getvalue().encode())
        return await imports.preview(db, cohort, programme, sent, by=self.trainer, at=self.now)

    async def waiting_file(self, db: Session, line: dict[str, str]) -> None:
        """Read and shown, not loaded yet."""
        cohort = (await db.scalars(select(Cohort).where(Cohort.name == line["cohort"]))).one()
        known = select(GraduateImport.id).where(GraduateImport.file_name == line["name"])
        if await db.scalar(known) is not None:
            return
        programme = await db.get_one(ProgrammeRow, cohort.programme_id)
        content = line["content"].strip().format(day=cohort.ends_on.isoformat()).encode()
        sent = Sent(name=line["name"], content=content)
        await imports.preview(db, cohort, programme, sent, by=self.trainer, at=self.now)

    async def outside(self, db: Session, line: list[str]) -> None:
        name, issuer, title, number, skills, link, fate = line
        user_id = self.everybody.users[name]
        known = select(OutsideCertificate.id).where(OutsideCertificate.user_id == user_id)
        if await db.scalar(known.where(OutsideCertificate.number == number)) is not None:
            return
        day = (self.now - timedelta(days=300)).date()
        text = OutsideText(
            issuer=issuer, title=title, number=number, issued_on=day, skills=skills.split(", "), link=link
        )
        made = await outside.add(db, text, by=user_id, at=self.now)
        if fate == "checked":
            await outside.approve(db, made.id, by=self.moderator, at=self.now)
        elif fate != "unchecked":
            await outside.refuse(db, made.id, fate, by=self.moderator, at=self.now)
