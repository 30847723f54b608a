"""Certificates: issued by a provider, taken by their graduate, revoked with a reason. Each change locks its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity import audit
from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.actions import notify
from marketplace.skills import actions as skills
from marketplace.skills.models import Skill
from marketplace.skills.queries import by_slugs
from marketplace.training.models import Certificate, Course, CourseSkill, Programme, RevokeReason
from marketplace.training.programmes import acts_for

LONGEST_NOTE = 1_000


class RevokedAlready(Conflict):
    message = N_("This certificate is revoked. It can't be used again; the provider can issue a new one.")


class NotRevoked(Conflict):
    message = N_("Only a revoked certificate is replaced by a new one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """One certificate to be issued: to which learner, for which course, which of its skills, on what day."""

    enrolment_id: UUID
    cohort_id: UUID
    course_id: UUID
    student_number: str
    name: str
    completed_on: date
    skills: Sequence[str]


async def issue(db: Session, awards: Sequence[Award], *, by: UUID, at: datetime) -> list[UUID]:
    """Issue certificates in a few queries and return their ids; what a student has already is left as it is."""
    if not awards:
        return []
    known = await _courses(db, {award.course_id for award in awards})
    rows = [
        {
            "issuer_organisation_id": known[award.course_id].provider_organisation_id,
            "course_id": award.course_id,
            "cohort_id": award.cohort_id,
            "enrolment_id": award.enrolment_id,
            "student_number": award.student_number,
            "holder_name": award.name,
            "learned": _learned(known[award.course_id], award.skills),
            "completed_on": award.completed_on,
            "state": "issued",
            "issued_at": at,
        }
        for award in awards
    ]
    saved = insert(Certificate).values(rows).on_conflict_do_nothing().returning(Certificate.id)
    made = list((await db.scalars(saved)).all())
    await audit.record_each(db, "certificate.issued", "certificate", made, by=by, at=at)
    return made


async def lock(db: Session, certificate_id: UUID) -> Certificate:
    """The certificate, held until COMMIT. Raises: NotFound."""
    found = select(Certificate).where(Certificate.id == certificate_id)
    row = await db.scalar(found.with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise NotFound
    return row


async def own_certificate(db: AnySession, certificate_id: UUID, *, by: UUID) -> Certificate:
    """A certificate of a provider she acts for. Raises: NotFound."""
    found = await db.get(Certificate, certificate_id)
    if found is None or not await acts_for(db, found.issuer_organisation_id, user_id=by):
        raise NotFound
    return found


async def held_certificate(db: AnySession, certificate_id: UUID, *, by: UUID) -> Certificate:
    """A certificate that she has claimed. Raises: NotFound."""
    found = await db.get(Certificate, certificate_id)
    if found is None or found.holder_user_id != by:
        raise NotFound
    return found


async def give(db: Session, certificate: Certificate, user_id: UUID, *, at: datetime) -> None:
    """It is hers now and speaks for her skills. The caller holds its lock and has proved who she is."""
    certificate.state, certificate.holder_user_id, certificate.claimed_at = "claimed", user_id, at
    await db.flush()
    proof = skills.Certification(
        user_id=user_id,
        reference=certificate.id,
        at=_noon(certificate.completed_on, at),
        issuer_organisation_id=certificate.issuer_organisation_id,
    )
    levels = {each["slug"]: each["level"] for each in certificate.learned["skills"]}
    known = await by_slugs(db, list(levels))
    await skills.certify(db, proof, {skill.id: levels[skill.slug] for skill in known})
    await audit.record(db, "certificate.claimed", subject=("certificate", certificate.id), by=user_id, at=at)


async def show_name(db: Session, certificate: Certificate, *, shows_name: bool, by: UUID, at: datetime) -> None:
    """Her name stands on its public page, or not."""
    held = await lock(db, certificate.id)
    if held.state == "revoked":
        raise RevokedAlready
    held.shows_name = shows_name
    await db.flush()
    action = "certificate.name_shown" if shows_name else "certificate.name_hidden"
    await audit.record(db, action, subject=("certificate", held.id), by=by, at=at)


async def revoke(
    db: Session, certificate: Certificate, reason: RevokeReason, note: str = "", *, by: UUID, at: datetime
) -> None:
    """Take it back: it proves nothing from this transaction on, and its page says so. The holder is told why.

    Raises: RevokedAlready, Invalid.
    """
    if len(note) > LONGEST_NOTE:
        raise Invalid.at("note", N_("Keep this under 1,000 letters."))
    if reason == "other" and not note.strip():
        raise Invalid.at("note", N_("Tell the holder the reason."))
    held = await lock(db, certificate.id)
    if held.state == "revoked":
        raise RevokedAlready
    holder, held.state, held.revoked_at = held.holder_user_id, "revoked", at
    held.revoke_reason, held.revoke_note, held.shows_name = reason, note.strip(), False
    await db.flush()
    if holder is not None:
        await skills.withdraw(db, held.id, user_id=holder)
    await audit.record(
        db, "certificate.revoked", subject=("certificate", held.id), by=by, at=at, why=held.revoke_note, reason=reason
    )
    if holder is not None:
        values = {"issuer": held.learned["issuer"], "course": held.learned["course"], "reason": held.revoke_note}
        await notify(db, holder, "certificate_revoked", values, link="/certificates", at=at)


async def replace(db: Session, certificate: Certificate, *, by: UUID, at: datetime) -> UUID:
    """Issue a new certificate in place of a revoked one; its graduate claims it anew. Raises: NotRevoked, Conflict."""
    held = await lock(db, certificate.id)
    if held.state != "revoked":
        raise NotRevoked
    award = Award(
        enrolment_id=held.enrolment_id,
        cohort_id=held.cohort_id,
        course_id=held.course_id,
        student_number=held.student_number,
        name=held.holder_name,
        completed_on=held.completed_on,
        skills=[each["slug"] for each in held.learned["skills"]],
    )
    made = await issue(db, [award], by=by, at=at)
    if not made:
        raise Conflict(N_("This student has another certificate of this course already."))
    return made[0]


async def _courses(db: AnySession, ids: set[UUID]) -> dict[UUID, Any]:
    taught = func.jsonb_agg(func.jsonb_build_object("slug", Skill.slug, "level", CourseSkill.level))
    skills_of = (
        select(taught)
        .select_from(CourseSkill)
        .join(Skill, Skill.id == CourseSkill.skill_id)
        .where(CourseSkill.course_id == Course.id)
        .scalar_subquery()
    )
    found = (
        select(
            *(Course.id, Course.name, Course.about, Course.hours, Programme.name.label("programme")),
            *(Programme.provider_organisation_id, Organisation.name.label("issuer"), skills_of.label("skills")),
        )
        .join(Programme, Programme.id == Course.programme_id)
        .join(Organisation, Organisation.id == Programme.provider_organisation_id)
        .where(Course.id.in_(ids))
    )
    return {row.id: row for row in (await db.execute(found)).all()}


def _learned(course: Any, reached: Sequence[str]) -> dict[str, Any]:
    """What the certificate says from now on, whatever becomes of the course. A skill it does not teach is left out."""
    taught = cast("list[dict[str, str]]", course.skills or [])
    return {
        "course": course.name,
        "programme": course.programme,
        "about": course.about,
        "hours": course.hours,
        "issuer": course.issuer,
        "skills": sorted((each for each in taught if each["slug"] in reached), key=lambda each: each["slug"]),
    }


def _noon(day: date, at: datetime) -> datetime:
    """The day as a moment: noon, so that it is the same day in every zone of the country."""
    return datetime.combine(day, datetime.min.time().replace(hour=12), at.tzinfo)
