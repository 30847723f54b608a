"""Postings, their skills, terms of employment, and drafts of people who have not signed in yet."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of, some_of

PostingKind = Literal["gig", "job", "internship"]
PostingState = Literal["draft", "pending_review", "open", "paused", "filled", "closed", "expired", "removed"]
PayKind = Literal["fixed", "hourly", "monthly", "yearly"]
EmploymentType = Literal["full_time", "part_time", "temporary"]
Level = Literal["entry", "junior", "mid", "senior"]
WomenFriendly = Literal["in_writing", "own_hours", "woman_contact", "transport", "own_rooms"]
"""What an employer promises that makes work easier for women; the last two of a place to go to."""


class Posting(Base):
    """`questions` is a list of strings (gigs) or of screening.Question as dicts (jobs, internships). `closes_at` ends
    proposals and applications; `answer_by` is until when all get an answer. `source_ref`: its key in the file
    `source`; a file may name a place that is none of our districts. `level` is a gig's, None where any will do; a
    job's stands in its terms.
    """

    __tablename__ = "postings"
    __table_args__ = (
        one_of("kind", PostingKind),
        one_of("state", PostingState),
        one_of("pay_kind", PayKind),
        one_of("level", Level),
        some_of("women_friendly", WomenFriendly),
        CheckConstraint("pay_min_minor >= 0 AND pay_max_minor >= pay_min_minor", name="pay"),
        CheckConstraint("is_remote OR district IS NOT NULL OR state = 'draft' OR source_ref IS NOT NULL", name="place"),
        Index("ix_postings_organisation_id", "organisation_id", "id"),
        Index("ix_postings_open", "kind", "published_at", "id", postgresql_where="state = 'open'"),
        Index("uq_postings_source_ref", "organisation_id", "source", "source_ref", unique=True),
        Index("ix_postings_closes_at", "closes_at", postgresql_where="state IN ('open', 'paused')"),
    )

    id: Mapped[UUID] = pk()
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="draft")
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str]
    pay_kind: Mapped[str]
    pay_min_minor: Mapped[int] = amount()
    pay_max_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    is_remote: Mapped[bool]
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.slug"))
    park_id: Mapped[UUID | None] = mapped_column(ForeignKey("parks.id"))
    language: Mapped[str] = mapped_column(server_default="en")
    level: Mapped[str | None]
    women_friendly: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    questions: Mapped[list[Any]] = mapped_column(server_default="[]")
    closes_at: Mapped[datetime | None] = optional_timestamp()
    answer_by: Mapped[datetime | None] = optional_timestamp()
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    published_at: Mapped[datetime | None] = optional_timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()
    source: Mapped[str] = mapped_column(server_default="")
    source_ref: Mapped[str | None]


class PostingSkill(Base):
    """A skill that a posting asks for."""

    __tablename__ = "posting_skills"
    __table_args__ = (Index("ix_posting_skills_skill_id", "skill_id"),)

    posting_id: Mapped[UUID] = mapped_column(ForeignKey("postings.id"), primary_key=True)
    skill_id: Mapped[UUID] = mapped_column(ForeignKey("skills.id"), primary_key=True)


class Employment(Base):
    """What a job or internship says beyond a gig; `place` is coarse, `months` how long it lasts (None: without end)."""

    __tablename__ = "employments"
    __table_args__ = (
        one_of("type", EmploymentType),
        one_of("level", Level),
        CheckConstraint("hours_a_week BETWEEN 1 AND 60", name="hours_a_week"),
        CheckConstraint("months BETWEEN 1 AND 12", name="months"),
        CheckConstraint("openings BETWEEN 1 AND 500", name="openings"),
    )

    posting_id: Mapped[UUID] = mapped_column(ForeignKey("postings.id"), primary_key=True)
    type: Mapped[str]
    level: Mapped[str]
    hours_a_week: Mapped[int]
    place: Mapped[str] = mapped_column(server_default="")
    starts_on: Mapped[date | None]
    months: Mapped[int | None]
    openings: Mapped[int] = mapped_column(server_default="1")
    is_women_only: Mapped[bool] = mapped_column(server_default="false")
    women_only_reason: Mapped[str] = mapped_column(server_default="")


class Invitation(Base):
    """An employer asks a freelancer to propose or apply. Declining it counts nowhere."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("posting_id", "freelancer_id"),
        Index("ix_invitations_freelancer_id", "freelancer_id", "id"),
    )

    id: Mapped[UUID] = pk()
    posting_id: Mapped[UUID] = mapped_column(ForeignKey("postings.id"))
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()
    declined_at: Mapped[datetime | None] = optional_timestamp()


class PostingDraft(Base):
    """The form of somebody who has not signed in yet; the secret is in her cookie, here only its SHA-256."""

    __tablename__ = "posting_drafts"

    secret_hash: Mapped[bytes] = mapped_column(primary_key=True)
    form: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = timestamp()
    expires_at: Mapped[datetime] = timestamp()
