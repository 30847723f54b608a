"""Applications, the pipeline of a posting, notes, scorecards, interviews, offers."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

ApplicationState = Literal["submitted", "screening", "interview", "offer", "hired", "rejected", "withdrawn"]
InterviewState = Literal["proposed", "agreed", "declined", "cancelled"]
InterviewKind = Literal["online", "phone", "place"]
Side = Literal["employer", "candidate"]
OfferState = Literal["sent", "accepted", "declined", "withdrawn", "expired"]
SalaryPeriod = Literal["month", "year", "hour"]
Recommendation = Literal["strong_no", "no", "yes", "strong_yes"]


class Application(Base):
    """`answers` is a list of {"question", "answer"}; `letter` stands for her until she is shortlisted (A, B, … AA).

    `cv_file_id` is None where she applies with her profile. `flags` counts her answers that are not what the employer
    hoped for (postings/screening.py); they reject nobody.
    """

    __tablename__ = "applications"
    __table_args__ = (
        one_of("state", ApplicationState),
        UniqueConstraint("posting_id", "letter"),
        Index(
            "uq_applications_living",
            "posting_id",
            "freelancer_id",
            unique=True,
            postgresql_where="state <> 'withdrawn'",
        ),
        Index("ix_applications_stage", "posting_id", "state", "submitted_at", "id"),
        Index("ix_applications_freelancer_id", "freelancer_id", "id"),
        Index("ix_applications_waiting", "posting_id", postgresql_where="decided_at IS NULL"),
    )

    id: Mapped[UUID] = pk()
    posting_id: Mapped[UUID] = mapped_column(ForeignKey("postings.id"))
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    state: Mapped[str]
    letter: Mapped[str]
    cover: Mapped[str]
    answers: Mapped[list[Any]] = mapped_column(server_default="[]")
    cv_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    submitted_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    shortlisted_at: Mapped[datetime | None] = optional_timestamp()
    decided_at: Mapped[datetime | None] = optional_timestamp()
    reject_reason: Mapped[str] = mapped_column(server_default="")
    reject_note: Mapped[str] = mapped_column(server_default="")
    is_auto_answered: Mapped[bool] = mapped_column(server_default="false")
    flags: Mapped[int] = mapped_column(server_default="0")


class Pipeline(Base):
    """What the employer's people agreed for one posting: `criteria` of its scorecards, a list of strings.

    `told_at` is when they were last told of new applications.
    """

    __tablename__ = "pipelines"

    posting_id: Mapped[UUID] = mapped_column(ForeignKey("postings.id"), primary_key=True)
    criteria: Mapped[list[Any]] = mapped_column(server_default="[]")
    told_at: Mapped[datetime | None] = optional_timestamp()


class ApplicationNote(Base):
    """A private note of the employer's people; the candidate never sees it."""

    __tablename__ = "application_notes"
    __table_args__ = (Index("ix_application_notes_application_id", "application_id", "id"),)

    id: Mapped[UUID] = pk()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
    created_at: Mapped[datetime] = timestamp()


class Scorecard(Base):
    """One colleague's judgement: `scores` is {criterion: 1..5}, `average` their mean."""

    __tablename__ = "scorecards"
    __table_args__ = (
        one_of("recommendation", Recommendation),
        UniqueConstraint("application_id", "by_user_id"),
    )

    id: Mapped[UUID] = pk()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    scores: Mapped[dict[str, Any]]
    average: Mapped[float]
    recommendation: Mapped[str]
    comment: Mapped[str] = mapped_column(server_default="")
    updated_at: Mapped[datetime] = timestamp()


class Interview(Base):
    """`options` are the times that one side (`offered_by`) offers; `starts_at` is the one the other side chose.
    `sequence` counts changes, as ICS wants it (RFC 5545, 3.8.7.4). `place` is an address, a phone number or a link,
    by kind.
    """

    __tablename__ = "interviews"
    __table_args__ = (
        one_of("state", InterviewState),
        one_of("kind", InterviewKind),
        one_of("offered_by", Side),
        CheckConstraint("minutes BETWEEN 5 AND 480", name="minutes"),
        CheckConstraint("(state = 'agreed') <= (starts_at IS NOT NULL)", name="agreed"),
        Index("ix_interviews_application_id", "application_id", "id"),
        Index("ix_interviews_starts_at", "starts_at", postgresql_where="state = 'agreed'"),
    )

    id: Mapped[UUID] = pk()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    state: Mapped[str]
    kind: Mapped[str]
    options: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    offered_by: Mapped[str] = mapped_column(server_default="employer")
    starts_at: Mapped[datetime | None] = optional_timestamp()
    minutes: Mapped[int]
    place: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    sequence: Mapped[int] = mapped_column(server_default="0")
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()


class Offer(Base):
    """An offer of employment; at most one waits for an answer per application."""

    __tablename__ = "job_offers"
    __table_args__ = (
        one_of("state", OfferState),
        one_of("period", SalaryPeriod),
        CheckConstraint("salary_minor > 0", name="salary"),
        Index("uq_job_offers_waiting", "application_id", unique=True, postgresql_where="state = 'sent'"),
    )

    id: Mapped[UUID] = pk()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    state: Mapped[str]
    salary_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    period: Mapped[str]
    starts_on: Mapped[date]
    text: Mapped[str]
    answer_by: Mapped[datetime] = timestamp()
    decline_reason: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()
    decided_at: Mapped[datetime | None] = optional_timestamp()
