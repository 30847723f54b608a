"""What a provider does with its programmes, courses and cohorts. Its owners and hiring members act for it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, any_, delete, func, insert, select
from sqlalchemy.types import Uuid

from marketplace.engines.search import outbox
from marketplace.identity import audit
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.places.models import Park
from marketplace.skills.queries import by_slugs
from marketplace.training import rules
from marketplace.training.models import Cohort, CohortState, Course, CourseSkill, Programme
from marketplace.training.rules import CohortText, CourseText, ProgrammeText

ACTING = ("owner", "hiring")
"""Roles that act for a provider."""


class NothingToLearn(Conflict):
    message = N_("Add a course first: a programme without one teaches nothing.")


async def providers_of(db: AnySession, user_id: UUID) -> list[Organisation]:
    """The training providers she acts for, by name."""
    mine = (
        select(Organisation)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id, Membership.role.in_(ACTING), _is_provider())
    )
    return list((await db.scalars(mine.order_by(Organisation.name, Organisation.id))).all())


async def own_programme(db: AnySession, slug: str, *, by: UUID) -> Programme:
    """A programme of a provider she acts for. Raises: NotFound."""
    return await _own(db, Programme.slug == slug, by)


async def own_cohort(db: AnySession, cohort_id: UUID, *, by: UUID) -> tuple[Cohort, Programme]:
    """A cohort of a provider she acts for, with its programme. Raises: NotFound."""
    cohort = await db.get(Cohort, cohort_id)
    if cohort is None:
        raise NotFound
    return cohort, await _own(db, Programme.id == cohort.programme_id, by)


async def own_course(db: AnySession, course_id: UUID, *, by: UUID) -> tuple[Course, Programme]:
    """A course of a provider she acts for, with its programme. Raises: NotFound."""
    course = await db.get(Course, course_id)
    if course is None:
        raise NotFound
    return course, await _own(db, Programme.id == course.programme_id, by)


async def acts_for(db: AnySession, organisation_id: UUID, *, user_id: UUID) -> bool:
    """Whether she may act for this provider."""
    found = select(Membership.user_id).join(Organisation, Organisation.id == Membership.organisation_id)
    mine = Membership.user_id == user_id, Membership.role.in_(ACTING), Organisation.id == organisation_id
    return await db.scalar(found.where(*mine, _is_provider())) is not None


async def make_programme(db: Session, provider_id: UUID, text: ProgrammeText, *, by: UUID, at: datetime) -> Programme:
    """A programme that only its provider sees yet. Raises: Invalid, NotFound when she does not act for the provider."""
    rules.check_programme(text)
    if not await acts_for(db, provider_id, user_id=by):
        raise NotFound
    id = (await db.scalars(select(func.uuidv7(type_=Uuid())))).one()
    slug = ids.slug(text.name, id)
    made = Programme(id=id, provider_organisation_id=provider_id, slug=slug, created_at=at)
    _write(made, text)
    db.add(made)
    await db.flush()
    await audit.record(db, "programme.made", subject=("programme", id), by=by, at=at, name=made.name)
    return made


async def edit_programme(db: Session, programme: Programme, text: ProgrammeText, *, by: UUID, at: datetime) -> None:
    """Change what it says. Raises: Invalid."""
    rules.check_programme(text)
    await db.refresh(programme, with_for_update=True)
    _write(programme, text)
    await db.flush()
    await outbox.changed(db, "training", programme.id)
    await audit.record(db, "programme.edited", subject=("programme", programme.id), by=by, at=at)


async def publish(db: Session, programme: Programme, *, by: UUID, at: datetime) -> None:
    """Show it to everybody. Raises: NothingToLearn."""
    await db.refresh(programme, with_for_update=True)
    if programme.published_at is not None:
        return
    if not await db.scalar(select(func.count()).where(Course.programme_id == programme.id)):
        raise NothingToLearn
    programme.published_at = at
    await db.flush()
    await outbox.changed(db, "training", programme.id)
    await audit.record(db, "programme.published", subject=("programme", programme.id), by=by, at=at)


async def hide(db: Session, programme: Programme, *, by: UUID, at: datetime) -> None:
    """Show it to nobody but its provider; certificates stay where they are."""
    await db.refresh(programme, with_for_update=True)
    if programme.published_at is None:
        return
    programme.published_at = None
    await db.flush()
    await outbox.changed(db, "training", programme.id)
    await audit.record(db, "programme.hidden", subject=("programme", programme.id), by=by, at=at)


async def save_course(
    db: Session, programme: Programme, text: CourseText, course: Course | None = None, *, by: UUID, at: datetime
) -> Course:
    """A new course of a programme, or a changed one; certificates keep what they said when they were issued.

    Raises: Invalid.
    """
    rules.check_course(text)
    skills = await by_slugs(db, list(text.skills))
    unknown = set(text.skills) - {skill.slug for skill in skills}
    if unknown:
        raise Invalid.at("skills", N_("We do not know the skill %(skill)s."), skill=min(unknown))
    await db.refresh(programme, with_for_update=True)
    await _check_name(db, programme, text.name, course)
    if course is None:
        course = Course(programme_id=programme.id, created_at=at)
        db.add(course)
    course.name, course.about, course.hours = text.name.strip(), text.about.strip(), text.hours
    await db.flush()
    await db.execute(delete(CourseSkill).where(CourseSkill.course_id == course.id))
    rows = [{"course_id": course.id, "skill_id": skill.id, "level": text.skills[skill.slug]} for skill in skills]
    await db.execute(insert(CourseSkill).values(rows))
    await outbox.changed(db, "training", programme.id)
    await audit.record(db, "course.saved", subject=("programme", programme.id), by=by, at=at, name=course.name)
    return course


async def _check_name(db: Session, programme: Programme, name: str, course: Course | None) -> None:
    others = select(Course.id).where(Course.programme_id == programme.id)
    found = (await db.execute(others.add_columns(Course.name))).all()
    if len(found) >= rules.MOST_COURSES and course is None:
        raise Invalid.at("name", N_("A programme has at most %(most)s courses."), most=rules.MOST_COURSES)
    if any(each.name.lower() == name.strip().lower() and (course is None or each.id != course.id) for each in found):
        raise Invalid.at("name", N_("The programme has a course of that name."))


async def make_cohort(db: Session, programme: Programme, text: CohortText, *, by: UUID, at: datetime) -> Cohort:
    """Plan a run of the programme. Raises: Invalid."""
    rules.check_cohort(text)
    if text.park_id is not None and await db.get(Park, text.park_id) is None:
        raise Invalid.at("park", N_("Choose a park from the list."))
    cohort = Cohort(
        programme_id=programme.id,
        park_id=text.park_id,
        name=text.name.strip(),
        starts_on=text.starts_on,
        ends_on=text.ends_on,
        seats=text.seats,
        is_women_only=text.is_women_only,
        is_online=text.is_online,
        state="planned",
        created_at=at,
    )
    db.add(cohort)
    await db.flush()
    await audit.record(db, "cohort.planned", subject=("cohort", cohort.id), by=by, at=at, name=cohort.name)
    return cohort


async def move_cohort(db: Session, cohort: Cohort, to: CohortState, *, by: UUID, at: datetime) -> None:
    """Open it for applications, begin it, end it, cancel it. Raises: CohortMoveRefused."""
    await db.refresh(cohort, with_for_update=True)
    if cohort.state == to:
        return
    if to not in rules.COHORT_MOVES[cohort.state]:  # type: ignore[index]
        raise rules.CohortMoveRefused(state=cohort.state)
    before, cohort.state = cohort.state, to
    await db.flush()
    await outbox.changed(db, "training", cohort.programme_id)
    await audit.record(db, f"cohort.{to}", subject=("cohort", cohort.id), by=by, at=at, before=before)


def _write(programme: Programme, text: ProgrammeText) -> None:
    programme.name, programme.about, programme.language = text.name.strip(), text.about.strip(), text.language


async def _own(db: AnySession, condition: object, by: UUID) -> Programme:
    found = (
        select(Programme)
        .join(Organisation, Organisation.id == Programme.provider_organisation_id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(condition, Membership.user_id == by, Membership.role.in_(ACTING), _is_provider())  # type: ignore[arg-type]
    )
    programme = await db.scalar(found)
    if programme is None:
        raise NotFound
    return programme


def _is_provider() -> ColumnElement[bool]:
    return any_(Organisation.kinds) == "training_provider"
