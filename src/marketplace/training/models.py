"""Programmes, courses, cohorts; who learns there; what is issued, claimed, revoked; certificates of outside issuers."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of
from marketplace.skills.models import SkillLevel

CohortState = Literal["planned", "open", "running", "ended", "cancelled"]
EnrolmentState = Literal["applied", "enrolled", "completed", "dropped"]
Intent = Literal["job", "freelance", "business", "study"]
CertificateState = Literal["issued", "claimed", "revoked"]
RevokeReason = Literal["mistake", "identity", "cheating", "not_completed", "other"]
ImportState = Literal["previewed", "loading", "loaded", "discarded"]
ClaimChannel = Literal["mail", "sms", "print"]
OutsideState = Literal["unchecked", "checked", "refused", "withdrawn"]


class Programme(Base):
    """A provider's offer of training. Strangers see it from `published_at` on."""

    __tablename__ = "programmes"
    __table_args__ = (
        Index("ix_programmes_provider_organisation_id", "provider_organisation_id"),
        Index("ix_programmes_published", "published_at", "id", postgresql_where="published_at IS NOT NULL"),
    )

    id: Mapped[UUID] = pk()
    provider_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    about: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="en")
    published_at: Mapped[datetime | None] = optional_timestamp()
    created_at: Mapped[datetime] = timestamp()


class Course(Base):
    """A part of a programme that is certified on its own. `about` says what somebody can do after it."""

    __tablename__ = "courses"
    __table_args__ = (
        CheckConstraint("hours BETWEEN 0 AND 5000", name="hours"),
        Index("uq_courses_name", "programme_id", text("lower(name)"), unique=True),
    )

    id: Mapped[UUID] = pk()
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    name: Mapped[str]
    about: Mapped[str] = mapped_column(server_default="")
    hours: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = timestamp()


class CourseSkill(Base):
    """A skill that a course teaches, and up to which level."""

    __tablename__ = "course_skills"
    __table_args__ = (one_of("level", SkillLevel),)

    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    skill_id: Mapped[UUID] = mapped_column(ForeignKey("skills.id"), primary_key=True)
    level: Mapped[str]


class Cohort(Base):
    """One run of a programme: online, at a park, or at a place of the provider's own."""

    __tablename__ = "cohorts"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("seats > 0", name="seats"),
        one_of("state", CohortState),
        Index("ix_cohorts_programme_id", "programme_id"),
    )

    id: Mapped[UUID] = pk()
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    park_id: Mapped[UUID | None] = mapped_column(ForeignKey("parks.id"))
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    seats: Mapped[int]
    is_women_only: Mapped[bool] = mapped_column(server_default="false")
    is_online: Mapped[bool] = mapped_column(server_default="false")
    state: Mapped[str] = mapped_column(server_default="planned")
    created_at: Mapped[datetime] = timestamp(server_default=text("now()"))


class Enrolment(Base):
    """One learner in a cohort: an account of ours, or somebody the provider knows by a student number only.

    Name, e-mail and phone are the provider's own and private. `intent` is what she wants afterwards, said when she
    applies and never changed (outcomes are measured against it).
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        one_of("state", EnrolmentState),
        one_of("intent", Intent),
        CheckConstraint("user_id IS NOT NULL OR student_number IS NOT NULL", name="somebody"),
        Index("uq_enrolments_user", "cohort_id", "user_id", unique=True, postgresql_where="user_id IS NOT NULL"),
        Index(
            "uq_enrolments_student",
            *("cohort_id", "student_number"),
            unique=True,
            postgresql_where="student_number IS NOT NULL",
        ),
        Index("ix_enrolments_user_id", "user_id"),
    )

    id: Mapped[UUID] = pk()
    cohort_id: Mapped[UUID] = mapped_column(ForeignKey("cohorts.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    student_number: Mapped[str | None]
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    state: Mapped[str]
    intent: Mapped[str | None]
    created_at: Mapped[datetime] = timestamp()
    decided_at: Mapped[datetime | None] = optional_timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()


class GraduateImport(Base):
    """A file of graduates: read and shown first, loaded after a yes, in steps. `rows` and `faults` are lists of dicts.

    `loaded` counts the rows gone through; `made` those that became certificates (the others were there before).
    """

    __tablename__ = "graduate_imports"
    __table_args__ = (one_of("state", ImportState), Index("ix_graduate_imports_cohort_id", "cohort_id", "id"))

    id: Mapped[UUID] = pk()
    cohort_id: Mapped[UUID] = mapped_column(ForeignKey("cohorts.id"))
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    file_name: Mapped[str]
    state: Mapped[str]
    rows: Mapped[list[Any]]
    faults: Mapped[list[Any]]
    sends_links: Mapped[bool] = mapped_column(server_default="false")
    loaded: Mapped[int] = mapped_column(server_default="0")
    made: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = timestamp()
    loaded_at: Mapped[datetime | None] = optional_timestamp()


class Certificate(Base):
    """What a provider vouches for. Its words are frozen in `learned` when it is issued, as a credential needs them:

    {"course", "programme", "about", "hours", "issuer", "skills": [{"slug", "level"}]}. `holder_name` is private until
    the holder has claimed it and `shows_name`. One per course and student number, beside those revoked.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        one_of("state", CertificateState),
        one_of("revoke_reason", RevokeReason),
        CheckConstraint("(state = 'claimed') <= (holder_user_id IS NOT NULL)", name="holder"),
        CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name="revoked"),
        CheckConstraint("NOT shows_name OR holder_user_id IS NOT NULL", name="name"),
        Index(
            "uq_certificates_living",
            *("course_id", "student_number"),
            unique=True,
            postgresql_where="state <> 'revoked'",
        ),
        Index("ix_certificates_cohort_id", "cohort_id", "id"),
        Index("ix_certificates_enrolment_id", "enrolment_id"),
        Index("ix_certificates_holder_user_id", "holder_user_id"),
        Index("ix_certificates_issuer_organisation_id", "issuer_organisation_id", "state"),
        Index(
            "ix_certificates_untold",
            "issuer_organisation_id",
            postgresql_where="claimed_at IS NOT NULL AND claim_told_at IS NULL",
        ),
    )

    id: Mapped[UUID] = pk()
    issuer_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id"))
    cohort_id: Mapped[UUID] = mapped_column(ForeignKey("cohorts.id"))
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolments.id"))
    student_number: Mapped[str]
    holder_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    holder_name: Mapped[str]
    shows_name: Mapped[bool] = mapped_column(server_default="false")
    learned: Mapped[dict[str, Any]]
    completed_on: Mapped[date]
    state: Mapped[str]
    issued_at: Mapped[datetime] = timestamp()
    claimed_at: Mapped[datetime | None] = optional_timestamp()
    claim_told_at: Mapped[datetime | None] = optional_timestamp()
    revoked_at: Mapped[datetime | None] = optional_timestamp()
    revoke_reason: Mapped[str | None]
    revoke_note: Mapped[str] = mapped_column(server_default="")


class CertificateClaim(Base):
    """A link by which a graduate takes her certificate: a secret that works once. `sent_to` binds it to an address."""

    __tablename__ = "certificate_claims"
    __table_args__ = (
        one_of("channel", ClaimChannel),
        Index("ix_certificate_claims_certificate_id", "certificate_id"),
    )

    id: Mapped[UUID] = pk()
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificates.id"))
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    channel: Mapped[str]
    sent_to: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    expires_at: Mapped[datetime] = timestamp()
    used_at: Mapped[datetime | None] = optional_timestamp()


class OutsideCertificate(Base):
    """What a freelancer says an outside issuer (a slug of search/issuers.toml) gave her; it counts once checked."""

    __tablename__ = "outside_certificates"
    __table_args__ = (
        one_of("state", OutsideState),
        CheckConstraint("link <> '' OR file_id IS NOT NULL", name="proof"),
        Index(
            "uq_outside_certificates_number",
            *("issuer", text("lower(number)")),
            unique=True,
            postgresql_where="state = 'checked'",
        ),
        Index("ix_outside_certificates_user_id", "user_id"),
        Index("ix_outside_certificates_file_id", "file_id"),
        Index("ix_outside_certificates_unchecked", "id", postgresql_where="state = 'unchecked'"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    issuer: Mapped[str]
    title: Mapped[str]
    number: Mapped[str]
    link: Mapped[str] = mapped_column(server_default="")
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    skill_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    issued_on: Mapped[date]
    state: Mapped[str]
    created_at: Mapped[datetime] = timestamp()
    decided_at: Mapped[datetime | None] = optional_timestamp()
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_why: Mapped[str] = mapped_column(server_default="")
