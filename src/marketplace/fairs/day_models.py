"""The day and after: check-ins, queues of an open hall, results, offers on the spot, who was told, follow-ups."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

Direction = Literal["in", "out"]
Refusal = Literal[
    "unknown", "other_fair", "no_seat", "withdrawn", "already_in", "not_in", "not_now", "women_only", "full", "closed"
]
QueueState = Literal["waiting", "called", "served", "left", "missed"]
Result = Literal["met", "shortlisted", "second_interview", "offered", "not_this_time", "no_show"]
FairOfferKind = Literal["gig", "job", "internship"]
FairOfferState = Literal["sent", "accepted", "declined", "withdrawn", "expired"]
FairPayPeriod = Literal["hour", "month", "year", "fixed"]
StillThere = Literal["working", "left", "never_started", "other"]


class Checkin(Base):
    """One reading of a ticket at a gate or room. `nonce` is made by the phone: the same reading sent twice is one.

    `device_at` is when it was read, `at` when we heard of it. `refusal` is empty where she was let through; `is_forced`
    records what had happened already. `scanned` is kept only where nobody was found by it.
    """

    __tablename__ = "checkins"
    __table_args__ = (
        one_of("direction", Direction),
        one_of("refusal", Refusal),
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        ForeignKeyConstraint(["room_id", "fair_id"], ["fair_rooms.id", "fair_rooms.fair_id"]),
        CheckConstraint("candidate_id IS NOT NULL OR refusal IS NOT NULL", name="somebody"),
        Index("ix_checkins_room", "fair_id", "room_id", "device_at", "id"),
        Index("ix_checkins_candidate_id", "candidate_id", "device_at"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    room_id: Mapped[UUID]
    candidate_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("gate_devices.id"))
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    nonce: Mapped[UUID] = mapped_column(unique=True)
    direction: Mapped[str]
    companions: Mapped[int] = mapped_column(server_default="0")
    refusal: Mapped[str | None]
    scanned: Mapped[str] = mapped_column(server_default="")
    is_forced: Mapped[bool] = mapped_column(server_default="false")
    was_offline: Mapped[bool] = mapped_column(server_default="false")
    device_at: Mapped[datetime] = timestamp()
    at: Mapped[datetime] = timestamp()


class QueueEntry(Base):
    """A candidate in the queue of a booth in an open hall, by the number that the booth counts. Served: a meeting."""

    __tablename__ = "queue_entries"
    __table_args__ = (
        one_of("state", QueueState),
        UniqueConstraint("booth_id", "number"),
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        ForeignKeyConstraint(["table_id", "booth_id"], ["fair_tables.id", "fair_tables.booth_id"]),
        CheckConstraint("state NOT IN ('called', 'served') OR called_at IS NOT NULL", name="called"),
        Index(
            "uq_queue_entries_live",
            *("candidate_id", "booth_id"),
            unique=True,
            postgresql_where="state IN ('waiting', 'called')",
        ),
        Index("uq_queue_entries_called", "candidate_id", unique=True, postgresql_where="state = 'called'"),
        Index("ix_queue_entries_booth_id", "booth_id", "state", "number"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    booth_id: Mapped[UUID]
    candidate_id: Mapped[UUID]
    table_id: Mapped[UUID | None]
    meeting_id: Mapped[UUID | None] = mapped_column(ForeignKey("meetings.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="waiting")
    joined_at: Mapped[datetime] = timestamp()
    called_at: Mapped[datetime | None] = optional_timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()


class FairScorecard(Base):
    """What an employer says of a candidate it met, read or applied there: one per booth and candidate.

    `scores` is {criterion: 1..5}; `note` is private to the employer; `word` is what the candidate reads. Until
    `answered_at` she has no answer yet: due by the fair's `results_due_days`. `unanswered_at`: she was told that none
    came; one may still come later.
    """

    __tablename__ = "fair_scorecards"
    __table_args__ = (
        one_of("result", Result),
        UniqueConstraint("booth_id", "candidate_id"),
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        Index("ix_fair_scorecards_fair_id", "fair_id", "result"),
        Index("ix_fair_scorecards_candidate_id", "candidate_id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    booth_id: Mapped[UUID]
    candidate_id: Mapped[UUID]
    meeting_id: Mapped[UUID | None] = mapped_column(ForeignKey("meetings.id"))
    result: Mapped[str | None]
    scores: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    note: Mapped[str] = mapped_column(server_default="")
    word: Mapped[str] = mapped_column(server_default="")
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    answered_at: Mapped[datetime | None] = optional_timestamp()
    reminded_at: Mapped[datetime | None] = optional_timestamp()
    unanswered_at: Mapped[datetime | None] = optional_timestamp()


class FairOffer(Base):
    """An offer on the spot. Accepting needs an account: then it becomes a contract or a hired application."""

    __tablename__ = "fair_offers"
    __table_args__ = (
        one_of("kind", FairOfferKind),
        one_of("state", FairOfferState),
        one_of("period", FairPayPeriod),
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(state = 'sent') = (decided_at IS NULL)", name="decided"),
        Index("uq_fair_offers_waiting", "booth_id", "candidate_id", unique=True, postgresql_where="state = 'sent'"),
        Index("ix_fair_offers_fair_id", "fair_id", "id"),
        Index("ix_fair_offers_candidate_id", "candidate_id", "id"),
        Index("ix_fair_offers_contract_id", "contract_id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    booth_id: Mapped[UUID]
    candidate_id: Mapped[UUID]
    posting_id: Mapped[UUID | None] = mapped_column(ForeignKey("postings.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="sent")
    title: Mapped[str]
    text: Mapped[str] = mapped_column(server_default="")
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    period: Mapped[str] = mapped_column(server_default="fixed")
    days: Mapped[int | None]
    starts_on: Mapped[date | None]
    answer_by: Mapped[datetime] = timestamp()
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = timestamp()
    decided_at: Mapped[datetime | None] = optional_timestamp()
    decline_reason: Mapped[str] = mapped_column(server_default="")
    contract_id: Mapped[UUID | None] = mapped_column(ForeignKey("contracts.id"))
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("applications.id"))
    job_offer_id: Mapped[UUID | None] = mapped_column(ForeignKey("job_offers.id"))


class FairMessage(Base):
    """Who was told what, and because of which change: nobody is told twice of one thing, and nobody else is told.

    Sent by messages.notify to those with an account, by engines/notify to the address of those without.
    """

    __tablename__ = "fair_messages"
    __table_args__ = (
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        ForeignKeyConstraint(["booth_id", "fair_id"], ["booths.id", "booths.fair_id"]),
        CheckConstraint("num_nonnulls(candidate_id, booth_id) = 1", name="one_reader"),
        UniqueConstraint("fair_id", "message", "about", "candidate_id", "booth_id", postgresql_nulls_not_distinct=True),
        Index("ix_fair_messages_candidate_id", "candidate_id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    candidate_id: Mapped[UUID | None]
    booth_id: Mapped[UUID | None]
    message: Mapped[str]
    about: Mapped[str]
    at: Mapped[datetime] = timestamp()


class FollowUp(Base):
    """The question after 30, 90 and 180 days whether she is still there, by a link of her own.

    `answer` is what she says, `employer_answer` what the employer says: two sources, neither overwrites the other.
    `was_paid` and `employer_paid` are the same two about a first salary; empty while nobody said so.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        one_of("answer", StillThere),
        one_of("employer_answer", StillThere),
        ForeignKeyConstraint(["candidate_id", "fair_id"], ["fair_candidates.id", "fair_candidates.fair_id"]),
        CheckConstraint("day IN (30, 90, 180)", name="day"),
        UniqueConstraint("offer_id", "day"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        CheckConstraint("(employer_answer IS NULL) = (employer_at IS NULL)", name="employer"),
        Index("ix_follow_ups_due", "due_on", postgresql_where="sent_at IS NULL"),
        Index("ix_follow_ups_candidate_id", "candidate_id"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    candidate_id: Mapped[UUID]
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("fair_offers.id"))
    day: Mapped[int]
    due_on: Mapped[date]
    sent_at: Mapped[datetime | None] = optional_timestamp()
    answer: Mapped[str | None]
    word: Mapped[str] = mapped_column(server_default="")
    answered_at: Mapped[datetime | None] = optional_timestamp()
    link_hash: Mapped[bytes | None] = mapped_column(unique=True)
    reminded_at: Mapped[datetime | None] = optional_timestamp()
    employer_answer: Mapped[str | None]
    was_paid: Mapped[bool | None]
    employer_paid: Mapped[bool | None]
    employer_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    employer_at: Mapped[datetime | None] = optional_timestamp()
