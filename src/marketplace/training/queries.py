"""Programmes, cohorts and a provider's own home, as pages show them. Not visible = NotFound."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, null, select

from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.places.models import Park
from marketplace.skills.models import Skill
from marketplace.training.models import Certificate, Cohort, Course, CourseSkill, Enrolment, GraduateImport, Programme
from marketplace.training.programmes import acts_for, providers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRow:
    """A programme in a list."""

    id: UUID
    slug: str
    name: str
    language: str
    provider: str
    provider_slug: str
    published_at: datetime | None
    courses: int
    next_on: date | None
    is_women_only: bool


@dataclass(frozen=True, slots=True)
class TaughtSkill:
    """A skill that a course teaches."""

    slug: str
    name_en: str
    name_ur: str
    level: str

    def name(self, locale: str) -> str:
        return self.name_ur if locale == "ur" else self.name_en


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseView:
    """A course with what it teaches."""

    id: UUID
    name: str
    about: str
    hours: int
    skills: tuple[TaughtSkill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortView:
    """A run with how many have a seat; `mine` is the reader's own enrolment's state."""

    id: UUID
    name: str
    starts_on: date
    ends_on: date
    seats: int
    taken: int
    state: str
    is_women_only: bool
    is_online: bool
    park_en: str | None
    park_ur: str | None
    mine: str | None = None

    def park(self, locale: str) -> str | None:
        return self.park_ur if locale == "ur" else self.park_en

    @property
    def free(self) -> int:
        return max(0, self.seats - self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeView:
    """A programme's page; `may_manage` when the reader acts for its provider."""

    id: UUID
    slug: str
    name: str
    about: str
    language: str
    published_at: datetime | None
    provider: str
    provider_slug: str
    may_manage: bool
    courses: tuple[CourseView, ...]
    cohorts: tuple[CohortView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerRow:
    """A learner of a cohort with her certificates: (id, course, state)."""

    id: UUID
    name: str
    student_number: str | None
    email: str | None
    phone: str | None
    state: str
    intent: str | None
    certificates: tuple[tuple[UUID, str, str], ...]


@dataclass(frozen=True, slots=True)
class Stages:
    """How many learners and certificates of one cohort stand where."""

    learners: dict[str, int] = field(default_factory=dict[str, int])
    certificates: dict[str, int] = field(default_factory=dict[str, int])


async def newest_programmes(db: AnySession, *, limit: int) -> list[ProgrammeRow]:
    """Those that everybody may see, the newest first."""
    newest = _rows().where(Programme.published_at.is_not(None)).order_by(Programme.published_at.desc())
    rows = await db.execute(newest.order_by(Programme.id.desc()).limit(limit))
    return [ProgrammeRow(**row) for row in rows.mappings()]


async def published_of(db: AnySession, ids: Sequence[UUID]) -> list[ProgrammeRow]:
    """Those of these that everybody may see, in the order of the ids."""
    found = _rows().where(Programme.published_at.is_not(None), Programme.id.in_(ids))
    rows = {row["id"]: ProgrammeRow(**row) for row in (await db.execute(found)).mappings()}
    return [rows[id] for id in ids if id in rows]


def _rows() -> Any:
    courses = select(func.count()).where(Course.programme_id == Programme.id).scalar_subquery()
    open_runs = Cohort.programme_id == Programme.id, Cohort.state == "open"
    next_on = select(func.min(Cohort.starts_on)).where(*open_runs).scalar_subquery()
    for_women = select(Cohort.id).where(*open_runs, Cohort.is_women_only).exists()
    return select(
        *(Programme.id, Programme.slug, Programme.name, Programme.language, Programme.published_at),
        *(Organisation.name.label("provider"), Organisation.slug.label("provider_slug")),
        *(courses.label("courses"), next_on.label("next_on"), for_women.label("is_women_only")),
    ).join(Organisation, Organisation.id == Programme.provider_organisation_id)


async def programme_view(db: AnySession, slug: str, *, reader: UUID | None) -> ProgrammeView:
    """A programme: what is published, or one's own. Strangers see cohorts that are open or under way."""
    found = (
        select(Programme, Organisation.name, Organisation.slug)
        .join(Organisation, Organisation.id == Programme.provider_organisation_id)
        .where(Programme.slug == slug)
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    programme, provider, provider_slug = row
    may_manage = reader is not None and await acts_for(db, programme.provider_organisation_id, user_id=reader)
    if programme.published_at is None and not may_manage:
        raise NotFound
    cohorts = await cohorts_of(db, [programme.id], reader=reader)
    return ProgrammeView(
        **{name: getattr(programme, name) for name in ("id", "slug", "name", "about", "language", "published_at")},
        provider=provider,
        provider_slug=provider_slug,
        may_manage=may_manage,
        courses=tuple(await courses_of(db, programme.id)),
        cohorts=tuple(each for _, each in cohorts if may_manage or each.state in ("open", "running")),
    )


async def courses_of(db: AnySession, programme_id: UUID) -> list[CourseView]:
    """The courses of a programme in the order they were made, two queries."""
    courses = (await db.scalars(select(Course).where(Course.programme_id == programme_id).order_by(Course.id))).all()
    taught = (
        select(CourseSkill.course_id, Skill.slug, Skill.name_en, Skill.name_ur, CourseSkill.level)
        .join(Skill, Skill.id == CourseSkill.skill_id)
        .where(CourseSkill.course_id.in_([each.id for each in courses]))
        .order_by(Skill.name_en)
    )
    skills: dict[UUID, list[TaughtSkill]] = {}
    for course_id, *skill in (await db.execute(taught)).all():
        skills.setdefault(course_id, []).append(TaughtSkill(*skill))
    return [
        CourseView(
            id=each.id, name=each.name, about=each.about, hours=each.hours, skills=tuple(skills.get(each.id, ()))
        )
        for each in courses
    ]


async def cohorts_of(
    db: AnySession, programme_ids: Sequence[UUID], *, reader: UUID | None = None
) -> list[tuple[UUID, CohortView]]:
    """The cohorts of these programmes with their seats, the newest first; at most 200."""
    seated = Enrolment.cohort_id == Cohort.id, Enrolment.state.in_(("enrolled", "completed"))
    taken = select(func.count()).where(*seated).scalar_subquery()
    own = Enrolment.cohort_id == Cohort.id, Enrolment.user_id == reader
    mine: Any = select(Enrolment.state).where(*own).scalar_subquery() if reader else null()
    found = (
        select(
            *(Cohort.programme_id, Cohort.id, Cohort.name, Cohort.starts_on, Cohort.ends_on, Cohort.seats),
            *(Cohort.state, Cohort.is_women_only, Cohort.is_online, taken.label("taken"), mine.label("mine")),
            *(Park.name_en.label("park_en"), Park.name_ur.label("park_ur")),
        )
        .outerjoin(Park, Park.id == Cohort.park_id)
        .where(Cohort.programme_id.in_(programme_ids))
        .order_by(Cohort.starts_on.desc(), Cohort.id.desc())
        .limit(200)
    )
    rows = (await db.execute(found)).mappings().all()
    return [
        (row["programme_id"], CohortView(**{name: row[name] for name in row if name != "programme_id"})) for row in rows
    ]


async def cohort(db: AnySession, cohort_id: UUID) -> Cohort:
    """Raises: NotFound."""
    found = await db.get(Cohort, cohort_id)
    if found is None:
        raise NotFound
    return found


async def open_cohort(db: AnySession, cohort_id: UUID, *, reader: UUID) -> tuple[ProgrammeView, CohortView]:
    """A cohort that a learner may see, with its programme. Raises: NotFound."""
    found = await cohort(db, cohort_id)
    slug = await db.scalar(select(Programme.slug).where(Programme.id == found.programme_id))
    programme = await programme_view(db, slug or "", reader=reader)
    view = next((each for each in programme.cohorts if each.id == cohort_id), None)
    if view is None:
        raise NotFound
    return programme, view


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a provider sees first: programmes with their cohorts, and where everybody stands."""

    providers: tuple[Organisation, ...]
    programmes: tuple[tuple[ProgrammeRow, tuple[CohortView, ...]], ...]
    stages: dict[UUID, Stages]


async def home_of(db: AnySession, user_id: UUID) -> Home:
    """Everything of the providers she acts for, five queries whatever there is."""
    providers = await providers_of(db, user_id)
    mine = _rows().where(Programme.provider_organisation_id.in_([each.id for each in providers]))
    found = await db.execute(mine.order_by(Programme.id.desc()).limit(100))
    programmes = [ProgrammeRow(**row) for row in found.mappings()]
    cohorts = await cohorts_of(db, [each.id for each in programmes])
    by_programme: dict[UUID, list[CohortView]] = {}
    for programme_id, cohort in cohorts:
        by_programme.setdefault(programme_id, []).append(cohort)
    return Home(
        providers=tuple(providers),
        programmes=tuple((each, tuple(by_programme.get(each.id, ()))) for each in programmes),
        stages=await stages_of(db, [cohort.id for _, cohort in cohorts]),
    )


async def stages_of(db: AnySession, cohort_ids: Sequence[UUID]) -> dict[UUID, Stages]:
    """Learners and certificates of these cohorts by state, two queries."""
    stages = {id: Stages() for id in cohort_ids}
    for table, name in ((Enrolment, "learners"), (Certificate, "certificates")):
        counted = select(table.cohort_id, table.state, func.count()).where(table.cohort_id.in_(cohort_ids))
        for cohort_id, state, count in (await db.execute(counted.group_by(table.cohort_id, table.state))).all():
            getattr(stages[cohort_id], name)[state] = count
    return stages


async def learners(
    db: AnySession, cohort_id: UUID, *, state: str = "", after: UUID | None = None, limit: int
) -> list[LearnerRow]:
    """The learners of a cohort, in the order they came; two queries."""
    found = select(Enrolment).where(Enrolment.cohort_id == cohort_id)
    if state:
        found = found.where(Enrolment.state == state)
    if after:
        found = found.where(Enrolment.id > after)
    rows = (await db.scalars(found.order_by(Enrolment.id).limit(limit))).all()
    theirs = (
        select(Certificate.enrolment_id, Certificate.id, Certificate.learned["course"].astext, Certificate.state)
        .where(Certificate.enrolment_id.in_([row.id for row in rows]))
        .order_by(Certificate.id)
    )
    certificates: dict[UUID, list[tuple[UUID, str, str]]] = {}
    for enrolment_id, id, course, standing in (await db.execute(theirs)).all():
        certificates.setdefault(enrolment_id, []).append((id, course, standing))
    names = ("id", "name", "student_number", "email", "phone", "state", "intent")
    return [
        LearnerRow(**{name: getattr(row, name) for name in names}, certificates=tuple(certificates.get(row.id, ())))
        for row in rows
    ]


async def imports_of(db: AnySession, cohort_id: UUID, *, limit: int = 20) -> list[GraduateImport]:
    """The files sent for a cohort, the newest first."""
    found = select(GraduateImport).where(GraduateImport.cohort_id == cohort_id, GraduateImport.state != "discarded")
    return list((await db.scalars(found.order_by(GraduateImport.id.desc()).limit(limit))).all())
