"""Proposals and the milestones they offer; services, their packages and extras."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

ServiceState = Literal["draft", "open", "paused", "removed"]
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


class Service(Base):
    """What a freelancer offers at a set price. `questions` (texts) are asked of whoever orders it."""

    __tablename__ = "services"
    __table_args__ = (
        one_of("state", ServiceState),
        Index("ix_services_freelancer_id", "freelancer_id", "id"),
        Index("ix_services_open", "published_at", "id", postgresql_where="state = 'open'"),
    )

    id: Mapped[UUID] = pk()
    slug: Mapped[str] = mapped_column(unique=True)
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    state: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    currency: Mapped[str] = currency()
    questions: Mapped[list[Any]] = mapped_column(server_default="[]")
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    published_at: Mapped[datetime | None] = optional_timestamp()


class ServicePackage(Base):
    """One of up to three ways to buy a service; `includes` says what is in it."""

    __tablename__ = "service_packages"
    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND 3", name="number"),
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("days BETWEEN 1 AND 365", name="days"),
        CheckConstraint("revisions BETWEEN 0 AND 20", name="revisions"),
    )

    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_minor: Mapped[int] = amount()
    days: Mapped[int]
    revisions: Mapped[int]
    includes: Mapped[str] = mapped_column(server_default="")


class ServiceExtra(Base):
    """Something that can be ordered on top of any package."""

    __tablename__ = "service_extras"
    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND 6", name="number"),
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("days BETWEEN 0 AND 90", name="days"),
    )

    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price_minor: Mapped[int] = amount()
    days: Mapped[int]


class ServiceSkill(Base):
    """A skill that a service shows."""

    __tablename__ = "service_skills"
    __table_args__ = (Index("ix_service_skills_skill_id", "skill_id"),)

    service_id: Mapped[UUID] = mapped_column(ForeignKey("services.id"), primary_key=True)
    skill_id: Mapped[UUID] = mapped_column(ForeignKey("skills.id"), primary_key=True)
