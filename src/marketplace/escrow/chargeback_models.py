"""Chargebacks: what payers' banks ask back."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

ChargebackState = Literal["open", "won", "lost", "closed"]
Fault = Literal["freelancer"]


class Chargeback(Base):
    """One card dispute at Stripe. closed: an inquiry that ended without money moving.

    `taken_minor` is what the bank has of it at this moment, before the fee that Stripe keeps; `covered_minor` what the
    hold gave for the loss. `fault`: a person
    decided, before it was lost, that the held money covers the loss instead of the reserve.
    """

    __tablename__ = "chargebacks"
    __table_args__ = (
        one_of("state", ChargebackState),
        one_of("fault", Fault),
        CheckConstraint("amount_minor > 0 AND fee_minor >= 0 AND covered_minor >= 0", name="amount"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        CheckConstraint("(fault IS NULL) = (fault_by IS NULL)", name="decided"),
        Index("ix_chargebacks_hold_id", "hold_id"),
        Index("ix_chargebacks_open", "opened_at", postgresql_where="state = 'open'"),
    )

    id: Mapped[UUID] = pk()
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    stripe_dispute_id: Mapped[str] = mapped_column(unique=True)
    charge_id: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    amount_minor: Mapped[int] = amount()
    taken_minor: Mapped[int] = amount(server_default="0")
    fee_minor: Mapped[int] = amount(server_default="0")
    covered_minor: Mapped[int] = amount(server_default="0")
    currency: Mapped[str] = currency()
    evidence_due_at: Mapped[datetime | None] = optional_timestamp()
    evidence_asked_at: Mapped[datetime | None] = optional_timestamp()
    evidence_sent_at: Mapped[datetime | None] = optional_timestamp()
    fault: Mapped[str | None]
    fault_reason: Mapped[str] = mapped_column(server_default="")
    fault_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime] = timestamp()
    closed_at: Mapped[datetime | None] = optional_timestamp()
