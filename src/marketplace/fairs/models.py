"""Fairs, their days, rooms and slots, who helps there, and files that were read in."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

FairState = Literal["draft", "open", "matching", "published", "live", "closed", "cancelled"]
FairPlace = Literal["venue", "online", "both"]
FairMode = Literal["timetable", "open_hall", "both"]
Objective = Literal["coverage", "score"]
RoomKind = Literal["room", "gate", "online"]
SlotKind = Literal["meeting", "break", "prayer"]
HelperRole = Literal["steward", "supervisor"]
FairImportKind = Literal["booths", "tables", "candidates", "preferences"]
FairImportState = Literal["previewed", "loading", "loaded", "discarded"]


class Fair(Base):
    """A matching event of an organiser. `starts_at` and `ends_at` are those of its first and last day.

    `capacity` counts candidates, not those who come with them. `seats_taken` is the one counter of seats: who takes or
    frees a seat updates it in one statement (`… SET seats_taken = seats_taken + 1, last_number = last_number + 1
    WHERE seats_taken < capacity RETURNING last_number`), so that parallel sign-ups can't oversell. `last_number`
    numbers candidates: badge, walk-in token. Moving the fair's date raises `dates_version`: candidates whose
    `availability_for` is lower are asked again. Grid: `slot_minutes` is the base slot. Rules: at most `longest_run`
    meetings in a row; `spares_walks`: none in a row in rooms of different zones; `keeps_reserve`: one slot per table
    stays free.
    """

    __tablename__ = "fairs"
    __table_args__ = (
        one_of("state", FairState),
        one_of("place", FairPlace),
        one_of("mode", FairMode),
        one_of("objective", Objective),
        CheckConstraint("seats_taken BETWEEN 0 AND capacity", name="seats"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 120", name="slot_minutes"),
        CheckConstraint("min_meetings BETWEEN 0 AND max_meetings AND max_meetings <= 100", name="meetings"),
        CheckConstraint("longest_run >= 1 AND grace_minutes BETWEEN 0 AND 60", name="rules"),
        CheckConstraint("results_due_days BETWEEN 0 AND 60 AND max_companions BETWEEN 0 AND 10", name="limits"),
        CheckConstraint("state = 'draft' OR (starts_at IS NOT NULL AND ends_at IS NOT NULL)", name="dated"),
        Index("ix_fairs_organisation_id", "organisation_id", "id"),
        Index("ix_fairs_public", "starts_at", "id", postgresql_where="state NOT IN ('draft', 'cancelled')"),
    )

    id: Mapped[UUID] = pk()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    copied_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("fairs.id"))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(server_default="draft")
    title_en: Mapped[str]
    title_ur: Mapped[str] = mapped_column(server_default="")
    text_en: Mapped[str] = mapped_column(server_default="")
    text_ur: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="venue")
    venue: Mapped[str] = mapped_column(server_default="")
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.slug"))
    park_id: Mapped[UUID | None] = mapped_column(ForeignKey("parks.id"))
    online_url: Mapped[str] = mapped_column(server_default="")
    time_zone: Mapped[str] = mapped_column(server_default="Asia/Karachi")
    mode: Mapped[str] = mapped_column(server_default="timetable")
    starts_at: Mapped[datetime | None] = optional_timestamp()
    ends_at: Mapped[datetime | None] = optional_timestamp()
    dates_version: Mapped[int] = mapped_column(server_default="1")
    registration_closes_at: Mapped[datetime | None] = optional_timestamp()
    wishes_close_at: Mapped[datetime | None] = optional_timestamp()
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(server_default="0")
    last_number: Mapped[int] = mapped_column(server_default="0")
    max_companions: Mapped[int] = mapped_column(server_default="1")
    slot_minutes: Mapped[int] = mapped_column(server_default="20")
    min_meetings: Mapped[int] = mapped_column(server_default="1")
    max_meetings: Mapped[int] = mapped_column(server_default="6")
    longest_run: Mapped[int] = mapped_column(server_default="3")
    spares_walks: Mapped[bool] = mapped_column(server_default="true")
    keeps_reserve: Mapped[bool] = mapped_column(server_default="true")
    objective: Mapped[str] = mapped_column(server_default="coverage")
    grace_minutes: Mapped[int] = mapped_column(server_default="5")
    results_due_days: Mapped[int] = mapped_column(server_default="7")
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    opened_at: Mapped[datetime | None] = optional_timestamp()
    live_at: Mapped[datetime | None] = optional_timestamp()
    closed_at: Mapped[datetime | None] = optional_timestamp()


class FairDay(Base):
    """One day of a fair, from opening to closing; a whole day may be for women only."""

    __tablename__ = "fair_days"
    __table_args__ = (
        UniqueConstraint("fair_id", "on"),
        CheckConstraint("closes_at > opens_at", name="times"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    on: Mapped[date]
    opens_at: Mapped[datetime] = timestamp()
    closes_at: Mapped[datetime] = timestamp()
    is_women_only: Mapped[bool] = mapped_column(server_default="false")


class FairRoom(Base):
    """A room with tables, a gate where tickets are read, or a room online (`url`). Rooms of one `zone` are near."""

    __tablename__ = "fair_rooms"
    __table_args__ = (
        one_of("kind", RoomKind),
        UniqueConstraint("id", "fair_id"),
        Index("uq_fair_rooms_name", "fair_id", text("lower(name)"), unique=True),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    kind: Mapped[str] = mapped_column(server_default="room")
    name: Mapped[str]
    name_ur: Mapped[str] = mapped_column(server_default="")
    zone: Mapped[str] = mapped_column(server_default="")
    url: Mapped[str] = mapped_column(server_default="")
    position: Mapped[int] = mapped_column(server_default="0")
    closed_at: Mapped[datetime | None] = optional_timestamp()


class FairSlot(Base):
    """An interval of the grid, numbered through all days from 1. Delays move the times of slots that are to come.

    Two slots follow each other when their numbers do, both are for meetings, and they are of one day.
    """

    __tablename__ = "fair_slots"
    __table_args__ = (
        one_of("kind", SlotKind),
        UniqueConstraint("id", "fair_id"),
        UniqueConstraint("fair_id", "number"),
        UniqueConstraint("fair_id", "starts_at", deferrable=True, initially="DEFERRED"),
        CheckConstraint("ends_at > starts_at", name="times"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    day_id: Mapped[UUID] = mapped_column(ForeignKey("fair_days.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="meeting")
    starts_at: Mapped[datetime] = timestamp()
    ends_at: Mapped[datetime] = timestamp()
    is_women_only: Mapped[bool] = mapped_column(server_default="false")
    delayed_minutes: Mapped[int] = mapped_column(server_default="0")


class FairHelper(Base):
    """Somebody who works at the fair for its organiser: stewards read tickets, supervisors also force and re-plan."""

    __tablename__ = "fair_helpers"
    __table_args__ = (one_of("role", HelperRole),)

    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = timestamp()


class FairImport(Base):
    """A CSV of a fair: read and shown first, loaded after a yes, in steps. `rows` and `faults` are lists of dicts.

    `centre_organisation_id`: the centre that registers its people by this file. `loaded` counts rows gone through,
    `made` those that became something new.
    """

    __tablename__ = "fair_imports"
    __table_args__ = (
        one_of("kind", FairImportKind),
        one_of("state", FairImportState),
        Index("ix_fair_imports_fair_id", "fair_id", "id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    kind: Mapped[str]
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    centre_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    file_name: Mapped[str]
    state: Mapped[str]
    rows: Mapped[list[Any]]
    faults: Mapped[list[Any]]
    loaded: Mapped[int] = mapped_column(server_default="0")
    made: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = timestamp()
    loaded_at: Mapped[datetime | None] = optional_timestamp()


class GateDevice(Base):
    """A phone that reads tickets at a gate or room, by a secret of its own; it works on a signed snapshot offline."""

    __tablename__ = "gate_devices"
    __table_args__ = (
        ForeignKeyConstraint(["room_id", "fair_id"], ["fair_rooms.id", "fair_rooms.fair_id"]),
        Index("ix_gate_devices_fair_id", "fair_id", "id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    room_id: Mapped[UUID]
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    snapshot_number: Mapped[int] = mapped_column(BigInteger, server_default="0")
    snapshot_at: Mapped[datetime | None] = optional_timestamp()
    seen_at: Mapped[datetime | None] = optional_timestamp()
    created_at: Mapped[datetime] = timestamp()
    revoked_at: Mapped[datetime | None] = optional_timestamp()
