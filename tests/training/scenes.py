"""A provider with a programme, a course and a cohort; files of graduates; claimed certificates."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.notify.models import Mail
from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.training import claims, imports, programmes
from marketplace.training.imports import Sent
from marketplace.training.models import Certificate, Cohort, Course, GraduateImport, Programme
from marketplace.training.rules import CohortText, CourseText, ProgrammeText
from tests.cast import BORN, PASSWORD_HASH

HEAD = "student_number,name,email,phone,course,completed_on,skills,cohort\n"


@dataclass(frozen=True, slots=True)
class School:
    """Tariq owns Skills Academy: a published programme, one course (html, css), a cohort that has begun."""

    tariq: User
    academy: Organisation
    programme: Programme
    course: Course
    cohort: Cohort


async def person(db: Session, name: str, email: str = "", **more: Any) -> User:
    """Somebody with an account."""
    email = email or f"{name.split()[0].lower()}@test.example"
    user = User(email=email, email_verified_at=BORN, password_hash=PASSWORD_HASH, name=name, created_at=BORN, **more)
    db.add(user)
    await db.flush()
    return user


async def school(db: Session, *, name: str = "Skills Academy", owner: str = "Tariq Mehmood", seats: int = 30) -> School:
    tariq = await person(db, owner)
    slug = name.lower().replace(" ", "-")
    academy = Organisation(name=name, slug=slug, kinds=["training_provider"], created_at=BORN)
    db.add(academy)
    await db.flush()
    db.add(Membership(user_id=tariq.id, organisation_id=academy.id, role="owner", created_at=BORN))
    return await school_of(db, tariq, academy, seats=seats)


async def school_of(db: Session, tariq: User, academy: Organisation, *, seats: int = 30) -> School:
    """The same for a provider that is there already."""
    at = clock.now()
    text = ProgrammeText(name="Web for everybody", about="From nothing to a first shop.", language="ur")
    programme = await programmes.make_programme(db, academy.id, text, by=tariq.id, at=at)
    content = CourseText(
        name="Web basics", about="Builds a page.", hours=120, skills={"html": "working", "css": "basic"}
    )
    course = await programmes.save_course(db, programme, content, by=tariq.id, at=at)
    await programmes.publish(db, programme, by=tariq.id, at=at)
    run = await cohort(db, programme, tariq, at=at, seats=seats)
    return School(tariq, academy, programme, course, run)


async def cohort(db: Session, programme: Programme, by: User, *, at: datetime, **more: Any) -> Cohort:
    """A run of sixty days that began thirty days ago, open for applications."""
    days = {"starts_on": at.date() - timedelta(days=30), "ends_on": at.date() + timedelta(days=30)}
    text = CohortText(**{"name": "Spring", "seats": 30, **days, **more})
    made = await programmes.make_cohort(db, programme, text, by=by.id, at=at)
    await programmes.move_cohort(db, made, "open", by=by.id, at=at)
    return made


def line(number: str = "S-1", name: str = "Ayesha Khan", email: str = "ayesha@test.example", **more: str) -> str:
    cells = {"phone": "", "course": "Web basics", "completed_on": yesterday().isoformat(), "skills": "", "cohort": ""}
    return ",".join((number, name, email, *(cells | more).values()))


def yesterday() -> date:
    return clock.now().date() - timedelta(days=1)


async def previewed(db: Session, at_school: School, *lines: str, head: str = HEAD) -> GraduateImport:
    content = (head + "\n".join(lines) + "\n").encode()
    sent = Sent(name="graduates.csv", content=content)
    by, at = at_school.tariq.id, clock.now()
    return await imports.preview(db, at_school.cohort, at_school.programme, sent, by=by, at=at)


async def loaded(db: Session, at_school: School, *lines: str, sends_links: bool = False) -> list[Certificate]:
    """The certificates of the cohort after loading these lines."""
    shown = await previewed(db, at_school, *lines)
    by, at = at_school.tariq.id, clock.now()
    await imports.confirm(db, shown.id, skips_bad=False, sends_links=sends_links, by=by, at=at)
    here = select(Certificate).where(Certificate.cohort_id == at_school.cohort.id).order_by(Certificate.id)
    return list((await db.scalars(here)).all())


async def link(db: Session, certificate: Certificate, at_school: School) -> str:
    """The secret of a claim link that was just mailed."""
    await claims.send(db, certificate, by=at_school.tariq.id, at=clock.now())
    found = select(Mail.values).where(Mail.message == "certificate_issued").order_by(Mail.id.desc()).limit(1)
    values = (await db.scalars(found)).one()
    found_secret = re.fullmatch(r"/certificates/claim/(\S+)", values["link"])
    assert found_secret
    return found_secret[1]


async def claimed(db: Session, at_school: School, user: User, *, number: str = "S-1") -> Certificate:
    """She has claimed the certificate that was issued to her."""
    issued = await loaded(db, at_school, line(number, user.name, user.email or ""))
    mine = next(each for each in issued if each.student_number == number)
    secret = await link(db, mine, at_school)
    return await claims.claim(db, secret, user.id, at=clock.now())


async def certificate(db: Session, id: UUID) -> Certificate:
    return await db.get_one(Certificate, id, populate_existing=True)
