"""Employers at a fair: booths, their postings, tables, representatives."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

BoothState = Literal["invited", "requested", "approved", "confirmed", "refused", "withdrawn"]
ClosureReason = Literal["break", "late", "closed", "reserve"]
FairPayPeriod = Literal["hour", "month", "year", "fixed"]


class Booth(Base):
    """An employer at a fair: by its organisation, or (from a file, or invited by a link) by `name` until one claims it.

    Approved booths are on the public page and in the timetable; confirmed ones have an open posting attached, which
    needs an organisation. `wants_tables` is what it asked for. Pay, skills and language are those of its file; where
    postings are attached theirs count. `availability_for` is the fair's `dates_version` for which it said that it
    comes. `last_queue_number` numbers its queue in an open hall. `answers_all_since`: the queue gives the same
    answer to all who wait.
    """

    __tablename__ = "booths"
    __table_args__ = (
        one_of("state", BoothState),
        one_of("pay_period", FairPayPeriod),
        UniqueConstraint("id", "fair_id"),
        CheckConstraint("state <> 'confirmed' OR organisation_id IS NOT NULL", name="confirmed"),
        CheckConstraint("pay_from_minor >= 0 AND pay_to_minor >= pay_from_minor", name="pay"),
        CheckConstraint("(pay_to_minor IS NULL) = (currency IS NULL)", name="currency"),
        CheckConstraint("wants_tables BETWEEN 1 AND 100", name="wants_tables"),
        Index(
            "uq_booths_organisation",
            *("fair_id", "organisation_id"),
            unique=True,
            postgresql_where="organisation_id IS NOT NULL AND state <> 'withdrawn'",
        ),
        Index("uq_booths_name", "fair_id", text("lower(name)"), unique=True, postgresql_where="state <> 'withdrawn'"),
        Index("ix_booths_fair_id", "fair_id", "state", "id"),
        Index("ix_booths_organisation_id", "organisation_id", "id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str]
    about: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str]
    label: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str | None]
    invitation_hash: Mapped[bytes | None] = mapped_column(unique=True)
    wants_tables: Mapped[int] = mapped_column(server_default="1")
    note: Mapped[str] = mapped_column(server_default="")
    arrives_at: Mapped[datetime | None] = optional_timestamp()
    leaves_at: Mapped[datetime | None] = optional_timestamp()
    pay_from_minor: Mapped[int | None] = amount(nullable=True)
    pay_to_minor: Mapped[int | None] = amount(nullable=True)
    currency: Mapped[str | None] = currency(nullable=True)
    pay_period: Mapped[str | None]
    must_skill_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    availability_for: Mapped[int] = mapped_column(server_default="1")
    last_queue_number: Mapped[int] = mapped_column(server_default="0")
    answers_all_since: Mapped[datetime | None] = optional_timestamp()
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    requested_at: Mapped[datetime | None] = optional_timestamp()
    terms_accepted_at: Mapped[datetime | None] = optional_timestamp()
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = optional_timestamp()
    refuse_reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()


class BoothPosting(Base):
    """A posting of the employer that it hires for at the fair."""

    __tablename__ = "booth_postings"
    __table_args__ = (Index("ix_booth_postings_posting_id", "posting_id"),)

    booth_id: Mapped[UUID] = mapped_column(ForeignKey("booths.id"), primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(ForeignKey("postings.id"), primary_key=True)
    added_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = timestamp()


class FairTable(Base):
    """One interviewer at a time, of one booth, in a room. `closed_at`: on the day it took nobody any more."""

    __tablename__ = "fair_tables"
    __table_args__ = (
        UniqueConstraint("id", "fair_id"),
        UniqueConstraint("id", "booth_id"),
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        ForeignKeyConstraint(["room_id", "fair_id"], ["fair_rooms.id", "fair_rooms.fair_id"]),
        Index("uq_fair_tables_label", "fair_id", text("lower(label)"), unique=True),
        Index("ix_fair_tables_booth_id", "booth_id", "id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    booth_id: Mapped[UUID]
    room_id: Mapped[UUID | None]
    label: Mapped[str]
    closed_at: Mapped[datetime | None] = optional_timestamp()


class TableClosure(Base):
    """A slot in which a table takes nobody; all other meeting slots are open."""

    __tablename__ = "table_closures"
    __table_args__ = (
        one_of("reason", ClosureReason),
        ForeignKeyConstraint(["table_id", "fair_id"], ["fair_tables.id", "fair_tables.fair_id"]),
        ForeignKeyConstraint(["slot_id", "fair_id"], ["fair_slots.id", "fair_slots.fair_id"]),
        Index("ix_table_closures_fair_id", "fair_id"),
        Index("ix_table_closures_slot_id", "slot_id"),
    )

    table_id: Mapped[UUID] = mapped_column(primary_key=True)
    slot_id: Mapped[UUID] = mapped_column(primary_key=True)
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    reason: Mapped[str]


class Representative(Base):
    """Who speaks for an employer at the fair: with an account, or without one. Replaced ones have `ended_at`.

    `link_hash` is the SHA-256 of the link by which somebody without an account runs `table_id` on the day; `link_by`
    gave it.
    """

    __tablename__ = "representatives"
    __table_args__ = (
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        ForeignKeyConstraint(["table_id", "booth_id"], ["fair_tables.id", "fair_tables.booth_id"]),
        CheckConstraint(
            "link_hash IS NULL OR (table_id IS NOT NULL AND link_by IS NOT NULL AND link_at IS NOT NULL)", name="link"
        ),
        Index(
            "uq_representatives_user",
            *("booth_id", "user_id"),
            unique=True,
            postgresql_where="user_id IS NOT NULL AND ended_at IS NULL",
        ),
        Index("ix_representatives_user_id", "user_id"),
        Index("ix_representatives_booth_id", "booth_id", "id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    booth_id: Mapped[UUID]
    table_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    invitation_hash: Mapped[bytes | None] = mapped_column(unique=True)
    link_hash: Mapped[bytes | None] = mapped_column(unique=True)
    link_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    link_at: Mapped[datetime | None] = optional_timestamp()
    created_at: Mapped[datetime] = timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()
