"""Batches and their approvals, statements and their lines, rates, the switch that freezes payouts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.escrow.models import Rail
from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

BatchState = Literal["prepared", "approved", "discarded"]
LineState = Literal["open", "matched", "explained"]
ReceiptState = Literal["waiting", "confirmed", "refused", "undone"]
Explanation = Literal["bank_fee", "own_transfer", "other"]


class PayoutBatch(Base):
    """Payouts of one rail in one file, as it was prepared: `content` never changes. Two people approve it."""

    __tablename__ = "payout_batches"
    __table_args__ = (one_of("rail", Rail), one_of("state", BatchState), CheckConstraint("count > 0", name="count"))

    id: Mapped[UUID] = pk()
    rail: Mapped[str]
    operator: Mapped[str] = mapped_column(server_default="")
    house: Mapped[str]
    state: Mapped[str]
    count: Mapped[int]
    total_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    file_name: Mapped[str]
    content: Mapped[bytes]
    sha256: Mapped[str]
    prepared_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()


class BatchApproval(Base):
    """Somebody has looked at a batch and answers for it."""

    __tablename__ = "batch_approvals"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("payout_batches.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    at: Mapped[datetime] = timestamp()


class Statement(Base):
    """A file of a bank or wallet, read once: the same bytes are never read again."""

    __tablename__ = "statements"

    id: Mapped[UUID] = pk()
    house: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    file_name: Mapped[str]
    currency: Mapped[str] = currency()
    lines: Mapped[int]
    new_lines: Mapped[int]
    closing_minor: Mapped[int | None] = amount()
    imported_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    imported_at: Mapped[datetime] = timestamp()


class StatementLine(Base):
    """One line, once per account however often it is exported. `key` is the bank's, or made of its content.

    `payout_id` and `hold_id` say what it belongs to; `hint` why it was not matched by itself.
    """

    __tablename__ = "statement_lines"
    __table_args__ = (
        one_of("state", LineState),
        one_of("explanation", Explanation),
        UniqueConstraint("house", "key"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_statement_lines_statement_id", "statement_id", "id"),
        Index("ix_statement_lines_payout_id", "payout_id"),
        Index("ix_statement_lines_hold_id", "hold_id"),
        Index("ix_statement_lines_open", "house", "id", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = pk()
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    house: Mapped[str]
    key: Mapped[str]
    on: Mapped[date]
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    is_credit: Mapped[bool]
    is_booked: Mapped[bool]
    is_return: Mapped[bool]
    text: Mapped[str]
    counterparty: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    hint: Mapped[str] = mapped_column(server_default="")
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("payouts.id"))
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("holds.id"))
    explanation: Mapped[str | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = optional_timestamp()


class PayIn(Base):
    """A hold that may be paid by transfer, and the reference under which its money is known."""

    __tablename__ = "pay_ins"

    id: Mapped[UUID] = pk()
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"), unique=True)
    reference: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()


class PayInReceipt(Base):
    """The payer's proof of a transfer. Two of finance read the amount: `said_by` first, `ended_by` the same amount.

    `line_id` is the line of a statement that shows the same transfer; until then it was booked on two people's word.
    Its money never came: `undo_by` says so with a reason, `undone_by` agrees. `is_borne`: the reserve stands in for it.
    """

    __tablename__ = "pay_in_receipts"
    __table_args__ = (
        one_of("state", ReceiptState),
        CheckConstraint("(said_by IS NULL) = (said_minor IS NULL)", name="said"),
        CheckConstraint("(state = 'waiting') = (ended_by IS NULL)", name="ended"),
        CheckConstraint("state <> 'confirmed' OR (said_by IS NOT NULL AND said_by <> ended_by)", name="two_people"),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="reason"),
        CheckConstraint(
            "state <> 'undone' OR (undone_by IS NOT NULL AND undo_by IS NOT NULL AND undone_by <> undo_by)",
            name="undone_by_two",
        ),
        CheckConstraint("(undo_by IS NULL) = (undo_reason = '')", name="undo"),
        Index("ix_pay_in_receipts_hold_id", "hold_id", "id"),
        Index("ix_pay_in_receipts_open", "id", postgresql_where=text("state <> 'refused' AND line_id IS NULL")),
    )

    id: Mapped[UUID] = pk()
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    state: Mapped[str]
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    uploaded_at: Mapped[datetime] = timestamp()
    said_minor: Mapped[int | None] = amount()
    said_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    said_at: Mapped[datetime | None] = optional_timestamp()
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = optional_timestamp()
    reason: Mapped[str] = mapped_column(server_default="")
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("statement_lines.id"), unique=True)
    undo_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    undo_at: Mapped[datetime | None] = optional_timestamp()
    undo_reason: Mapped[str] = mapped_column(server_default="")
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None] = optional_timestamp()
    is_borne: Mapped[bool] = mapped_column(server_default=text("false"))


class FxRate(Base):
    """One `base` is `rate` of `quote` on that day, says `source`. Never changed: a correction is a later row."""

    __tablename__ = "fx_rates"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("base <> quote", name="currencies"),
        UniqueConstraint("base", "quote", "on", "source", "rate"),
        Index("ix_fx_rates_newest", "base", "quote", "on", "id"),
    )

    id: Mapped[UUID] = pk()
    base: Mapped[str] = currency()
    quote: Mapped[str] = currency()
    on: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(20, 8))
    source: Mapped[str]
    imported_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    imported_at: Mapped[datetime] = timestamp()


class PayoutFreeze(Base):
    """From `at` until `lifted_at` nothing is paid out."""

    __tablename__ = "payout_freezes"
    __table_args__ = (
        Index(
            "uq_payout_freezes_open",
            text("(lifted_at IS NULL)"),
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = pk()
    reason: Mapped[str]
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = timestamp()
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None] = optional_timestamp()
