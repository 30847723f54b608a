"""Proposals and the milestones they offer."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

ProposalState = Literal["draft", "submitted", "shortlisted", "accepted", "declined", "withdrawn", "expired"]


class Proposal(Base):
    """`answers` is a list of {"question", "answer"}; `letter` stands for her until she is shortlisted (A, B, … AA)."""

    __tablename__ = "proposals"
    __table_args__ = (
        one_of("state", ProposalState),
        UniqueConstraint("posting_id", "letter"),
        Index(
            "uq_proposals_living",
            "posting_id",
            "freelancer_id",
            unique=True,
            postgresql_where="state IN ('draft', 'submitted', 'shortlisted', 'accepted')",
        ),
        Index("ix_proposals_freelancer_id", "freelancer_id", "id"),
        Index("uq_proposals_accepted", "posting_id", unique=True, postgresql_where="state = 'accepted'"),
    )

    id: Mapped[UUID] = pk()
    posting_id: Mapped[UUID] = mapped_column(ForeignKey("postings.id"))
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    state: Mapped[str]
    letter: Mapped[str | None]
    cover: Mapped[str]
    answers: Mapped[list[Any]] = mapped_column(server_default="[]")
    currency: Mapped[str] = currency()
    total_minor: Mapped[int] = amount()
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    submitted_at: Mapped[datetime | None] = optional_timestamp()
    shortlisted_at: Mapped[datetime | None] = optional_timestamp()
    decided_at: Mapped[datetime | None] = optional_timestamp()
    decline_reason: Mapped[str] = mapped_column(server_default="")
    decline_note: Mapped[str] = mapped_column(server_default="")


class ProposalMilestone(Base):
    """A part of what is offered: its own amount and days."""

    __tablename__ = "proposal_milestones"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("days BETWEEN 1 AND 365", name="days"),
        CheckConstraint("number BETWEEN 1 AND 20", name="number"),
    )

    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    amount_minor: Mapped[int] = amount()
    days: Mapped[int]
