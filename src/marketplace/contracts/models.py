"""Contracts, milestones, deliveries, revisions; what clients say to a portfolio."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.escrow.rules import FeeTerms
from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

ContractState = Literal["offered", "active", "completed", "cancelled"]
ConsentState = Literal["asked", "given", "refused"]
MilestoneState = Literal[
    "planned", "funding", "funded", "delivered", "revision", "released", "disputed", "settled", "cancelled"
]


class Contract(Base):
    """`terms` is the snapshot that both agreed to (title, description, milestones, fee); `terms_hash` its SHA-256.

    An ordered service has `service_id`, `revisions_included` and, until it is paid in (for ever when it never is),
    `unpaid_until`: one such order of a service and organisation at a time.
    """

    __tablename__ = "contracts"
    __table_args__ = (
        one_of("state", ContractState),
        CheckConstraint("fee_basis_points BETWEEN 0 AND 10000 AND fee_minimum_minor >= 0", name="fee"),
        Index("ix_contracts_organisation_id", "organisation_id", "id"),
        Index("ix_contracts_freelancer_id", "freelancer_id", "id"),
        Index(
            "uq_contracts_unpaid_order",
            "service_id",
            "organisation_id",
            unique=True,
            postgresql_where="unpaid_until IS NOT NULL AND state = 'active'",
        ),
    )

    id: Mapped[UUID] = pk()
    posting_id: Mapped[UUID | None] = mapped_column(ForeignKey("postings.id"))
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("proposals.id"), unique=True)
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("services.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    park_id: Mapped[UUID | None] = mapped_column(ForeignKey("parks.id"))
    state: Mapped[str]
    title: Mapped[str]
    currency: Mapped[str] = currency()
    fee_basis_points: Mapped[int]
    fee_minimum_minor: Mapped[int] = amount(server_default="0")
    terms: Mapped[dict[str, Any]]
    terms_hash: Mapped[str]
    started_at: Mapped[datetime] = timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()
    revisions_included: Mapped[int | None]
    unpaid_until: Mapped[datetime | None] = optional_timestamp()

    @property
    def fee(self) -> FeeTerms:
        """What both agreed on when it began."""
        return FeeTerms(self.fee_basis_points, self.fee_minimum_minor)


class Milestone(Base):
    """A part of a contract with its own amount, due date, deliveries and hold."""

    __tablename__ = "milestones"
    __table_args__ = (
        one_of("state", MilestoneState),
        UniqueConstraint("contract_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )

    id: Mapped[UUID] = pk()
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    number: Mapped[int]
    title: Mapped[str]
    amount_minor: Mapped[int] = amount()
    days: Mapped[int]
    state: Mapped[str]
    due_at: Mapped[datetime | None] = optional_timestamp()
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("holds.id"), unique=True)


class Delivery(Base):
    """What the freelancer hands in for a milestone; number counts from 1."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("milestone_id", "number"),)

    id: Mapped[UUID] = pk()
    milestone_id: Mapped[UUID] = mapped_column(ForeignKey("milestones.id"))
    number: Mapped[int]
    text: Mapped[str]
    delivered_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    delivered_at: Mapped[datetime] = timestamp()


class DeliveryFile(Base):
    """A file of a delivery (engines/files keeps its bytes)."""

    __tablename__ = "delivery_files"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), primary_key=True)


class Revision(Base):
    """What the employer finds missing in a delivery."""

    __tablename__ = "revisions"

    id: Mapped[UUID] = pk()
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"), unique=True)
    missing: Mapped[str]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = timestamp()


class PortfolioConsent(Base):
    """The client of a contract is asked whether its work may be shown, and answers for one text and its pictures."""

    __tablename__ = "portfolio_consents"
    __table_args__ = (
        one_of("state", ConsentState),
        CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered"),
        Index("ix_portfolio_consents_contract_id", "contract_id"),
    )

    item_id: Mapped[UUID] = mapped_column(ForeignKey("portfolio_items.id", ondelete="CASCADE"), primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    state: Mapped[str]
    asked_at: Mapped[datetime] = timestamp()
    answered_at: Mapped[datetime | None] = optional_timestamp()
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
