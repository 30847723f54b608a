"""A file of graduates on its way in: read and shown, then loaded after a yes, in steps that can be repeated.

Who a graduate is says the provider's own student number together with the course: loading the same again changes
nothing. What the file alone can't tell (another person's number or address, seats) is asked of the database here, when
the file is shown and again when each step is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update

from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.queue import defer
from marketplace.skills.models import Skill
from marketplace.training import certificates, claims, reading, rules
from marketplace.training.certificates import Award
from marketplace.training.enrolments import lock_cohort, seats_taken
from marketplace.training.models import Certificate, Cohort, Course, CourseSkill, Enrolment, GraduateImport, Programme
from marketplace.training.reading import Fault, Frame, Graduate, TaughtSkill, fold

STEP = 100
"""Rows loaded in one transaction."""
TASK = "training.load"


class BadRows(Conflict):
    message = N_("%(count)s lines are not good. Mend the file, or choose to leave them out.")


class NothingToLoad(Conflict):
    message = N_("No line of this file can be loaded.")


class LoadedAlready(Conflict):
    message = N_("This file was loaded, or put aside, already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An uploaded file."""

    name: str
    content: bytes


async def preview(
    db: Session, cohort: Cohort, programme: Programme, sent: Sent, *, by: UUID, at: datetime
) -> GraduateImport:
    """Read a file and keep what it would do, with every fault; nothing is loaded. Raises: Invalid for no such file."""
    frame = await _frame(db, cohort, programme, today=_today(at))
    found = reading.read(sent.content, frame)
    against = await _faults_here(db, cohort, programme, found.rows)
    bad = {fault.line for fault in against}
    good = tuple(row for row in found.rows if row.line not in bad)
    faults = tuple(sorted((*found.faults, *against), key=lambda fault: (fault.line, fault.column)))
    rows, told = reading.stored(reading.Reading(good, faults))
    made = GraduateImport(cohort_id=cohort.id, by_user_id=by, file_name=sent.name[:200], state="previewed")
    made.rows, made.faults, made.created_at, made.loaded, made.made = rows, told, at, 0, 0
    db.add(made)
    await db.flush()
    counts: dict[str, Any] = {"rows": len(rows), "faults": len(bad | {fault.line for fault in found.faults})}
    await audit.record(db, "graduates.previewed", subject=("cohort", cohort.id), by=by, at=at, **counts)
    return made


async def confirm(
    db: Session, import_id: UUID, *, skips_bad: bool, sends_links: bool, by: UUID, at: datetime
) -> GraduateImport:
    """Load what was shown: the first step now, the others by the queue. Bad lines are left out only when she says so.

    Raises: LoadedAlready, BadRows, NothingToLoad.
    """
    held = await _lock(db, import_id)
    if held.state != "previewed":
        raise LoadedAlready
    if held.faults and not skips_bad:
        raise BadRows(count=len({fault["line"] for fault in held.faults}))
    if not held.rows:
        raise NothingToLoad
    held.state, held.sends_links = "loading", sends_links
    await db.flush()
    subject = ("cohort", held.cohort_id)
    await audit.record(db, "graduates.confirmed", subject=subject, by=by, at=at, file=held.file_name)
    await load_step(db, import_id, at=at)
    return held


async def discard(db: Session, import_id: UUID, *, by: UUID, at: datetime) -> None:
    """Put it aside; nothing was loaded. Raises: LoadedAlready."""
    held = await _lock(db, import_id)
    if held.state != "previewed":
        raise LoadedAlready
    held.state, held.rows, held.faults = "discarded", [], []
    await db.flush()
    await audit.record(db, "graduates.discarded", subject=("cohort", held.cohort_id), by=by, at=at)


async def load_step(db: Session, import_id: UUID, *, at: datetime) -> None:
    """Load the next rows of a confirmed file, and defer the step after it where rows are left."""
    held = await _lock(db, import_id)
    if held.state != "loading":
        return
    cohort = await lock_cohort(db, held.cohort_id)
    programme = await db.get_one(Programme, cohort.programme_id)
    rows = [reading.restored(row) for row in held.rows[held.loaded : held.loaded + STEP]]
    against = await _faults_here(db, cohort, programme, rows)
    bad = {fault.line for fault in against}
    made = await _load(db, cohort, [row for row in rows if row.line not in bad], by=held.by_user_id, at=at)
    if held.sends_links:
        await _send_links(db, made, by=held.by_user_id, at=at)
    if against:
        held.faults = [*held.faults, *reading.stored(reading.Reading((), tuple(against)))[1]]
    held.loaded, held.made = held.loaded + len(rows), held.made + len(made)
    if held.loaded < len(held.rows):
        await defer(db, TASK, key=f"{TASK}:{held.id}:{held.loaded}", import_id=held.id)
    else:
        held.state, held.loaded_at = "loaded", at
        subject = ("cohort", cohort.id)
        counts: dict[str, Any] = {"made": held.made, "rows": held.loaded}
        await audit.record(db, "graduates.loaded", subject=subject, by=held.by_user_id, at=at, **counts)
    await db.flush()


async def own_import(db: AnySession, import_id: UUID) -> GraduateImport:
    """A file that was sent; whose it is says its cohort. Raises: NotFound."""
    found = await db.get(GraduateImport, import_id)
    if found is None:
        raise NotFound
    return found


async def _lock(db: Session, import_id: UUID) -> GraduateImport:
    found = select(GraduateImport).where(GraduateImport.id == import_id).with_for_update()
    held = await db.scalar(found.execution_options(populate_existing=True))
    if held is None:
        raise NotFound
    return held


async def _frame(db: AnySession, cohort: Cohort, programme: Programme, *, today: date) -> Frame:
    taught = (
        select(Course.id, Course.name, Skill.slug, Skill.name_en, Skill.name_ur)
        .join(CourseSkill, CourseSkill.course_id == Course.id)
        .join(Skill, Skill.id == CourseSkill.skill_id)
        .where(Course.programme_id == programme.id)
    )
    courses: dict[str, tuple[str, list[TaughtSkill]]] = {}
    for row in (await db.execute(taught)).all():
        names = frozenset(map(fold, (row.slug, row.name_en, row.name_ur)))
        courses.setdefault(fold(row.name), (str(row.id), []))[1].append(TaughtSkill(row.slug, names))
    return Frame(cohort=cohort.name, starts_on=cohort.starts_on, today=today, courses=courses)


# -- what the file alone can't tell


async def _faults_here(db: AnySession, cohort: Cohort, programme: Programme, rows: Sequence[Graduate]) -> list[Fault]:
    """Rows that do not agree with what is known of this provider's students; four queries for all."""
    if not rows:
        return []
    provider_id = programme.provider_organisation_id
    names = await _names_known(db, provider_id, [row.student_number for row in rows])
    elsewhere = await _certified_elsewhere(db, cohort, rows)
    claimed_by = await claimants(db, provider_id, [row.email for row in rows if row.email])
    faults: list[Fault] = []
    for row in rows:
        known = names.get(row.student_number)
        if known is not None and fold(known) != fold(row.name):
            message = N_("With you this number belongs to %(name)s.")
            faults.append(Fault(row.line, "student_number", message, {"name": known}))
        if (row.student_number, row.course_id) in elsewhere:
            message = N_("This student has this course's certificate from another cohort.")
            faults.append(Fault(row.line, "student_number", message))
        if row.email and claimed_by.get(row.email, {row.student_number}) != {row.student_number}:
            message = N_("With this address another student's certificate was claimed.")
            faults.append(Fault(row.line, "email", message))
    bad = {fault.line for fault in faults}
    return faults + await _seatless(db, cohort, [row for row in rows if row.line not in bad])


async def _names_known(db: AnySession, provider_id: UUID, numbers: Sequence[str]) -> dict[str, str]:
    found = (
        select(Enrolment.student_number, Enrolment.name)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(Programme, Programme.id == Cohort.programme_id)
        .where(Programme.provider_organisation_id == provider_id, Enrolment.student_number.in_(numbers))
    )
    return {number: name for number, name in (await db.execute(found)).all() if number is not None}


async def _certified_elsewhere(db: AnySession, cohort: Cohort, rows: Sequence[Graduate]) -> set[tuple[str, str]]:
    found = select(Certificate.student_number, Certificate.course_id).where(
        Certificate.course_id.in_({UUID(row.course_id) for row in rows}),
        Certificate.student_number.in_([row.student_number for row in rows]),
        Certificate.cohort_id != cohort.id,
        Certificate.state != "revoked",
    )
    return {(number, str(course_id)) for number, course_id in (await db.execute(found)).all()}


async def claimants(db: AnySession, provider_id: UUID, emails: Sequence[str]) -> dict[str, set[str]]:
    """Whose certificates of this provider were claimed by accounts with these addresses: student numbers by address."""
    if not emails:
        return {}
    found = (
        select(func.lower(User.email), Certificate.student_number)
        .join(User, User.id == Certificate.holder_user_id)
        .where(
            Certificate.issuer_organisation_id == provider_id,
            Certificate.claimed_at.is_not(None),
            func.lower(User.email).in_(emails),
        )
    )
    by_email: dict[str, set[str]] = {}
    for email, number in (await db.execute(found)).all():
        by_email.setdefault(email, set()).add(number)
    return by_email


async def _seatless(db: AnySession, cohort: Cohort, rows: Sequence[Graduate]) -> list[Fault]:
    """Students for whom the cohort has no seat any more, in the order of the file."""
    seated = select(Enrolment.student_number, func.lower(Enrolment.email)).where(
        Enrolment.cohort_id == cohort.id, Enrolment.state.in_(rules.SEATED)
    )
    found = (await db.execute(seated)).all()
    known = {number for number, _ in found if number}
    addresses = {email for number, email in found if email and not number}
    free = cohort.seats - await seats_taken(db, cohort.id)
    faults: list[Fault] = []
    for row in rows:
        if row.student_number in known or row.email in addresses:
            continue
        if free <= 0:
            message = N_("The cohort has only %(seats)s seats.")
            faults.append(Fault(row.line, "", message, {"seats": cohort.seats}))
            continue
        known.add(row.student_number)
        free -= 1
    return faults


# -- loading


async def _load(db: Session, cohort: Cohort, rows: Sequence[Graduate], *, by: UUID, at: datetime) -> list[UUID]:
    if not rows:
        return []
    learners = await _learners(db, cohort, rows, at=at)
    revoked = await _revoked(db, rows)
    awards = [
        Award(
            enrolment_id=learners[row.student_number],
            cohort_id=cohort.id,
            course_id=UUID(row.course_id),
            student_number=row.student_number,
            name=row.name,
            completed_on=date.fromisoformat(row.completed_on),
            skills=row.skills,
        )
        for row in rows
        if (row.student_number, row.course_id) not in revoked
    ]
    return await certificates.issue(db, awards, by=by, at=at)


async def _learners(db: Session, cohort: Cohort, rows: Sequence[Graduate], *, at: datetime) -> dict[str, UUID]:
    """The enrolments of these students, made where there are none; all of them have completed now."""
    by_number = {row.student_number: row for row in rows}
    await _recognise(db, cohort, by_number)
    here = select(Enrolment.student_number, Enrolment.id).where(
        Enrolment.cohort_id == cohort.id, Enrolment.student_number.in_(by_number)
    )
    known = {number: id for number, id in (await db.execute(here)).all() if number}
    new = [_learner(cohort, row, at) for number, row in by_number.items() if number not in known]
    if new:
        saved = insert(Enrolment).values(new).returning(Enrolment.student_number, Enrolment.id)
        known |= {number: id for number, id in (await db.execute(saved)).all() if number}
    under_way = Enrolment.id.in_(known.values()) & Enrolment.state.in_(("applied", "enrolled"))
    done = update(Enrolment).where(under_way).values(state="completed", ended_at=at)
    await db.execute(done.execution_options(synchronize_session=False))
    return known


async def _recognise(db: Session, cohort: Cohort, by_number: dict[str, Graduate]) -> None:
    """Whoever has a seat here by her account gets her student number when the address is the same."""
    numbers = {row.email: row.student_number for row in by_number.values() if row.email}
    seated = select(Enrolment).where(
        Enrolment.cohort_id == cohort.id,
        Enrolment.student_number.is_(None),
        Enrolment.state.in_(("enrolled", "completed")),
        func.lower(Enrolment.email).in_(numbers),
    )
    for enrolment in (await db.scalars(seated)).all():
        enrolment.student_number = numbers[(enrolment.email or "").lower()]
    await db.flush()


def _learner(cohort: Cohort, row: Graduate, at: datetime) -> dict[str, Any]:
    return {
        "cohort_id": cohort.id,
        "student_number": row.student_number,
        "name": row.name,
        "email": row.email,
        "phone": row.phone,
        "state": "completed",
        "created_at": at,
        "decided_at": at,
        "ended_at": at,
    }


async def _revoked(db: AnySession, rows: Sequence[Graduate]) -> set[tuple[str, str]]:
    """Certificates that were taken back: a file never brings them back."""
    found = select(Certificate.student_number, Certificate.course_id).where(
        Certificate.course_id.in_({UUID(row.course_id) for row in rows}),
        Certificate.student_number.in_([row.student_number for row in rows]),
        Certificate.state == "revoked",
    )
    return {(number, str(course_id)) for number, course_id in (await db.execute(found)).all()}


async def _send_links(db: Session, ids: Sequence[UUID], *, by: UUID, at: datetime) -> None:
    """To everybody who can be reached; the others are on the printed list."""
    reachable = (
        select(Certificate)
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .where(Certificate.id.in_(ids), Enrolment.email.is_not(None) | Enrolment.phone.is_not(None))
    )
    for certificate in (await db.scalars(reachable)).all():
        await claims.send(db, certificate, by=by, at=at)


def _today(at: datetime) -> date:
    """The day in Pakistan: at home it may be tomorrow already."""
    return at.astimezone(ZoneInfo("Asia/Karachi")).date()
