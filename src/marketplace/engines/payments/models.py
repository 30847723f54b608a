"""The outbox of commands to Stripe and the inbox of its events."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency


class CommandState(StrEnum):
    """pending: never called. sent: called at least once, outcome not recorded. done, failed: final."""

    PENDING = "pending"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class Command(Base):
    """One wish to Stripe. `body` is frozen: the same key always goes with the same parameters.

    `epoch` counts the keys used: a new one only after a look-up found nothing under the old (older than 23 h, or
    Stripe saved a failure under it). `first_sent_at` is that of the present epoch.
    """

    __tablename__ = "payment_commands"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'sent', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result"),
        CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failure"),
        Index("ix_payment_commands_open", "created_at", postgresql_where=text("state IN ('pending', 'sent')")),
        Index("ix_payment_commands_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[UUID] = pk()
    operation: Mapped[str]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    body: Mapped[dict[str, Any]]
    stripe_account: Mapped[str | None]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default=CommandState.PENDING)
    attempts: Mapped[int] = mapped_column(server_default="0")
    epoch: Mapped[int] = mapped_column(server_default="1")
    is_doubtful: Mapped[bool] = mapped_column(server_default=text("false"))
    first_sent_at: Mapped[datetime | None] = optional_timestamp()
    lease_until: Mapped[datetime | None] = optional_timestamp()
    result_id: Mapped[str | None]
    result: Mapped[dict[str, Any] | None]
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = timestamp()

    @property
    def is_final(self) -> bool:
        return self.state in (CommandState.DONE, CommandState.FAILED)


class WebhookEvent(Base):
    """An event as Stripe sent it, stored before it was answered. `id` is Stripe's, so a second copy adds nothing."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        Index("ix_webhook_events_open", "received_at", postgresql_where=text("processed_at IS NULL")),
        Index("ix_webhook_events_received_at", "received_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str | None]
    type: Mapped[str]
    api_version: Mapped[str | None]
    body: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = timestamp()
    processed_at: Mapped[datetime | None] = optional_timestamp()
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]


class BalanceMovement(Base):
    """A balance transaction of our own account as Stripe lists it, kept for ever; `id` is Stripe's.

    `source_id` is the object that it comes from (charge, transfer, refund, dispute …): net = amount less fee.
    """

    __tablename__ = "balance_movements"
    __table_args__ = (Index("ix_balance_movements_source_id", "source_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    source_id: Mapped[str]
    currency: Mapped[str] = currency()
    amount_minor: Mapped[int] = amount()
    fee_minor: Mapped[int] = amount()
    net_minor: Mapped[int] = amount()
    created_at: Mapped[datetime] = timestamp()
    available_at: Mapped[datetime] = timestamp()
