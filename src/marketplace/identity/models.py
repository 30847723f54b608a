"""Users, organisations, memberships and seats, sessions and second factors, tokens, exports, the audit log."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

StaffRole = Literal["moderator", "operator", "finance"]
MembershipRole = Literal["owner", "hiring", "finance", "member"]
OrganisationKind = Literal["employer", "organiser", "training_provider", "park_operator"]
TokenPurpose = Literal["verify_email", "reset_password", "change_email"]
Gender = Literal["woman", "man"]
ChallengePurpose = Literal["phone_sign_in", "new_phone", "second_factor", "passkey_sign_in", "new_passkey", "step_up"]
ExportState = Literal["asked", "ready", "failed", "over"]


class User(Base):
    """A person who signs in, by e-mail or phone: an open account has one of them. `phone` is E.164 and proved.

    `gender` is what she said herself, for women-only sessions and nothing else: never shown, never in an index.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
        Index("uq_users_phone", "phone", unique=True, postgresql_where="phone IS NOT NULL"),
        one_of("staff_role", StaffRole),
        one_of("gender", Gender),
        CheckConstraint("email IS NOT NULL OR phone IS NOT NULL OR closed_at IS NOT NULL", name="reachable"),
        CheckConstraint("digest_hour BETWEEN 0 AND 23", name="digest_hour"),
    )

    id: Mapped[UUID] = pk()
    email: Mapped[str | None]
    email_verified_at: Mapped[datetime | None] = optional_timestamp()
    phone: Mapped[str | None]
    phone_verified_at: Mapped[datetime | None] = optional_timestamp()
    password_hash: Mapped[str]
    name: Mapped[str]
    gender: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="en")
    time_zone: Mapped[str] = mapped_column(server_default="Asia/Karachi")
    digest_hour: Mapped[int] = mapped_column(SmallInteger, server_default="18")
    staff_role: Mapped[str | None]
    created_at: Mapped[datetime] = timestamp()
    closed_at: Mapped[datetime | None] = optional_timestamp()


class Organisation(Base):
    """An employer, organiser, training provider or park operator; `kinds` says which roles it plays.

    A moderator has read a posting of it at `postings_approved_at`: later ones are published at once.
    """

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
    postings_approved_at: Mapped[datetime | None] = optional_timestamp()


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


class Challenge(Base):
    """A question on its way: a code sent to a phone, or what a passkey has to sign. Works once, few tries, minutes.

    The browser holds a secret of which `secret_hash` is kept; `passed_at` says that the phone was proved and only a
    name is missing.
    """

    __tablename__ = "challenges"
    __table_args__ = (
        one_of("purpose", ChallengePurpose),
        Index("ix_challenges_expires_at", "expires_at"),
        Index("ix_challenges_user_id", "user_id"),
    )

    id: Mapped[UUID] = pk()
    purpose: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    phone: Mapped[str] = mapped_column(server_default="")
    code_hash: Mapped[bytes | None]
    nonce: Mapped[bytes | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = timestamp()
    expires_at: Mapped[datetime] = timestamp()
    passed_at: Mapped[datetime | None] = optional_timestamp()
    used_at: Mapped[datetime | None] = optional_timestamp()


class Passkey(Base):
    """A public key whose private half lives in her phone or computer."""

    __tablename__ = "passkeys"
    __table_args__ = (Index("ix_passkeys_user_id", "user_id"),)

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    name: Mapped[str]
    created_at: Mapped[datetime] = timestamp()
    last_used_at: Mapped[datetime | None] = optional_timestamp()


class Authenticator(Base):
    """Her authenticator app. `last_step` is the last half minute whose code was taken: none works twice."""

    __tablename__ = "authenticators"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    sealed_secret: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime] = timestamp()
    confirmed_at: Mapped[datetime | None] = optional_timestamp()


class RecoveryCode(Base):
    """One of ten codes on paper; each works once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("uq_recovery_codes_user_id_code_hash", "user_id", "code_hash", unique=True),)

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[bytes]
    created_at: Mapped[datetime] = timestamp()
    used_at: Mapped[datetime | None] = optional_timestamp()


class Recovery(Base):
    """She lost every second factor: after `due_at` the mailed link takes them off, unless somebody cancels before."""

    __tablename__ = "recoveries"
    __table_args__ = (
        Index(
            "uq_recoveries_open", "user_id", unique=True, postgresql_where="used_at IS NULL AND cancelled_at IS NULL"
        ),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    asked_at: Mapped[datetime] = timestamp()
    due_at: Mapped[datetime] = timestamp()
    cancelled_at: Mapped[datetime | None] = optional_timestamp()
    used_at: Mapped[datetime | None] = optional_timestamp()


class SeatInvitation(Base):
    """A mailed link that makes whoever opens it a member: once, for seven days, until it is revoked."""

    __tablename__ = "seat_invitations"
    __table_args__ = (
        one_of("role", MembershipRole),
        Index(
            "uq_seat_invitations_open",
            "organisation_id",
            text("lower(email)"),
            unique=True,
            postgresql_where="accepted_at IS NULL AND revoked_at IS NULL",
        ),
        Index("ix_seat_invitations_accepted_by", "accepted_by_user_id"),
    )

    id: Mapped[UUID] = pk()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    email: Mapped[str]
    role: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    invited_by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()
    expires_at: Mapped[datetime] = timestamp()
    accepted_at: Mapped[datetime | None] = optional_timestamp()
    accepted_by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None] = optional_timestamp()


class DataExport(Base):
    """All rows about her in one file, made in the background; hers alone to download for seven days."""

    __tablename__ = "data_exports"
    __table_args__ = (
        one_of("state", ExportState),
        Index("uq_data_exports_asked", "user_id", unique=True, postgresql_where="state = 'asked'"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(server_default="asked")
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    asked_at: Mapped[datetime] = timestamp()
    ready_at: Mapped[datetime | None] = optional_timestamp()
    expires_at: Mapped[datetime | None] = optional_timestamp()


class AccountDeletion(Base):
    """She wants to be forgotten: done at `due_at`, unless she undoes it before."""

    __tablename__ = "account_deletions"
    __table_args__ = (
        Index(
            "uq_account_deletions_open",
            "user_id",
            unique=True,
            postgresql_where="undone_at IS NULL AND done_at IS NULL",
        ),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = timestamp()
    due_at: Mapped[datetime] = timestamp()
    undone_at: Mapped[datetime | None] = optional_timestamp()
    done_at: Mapped[datetime | None] = optional_timestamp()


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
