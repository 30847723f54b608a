"""Candidates of a fair: with an account or only a phone; what both sides wish."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

CandidateState = Literal["waiting", "registered", "confirmed", "withdrawn", "removed"]
CandidateSource = Literal["self", "bulk", "invited", "walk_in"]
FairPayPeriod = Literal["hour", "month", "year", "fixed"]
PreferenceSide = Literal["candidate", "employer"]
Choice = Literal["must", "would", "no"]


class FairCandidate(Base):
    """Who registers at a fair. `user_id` is empty for those without an account, until it is claimed by a code.

    Registered and confirmed ones hold a seat (Fair.seats_taken counts exactly them); waiting ones stand in the order of
    `waiting_at`. `ticket_hash` is the SHA-256 of the ticket's secret, `code` what can be typed at the door, `number`
    what is called. `arrives_at` and `leaves_at` are the transport window; `away` is a list of further [from, until] in
    ISO 8601: she is free in every slot inside the window that overlaps none. `availability_for` is the fair's
    `dates_version` for which she said so. `is_woman` is said by herself or her centre, for women-only slots and counts
    in the report, and nothing else.
    """

    __tablename__ = "fair_candidates"
    __table_args__ = (
        one_of("state", CandidateState),
        one_of("source", CandidateSource),
        one_of("pay_period", FairPayPeriod),
        UniqueConstraint("id", "fair_id"),
        UniqueConstraint("fair_id", "number"),
        UniqueConstraint("fair_id", "code"),
        CheckConstraint("companions BETWEEN 0 AND 10", name="companions"),
        CheckConstraint("pay_floor_minor >= 0", name="pay"),
        CheckConstraint("(pay_floor_minor IS NULL) = (currency IS NULL)", name="currency"),
        CheckConstraint("leaves_at > arrives_at", name="window"),
        CheckConstraint("state <> 'waiting' OR waiting_at IS NOT NULL", name="waiting"),
        *(
            Index(
                f"uq_fair_candidates_{name}",
                *("fair_id", column),
                unique=True,
                postgresql_where=f"{name} IS NOT NULL AND state NOT IN ('withdrawn', 'removed')",
            )
            for name, column in (("user_id", "user_id"), ("phone", "phone"), ("email", text("lower(email)")))
        ),
        Index("ix_fair_candidates_fair_id", "fair_id", "state", "id"),
        Index("ix_fair_candidates_waiting", "fair_id", "waiting_at", "id", postgresql_where="state = 'waiting'"),
        Index("ix_fair_candidates_user_id", "user_id", "id"),
        Index("ix_fair_candidates_inside", "fair_id", postgresql_where="is_inside"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    number: Mapped[int]
    code: Mapped[str]
    ticket_hash: Mapped[bytes] = mapped_column(unique=True)
    ticket_version: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[str]
    source: Mapped[str] = mapped_column(server_default="self")
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("fair_imports.id"))
    centre_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    centre: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="en")
    is_woman: Mapped[bool | None]
    is_newcomer: Mapped[bool] = mapped_column(server_default="false")
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.slug"))
    education: Mapped[str] = mapped_column(server_default="")
    about: Mapped[str] = mapped_column(server_default="")
    skill_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    pay_floor_minor: Mapped[int | None] = amount(nullable=True)
    currency: Mapped[str | None] = currency(nullable=True)
    pay_period: Mapped[str | None]
    companions: Mapped[int] = mapped_column(server_default="0")
    arrives_at: Mapped[datetime | None] = optional_timestamp()
    leaves_at: Mapped[datetime | None] = optional_timestamp()
    away: Mapped[list[Any]] = mapped_column(server_default="[]")
    availability_for: Mapped[int] = mapped_column(server_default="1")
    takes_sms: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    waiting_at: Mapped[datetime | None] = optional_timestamp()
    confirmed_at: Mapped[datetime | None] = optional_timestamp()
    claimed_at: Mapped[datetime | None] = optional_timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()
    checked_in_at: Mapped[datetime | None] = optional_timestamp()
    left_at: Mapped[datetime | None] = optional_timestamp()
    is_inside: Mapped[bool] = mapped_column(server_default="false")
    standby_at: Mapped[datetime | None] = optional_timestamp()


class FairInvitation(Base):
    """A freelancer found in search was asked to come, by the organiser or by an approved employer."""

    __tablename__ = "fair_invitations"
    __table_args__ = (
        UniqueConstraint("fair_id", "freelancer_id"),
        Index("ix_fair_invitations_freelancer_id", "freelancer_id", "id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    booth_id: Mapped[UUID | None] = mapped_column(ForeignKey("booths.id"))
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()
    declined_at: Mapped[datetime | None] = optional_timestamp()


class Preference(Base):
    """What one side wishes of the other before the timetable. `rank` 1 is wished most; a no is final and private."""

    __tablename__ = "preferences"
    __table_args__ = (
        one_of("side", PreferenceSide),
        one_of("choice", Choice),
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        CheckConstraint("rank BETWEEN 1 AND 1000", name="rank"),
        Index("ix_preferences_fair_id", "fair_id"),
        Index("ix_preferences_booth_id", "booth_id", "side"),
    )

    candidate_id: Mapped[UUID] = mapped_column(primary_key=True)
    booth_id: Mapped[UUID] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    choice: Mapped[str]
    rank: Mapped[int | None] = mapped_column(SmallInteger)
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[datetime] = timestamp()
