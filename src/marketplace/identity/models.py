"""Users, organisations, memberships, sessions, single-use tokens, sent forms, rate counts, audit lines."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

StaffRole = Literal["moderator", "operator"]
MembershipRole = Literal["owner", "hiring", "finance", "member"]
OrganisationKind = Literal["employer", "organiser", "training_provider", "park_operator"]
TokenPurpose = Literal["verify_email", "reset_password", "change_email"]


class User(Base):
    """A person who signs in."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
        one_of("staff_role", StaffRole),
    )

    id: Mapped[UUID] = pk()
    email: Mapped[str]
    email_verified_at: Mapped[datetime | None] = optional_timestamp()
    password_hash: Mapped[str]
    name: Mapped[str]
    locale: Mapped[str] = mapped_column(server_default="en")
    time_zone: Mapped[str] = mapped_column(server_default="Asia/Karachi")
    staff_role: Mapped[str | None]
    created_at: Mapped[datetime] = timestamp()
    closed_at: Mapped[datetime | None] = optional_timestamp()


class Organisation(Base):
    """An employer, organiser, training provider or park operator; `kinds` says which roles it plays."""

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint(
            "kinds <@ ARRAY['employer','organiser','training_provider','park_operator']::text[]", name="kinds"
        ),
    )

    id: Mapped[UUID] = pk()
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    is_personal: Mapped[bool] = mapped_column(server_default="false")
    about: Mapped[str] = mapped_column(server_default="")
    website: Mapped[str] = mapped_column(server_default="")
    country: Mapped[str] = mapped_column(server_default="PK")
    created_at: Mapped[datetime] = timestamp()


class Membership(Base):
    """A user's role in an organisation."""

    __tablename__ = "memberships"
    __table_args__ = (one_of("role", MembershipRole), Index("ix_memberships_organisation_id", "organisation_id"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = timestamp()


class UserSession(Base):
    """One signed-in browser. The cookie's secret is stored only as its SHA-256."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    id: Mapped[UUID] = pk()
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    created_at: Mapped[datetime] = timestamp()
    seen_at: Mapped[datetime] = timestamp()
    expires_at: Mapped[datetime] = timestamp()
    stepped_up_at: Mapped[datetime | None] = optional_timestamp()
    ip: Mapped[str] = mapped_column(server_default="")
    user_agent: Mapped[str] = mapped_column(server_default="")


class Token(Base):
    """A secret sent by mail that works once: verifies an address, resets a password, changes an address."""

    __tablename__ = "tokens"
    __table_args__ = (one_of("purpose", TokenPurpose), Index("ix_tokens_user_id", "user_id"))

    id: Mapped[UUID] = pk()
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    purpose: Mapped[str]
    email: Mapped[str]
    created_at: Mapped[datetime] = timestamp()
    expires_at: Mapped[datetime] = timestamp()
    used_at: Mapped[datetime | None] = optional_timestamp()


class FormSubmission(Base):
    """A creating form that was sent, by the id it carried, and where its result is: a double click never doubles."""

    __tablename__ = "form_submissions"
    __table_args__ = (Index("ix_form_submissions_created_at", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    location: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()


class RateCount(Base):
    """How often `key` (rule, user, IP) did something in the window that began at `window_at`."""

    __tablename__ = "rate_counts"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class AuditLine(Base):
    """Who changed what and when, or which staff member read which private text and why. Never changed or removed."""

    __tablename__ = "audit_lines"
    __table_args__ = (Index("ix_audit_lines_subject", "subject_kind", "subject_id", "id"),)

    id: Mapped[UUID] = pk()
    at: Mapped[datetime] = timestamp()
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    values: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    why: Mapped[str] = mapped_column(server_default="")
