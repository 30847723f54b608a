"""Splits, disputes, what both sides say, settlements."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.contracts.rules import Side
from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

SplitState = Literal["open", "accepted", "declined", "withdrawn", "replaced"]
DisputeState = Literal["open", "mediation", "decided", "appealed", "settled"]
SettlementCause = Literal["agreed", "decided", "default", "appeal"]


class Split(Base):
    """One side proposes how the held money of a milestone is divided, in a dispute or to end without one."""

    __tablename__ = "splits"
    __table_args__ = (
        one_of("side", Side),
        one_of("state", SplitState),
        CheckConstraint("release_minor >= 0", name="release"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        Index("uq_splits_open", "milestone_id", "side", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_splits_milestone_id", "milestone_id", "id"),
    )

    id: Mapped[UUID] = pk()
    milestone_id: Mapped[UUID] = mapped_column(ForeignKey("milestones.id"))
    side: Mapped[str]
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    release_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    text: Mapped[str]
    state: Mapped[str]
    made_at: Mapped[datetime] = timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()


class Dispute(Base):
    """One side (None: the holding limit) contests a milestone. `before` is the milestone's state until then.

    `moderator_id` has taken it; after an appeal `second_moderator_id` has.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        one_of("side", Side),
        one_of("state", DisputeState),
        CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled"),
        CheckConstraint("moderator_id <> second_moderator_id", name="another"),
        Index("ix_disputes_open", "opened_at", postgresql_where=text("state <> 'settled'")),
    )

    id: Mapped[UUID] = pk()
    milestone_id: Mapped[UUID] = mapped_column(ForeignKey("milestones.id"), unique=True)
    side: Mapped[str | None]
    before: Mapped[str]
    state: Mapped[str]
    moderator_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    second_moderator_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime] = timestamp()
    answered_at: Mapped[datetime | None] = optional_timestamp()
    settled_at: Mapped[datetime | None] = optional_timestamp()


class Statement(Base):
    """What one side says in a dispute; the first of each side are the claim and the answer."""

    __tablename__ = "dispute_statements"
    __table_args__ = (one_of("side", Side), Index("ix_dispute_statements_dispute_id", "dispute_id", "id"))

    id: Mapped[UUID] = pk()
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("disputes.id"))
    side: Mapped[str]
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
    at: Mapped[datetime] = timestamp()


class StatementFile(Base):
    """A file that was handed in with a statement (engines/files keeps its bytes)."""

    __tablename__ = "dispute_statement_files"
    __table_args__ = (Index("ix_dispute_statement_files_file_id", "file_id"),)

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("dispute_statements.id"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), primary_key=True)


class Settlement(Base):
    """How the hold is split: agreed by both, decided by a moderator (or in time), or decided once more on appeal.

    A decision waits for the appeal until `appeal_until`; each side can waive its own. `in_force_at`: it was posted.
    """

    __tablename__ = "settlements"
    __table_args__ = (
        one_of("cause", SettlementCause),
        one_of("appealed_by", Side),
        CheckConstraint("release_minor >= 0 AND refund_minor >= 0", name="parts"),
        CheckConstraint("(appealed_at IS NULL) = (appealed_by IS NULL)", name="appeal"),
        Index("ix_settlements_dispute_id", "dispute_id", "id"),
        Index("uq_settlements_in_force", "dispute_id", unique=True, postgresql_where=text("in_force_at IS NOT NULL")),
    )

    id: Mapped[UUID] = pk()
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("disputes.id"))
    cause: Mapped[str]
    release_minor: Mapped[int] = amount()
    refund_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    reason: Mapped[str]
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = timestamp()
    appeal_until: Mapped[datetime | None] = optional_timestamp()
    appealed_by: Mapped[str | None]
    appealed_at: Mapped[datetime | None] = optional_timestamp()
    appeal: Mapped[str] = mapped_column(server_default="")
    waived_by_employer_at: Mapped[datetime | None] = optional_timestamp()
    waived_by_freelancer_at: Mapped[datetime | None] = optional_timestamp()
    in_force_at: Mapped[datetime | None] = optional_timestamp()
