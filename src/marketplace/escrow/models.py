"""Holds, releases, refunds, transfers, payout accounts, payouts, fee rules."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

HoldState = Literal["pending", "held", "closed"]
ReleaseCause = Literal["accepted", "deadline"]
TransferState = Literal["pending", "sent", "failed"]
RefundState = Literal["pending", "sent", "failed"]
Rail = Literal["stripe", "bank", "wallet", "manual"]
PayoutAccountState = Literal["started", "active", "restricted"]
PayoutState = Literal["requested", "sent", "confirmed", "returned", "failed"]


class Hold(Base):
    """Money held for one purpose from funding until release or refund. `attempt` counts checkout sessions."""

    __tablename__ = "holds"
    __table_args__ = (
        one_of("state", HoldState),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("fee_basis_points BETWEEN 0 AND 10000", name="fee"),
        Index("ix_holds_payer_organisation_id", "payer_organisation_id", "id"),
        Index("ix_holds_payee_user_id", "payee_user_id", "id"),
    )

    id: Mapped[UUID] = pk()
    payer_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    payee_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    purpose: Mapped[str]
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    fee_basis_points: Mapped[int]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default="0")
    checkout_session_id: Mapped[str | None]
    checkout_url: Mapped[str | None]
    payment_intent_id: Mapped[str | None]
    charge_id: Mapped[str | None]
    created_at: Mapped[datetime] = timestamp()
    funded_at: Mapped[datetime | None] = optional_timestamp()
    closed_at: Mapped[datetime | None] = optional_timestamp()


class Release(Base):
    """Money of a hold went to the freelancer, less the fee. `by_user_id` is None when the deadline released it."""

    __tablename__ = "releases"
    __table_args__ = (
        one_of("cause", ReleaseCause),
        CheckConstraint("amount_minor > 0 AND fee_minor BETWEEN 0 AND amount_minor", name="amount"),
        Index("ix_releases_hold_id", "hold_id"),
    )

    id: Mapped[UUID] = pk()
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    amount_minor: Mapped[int] = amount()
    fee_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    cause: Mapped[str]
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = timestamp()


class Refund(Base):
    """Money of a hold goes back to the employer."""

    __tablename__ = "refunds"
    __table_args__ = (one_of("state", RefundState), Index("ix_refunds_hold_id", "hold_id"))

    id: Mapped[UUID] = pk()
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    state: Mapped[str]
    cause: Mapped[str]
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    stripe_refund_id: Mapped[str | None]
    created_at: Mapped[datetime] = timestamp()
    sent_at: Mapped[datetime | None] = optional_timestamp()


class PayoutAccount(Base):
    """Where a freelancer is paid: one per rail. A Stripe account is active once it may receive transfers."""

    __tablename__ = "payout_accounts"
    __table_args__ = (
        one_of("rail", Rail),
        one_of("state", PayoutAccountState),
        UniqueConstraint("user_id", "rail"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    rail: Mapped[str]
    state: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str] = currency()
    stripe_account_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = timestamp()
    activated_at: Mapped[datetime | None] = optional_timestamp()


class Transfer(Base):
    """Released money on its way to the freelancer's Stripe account; waits while she has none. `epoch` counts keys."""

    __tablename__ = "transfers"
    __table_args__ = (
        one_of("state", TransferState),
        Index("ix_transfers_waiting", "payee_user_id", postgresql_where="state <> 'sent'"),
    )

    id: Mapped[UUID] = pk()
    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id"), unique=True)
    payee_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    state: Mapped[str]
    epoch: Mapped[int] = mapped_column(server_default="0")
    stripe_transfer_id: Mapped[str | None] = mapped_column(unique=True)
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    sent_at: Mapped[datetime | None] = optional_timestamp()


class Payout(Base):
    """Money leaves the platform to the freelancer's own bank or wallet."""

    __tablename__ = "payouts"
    __table_args__ = (
        one_of("state", PayoutState),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_payouts_user_id", "user_id", "id"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    payout_account_id: Mapped[UUID] = mapped_column(ForeignKey("payout_accounts.id"))
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    state: Mapped[str]
    stripe_payout_id: Mapped[str | None] = mapped_column(unique=True)
    failure: Mapped[str] = mapped_column(server_default="")
    requested_at: Mapped[datetime] = timestamp()
    sent_at: Mapped[datetime | None] = optional_timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()


class FeeRule(Base):
    """What the platform keeps of a release, in basis points, for contracts made from `valid_from` on."""

    __tablename__ = "fee_rules"
    __table_args__ = (UniqueConstraint("kind", "valid_from"),)

    id: Mapped[UUID] = pk()
    kind: Mapped[str]
    basis_points: Mapped[int]
    valid_from: Mapped[datetime] = timestamp()
