"""Holds, checkouts, releases, refunds, transfers, payout accounts, payouts, fee rules.

Amounts are copies for reading: the money itself is in the ledger's accounts (`accounts.py` names them).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.escrow.rules import FeeTerms
from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

HoldState = Literal["pending", "held", "closed", "cancelled"]
CheckoutState = Literal["pending", "open", "paid", "expired", "failed", "refused"]
ReleaseCause = Literal["accepted", "part", "deadline", "settlement"]
RefundCause = Literal["cancelled", "part", "settlement", "paid_twice", "wrong_amount", "late_payment"]
RefundState = Literal["pending", "sent", "failed"]
TransferState = Literal["pending", "sent", "failed"]
Rail = Literal["stripe", "bank", "wallet", "manual"]
Keeper = Literal["stripe", "here"]
PayoutAccountState = Literal["started", "active", "restricted"]
FeeKind = Literal["contract", "order", "pay_in", "refund"]
FeePayer = Literal["freelancer", "platform"]
BookedAs = Literal["", "own_transfer", "stripe_fee"]
PayoutState = Literal["requested", "sent", "confirmed", "returned", "failed"]


class Hold(Base):
    """Money of one payer for one payee. pending: not paid yet; held; closed: all of it released or refunded.

    `frozen_at`: a chargeback is open, nothing moves. `is_reserve_backed`: the payer's bank took the payment back and
    the platform's reserve stands in for it: what is refunded goes there. `unfunded`: how often its money had not come
    after all, so that it was paid anew.
    """

    __tablename__ = "holds"
    __table_args__ = (
        one_of("state", HoldState),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("fee_basis_points BETWEEN 0 AND 10000 AND fee_minimum_minor >= 0", name="fee"),
        CheckConstraint("(state IN ('held', 'closed')) = (funded_at IS NOT NULL)", name="funded_at"),
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
    fee_minimum_minor: Mapped[int] = amount(server_default="0")
    state: Mapped[str]
    charge_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = timestamp()
    funded_at: Mapped[datetime | None] = optional_timestamp()
    closed_at: Mapped[datetime | None] = optional_timestamp()
    frozen_at: Mapped[datetime | None] = optional_timestamp()
    is_reserve_backed: Mapped[bool] = mapped_column(server_default=text("false"))
    unfunded: Mapped[int] = mapped_column(server_default="0")

    @property
    def fee(self) -> FeeTerms:
        """What its contract agreed on."""
        return FeeTerms(self.fee_basis_points, self.fee_minimum_minor)

    @property
    def fund_key(self) -> str:
        """The journal's key of its funding."""
        return f"hold:{self.id}:fund:{self.unfunded}" if self.unfunded else f"hold:{self.id}:fund"


class Checkout(Base):
    """One visit to Stripe's pay page, or one charge of a saved card (`card_id`); `attempt` counts from 1 per hold.

    refused: it was paid, but the hold could not take it (paid twice, cancelled); the payment is refunded.
    `kept_by_user_id`: who asked that the card be kept. `failure`: why nothing was charged (state failed).
    """

    __tablename__ = "checkouts"
    __table_args__ = (
        one_of("state", CheckoutState),
        UniqueConstraint("hold_id", "attempt"),
        CheckConstraint("attempt > 0", name="attempt"),
        CheckConstraint("card_id IS NULL OR (session_id IS NULL AND kept_by_user_id IS NULL)", name="card"),
        Index("ix_checkouts_card_id", "card_id", postgresql_where=text("card_id IS NOT NULL")),
    )

    id: Mapped[UUID] = pk()
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    attempt: Mapped[int]
    state: Mapped[str]
    card_id: Mapped[UUID | None] = mapped_column(ForeignKey("saved_cards.id"))
    kept_by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    command_id: Mapped[UUID | None]
    session_id: Mapped[str | None] = mapped_column(unique=True)
    url: Mapped[str] = mapped_column(server_default="")
    payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    charge_id: Mapped[str | None] = mapped_column(unique=True)
    failure: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    expires_at: Mapped[datetime] = timestamp()
    paid_at: Mapped[datetime | None] = optional_timestamp()


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
    """Money goes back to the payer: of the hold, or a payment that the hold could not take (then `checkout_id`).

    One that failed is made good by a second one (`replaces_id`): by the card again, or by a person (`is_by_hand`).
    """

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("state", RefundState),
        one_of("cause", RefundCause),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_refunds_hold_id", "hold_id"),
        Index("uq_refunds_checkout_first", "checkout_id", unique=True, postgresql_where=text("replaces_id IS NULL")),
    )

    id: Mapped[UUID] = pk()
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    checkout_id: Mapped[UUID | None] = mapped_column(ForeignKey("checkouts.id"))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("refunds.id"), unique=True)
    is_by_hand: Mapped[bool] = mapped_column(server_default=text("false"))
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    cause: Mapped[str]
    state: Mapped[str]
    by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    stripe_refund_id: Mapped[str | None] = mapped_column(unique=True)
    failure: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    sent_at: Mapped[datetime | None] = optional_timestamp()


class PayoutAccount(Base):
    """Where a freelancer is paid: one in use per rail. A Stripe account is active once it may receive transfers.

    `due` is what Stripe still wants to know from her. Details never change: new ones are a new row, which pays from
    `usable_from` on, and the former is `replaced_at`; payouts that were asked for keep theirs. `number` is an IBAN, a
    mobile number, or how else she is paid by hand. What is released goes to the account that `is_preferred`.
    """

    __tablename__ = "payout_accounts"
    __table_args__ = (
        one_of("rail", Rail),
        one_of("state", PayoutAccountState),
        Index(
            "uq_payout_accounts_in_use", "user_id", "rail", unique=True, postgresql_where=text("replaced_at IS NULL")
        ),
        CheckConstraint("rail <> 'stripe' OR state <> 'active' OR stripe_account_id IS NOT NULL", name="stripe"),
        CheckConstraint("rail = 'stripe' OR number <> ''", name="number"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    rail: Mapped[str]
    state: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str] = currency()
    stripe_account_id: Mapped[str | None] = mapped_column(unique=True)
    can_pay_out: Mapped[bool] = mapped_column(server_default="false")
    due: Mapped[list[Any]] = mapped_column(server_default="[]")
    bank_last4: Mapped[str] = mapped_column(server_default="")
    holder: Mapped[str] = mapped_column(server_default="")
    number: Mapped[str] = mapped_column(server_default="")
    operator: Mapped[str] = mapped_column(server_default="")
    is_preferred: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = timestamp()
    activated_at: Mapped[datetime | None] = optional_timestamp()
    usable_from: Mapped[datetime | None] = optional_timestamp()
    replaced_at: Mapped[datetime | None] = optional_timestamp()


class Transfer(Base):
    """The net amount of a release on its way to her balance. `epoch` counts the tries after a failure.

    `keeper`: her Stripe balance, or her balance here, from which banks and wallets are paid. pending without
    `command_id`: it waits for her payout account, and the money stays owed to her.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        one_of("state", TransferState),
        one_of("keeper", Keeper),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(state = 'sent' AND keeper = 'stripe') = (stripe_transfer_id IS NOT NULL)", name="sent"),
        Index("ix_transfers_payee_user_id", "payee_user_id", "id"),
        Index("ix_transfers_waiting", "payee_user_id", postgresql_where=text("state <> 'sent'")),
    )

    id: Mapped[UUID] = pk()
    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id"), unique=True)
    payee_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    state: Mapped[str]
    keeper: Mapped[str] = mapped_column(server_default="stripe")
    epoch: Mapped[int] = mapped_column(server_default="1")
    command_id: Mapped[UUID | None]
    stripe_transfer_id: Mapped[str | None] = mapped_column(unique=True)
    failure: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    sent_at: Mapped[datetime | None] = optional_timestamp()


class Payout(Base):
    """Money leaves her balance for her own bank or wallet. failed or returned: the amount is back, once.

    `amount_minor` is taken from the balance; the quote she agreed to says what arrives (`arrives_minor`), after the
    rate (of `rate_on`, None without a change of currency) and the rail's fee, and by when. `arrived_minor` is what
    did. `reference` stands on the statement. `batch_id`: in a file that waits for approval or was sent.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        one_of("state", PayoutState),
        one_of("rail", Rail),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("arrives_minor > 0 AND rail_fee_minor >= 0", name="quote"),
        CheckConstraint("(rate IS NULL) = (currency = arrives_currency) OR rail = 'stripe'", name="rate"),
        CheckConstraint("rail = 'stripe' OR reference IS NOT NULL", name="reference"),
        CheckConstraint("rail = 'stripe' OR state IN ('requested', 'failed') OR batch_id IS NOT NULL", name="batch"),
        Index("ix_payouts_user_id", "user_id", "id"),
        Index("ix_payouts_batch_id", "batch_id", "id"),
        Index("ix_payouts_unbatched", "rail", "id", postgresql_where=text("state = 'requested' AND batch_id IS NULL")),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    payout_account_id: Mapped[UUID] = mapped_column(ForeignKey("payout_accounts.id"))
    rail: Mapped[str] = mapped_column(server_default="stripe")
    reference: Mapped[str | None] = mapped_column(unique=True)
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout_batches.id"))
    arrives_minor: Mapped[int] = amount()
    arrives_currency: Mapped[str] = currency()
    amount_minor: Mapped[int] = amount()
    currency: Mapped[str] = currency()
    rail_fee_minor: Mapped[int] = amount(server_default="0")
    rate: Mapped[Decimal | None] = mapped_column(Numeric(20, 8))
    rate_on: Mapped[date | None]
    rate_source: Mapped[str] = mapped_column(server_default="")
    due_on: Mapped[date | None]
    arrived_minor: Mapped[int | None] = amount()
    arrived_on: Mapped[date | None]
    receipt_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    state: Mapped[str]
    command_id: Mapped[UUID | None]
    stripe_payout_id: Mapped[str | None] = mapped_column(unique=True)
    failure: Mapped[str] = mapped_column(server_default="")
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    requested_at: Mapped[datetime] = timestamp()
    sent_at: Mapped[datetime | None] = optional_timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()


class FeeRule(Base):
    """The published fee of a kind of business in a currency from a moment on; contracts keep the one they began with.

    contract and order are what the ledger charges, to the freelancer; the other kinds say that we charge nothing.
    What a way of payout costs stands in rails/data/rails.toml.
    """

    __tablename__ = "fee_rules"
    __table_args__ = (
        one_of("kind", FeeKind),
        one_of("payer", FeePayer),
        UniqueConstraint("kind", "currency", "valid_from"),
        CheckConstraint("basis_points BETWEEN 0 AND 10000 AND minimum_minor >= 0", name="basis_points"),
        CheckConstraint(
            "CASE WHEN kind IN ('contract', 'order') THEN payer = 'freelancer'"
            " ELSE basis_points = 0 AND minimum_minor = 0 END",
            name="charged",
        ),
    )

    id: Mapped[UUID] = pk()
    kind: Mapped[str]
    currency: Mapped[str] = currency()
    payer: Mapped[str]
    basis_points: Mapped[int]
    minimum_minor: Mapped[int] = amount(server_default="0")
    valid_from: Mapped[datetime] = timestamp()


class Reconciliation(Base):
    """One comparison of Stripe's books with ours; `sums` by currency: {"USD": {"stripe": …, "ledger": …}}."""

    __tablename__ = "reconciliations"

    id: Mapped[UUID] = pk()
    at: Mapped[datetime] = timestamp()
    compared: Mapped[int]
    different: Mapped[int]
    sums: Mapped[dict[str, Any]]


class BookDifference(Base):
    """What Stripe's books and ours said differently of one object; None: one side knows nothing of it.

    It stays open until a person closes it with a reason, also when a later comparison finds it gone (`gone_at`).
    `closed_as`: what Stripe alone knew of was booked here as that.
    """

    __tablename__ = "book_differences"
    __table_args__ = (
        one_of("closed_as", BookedAs),
        CheckConstraint("stripe_minor IS DISTINCT FROM ledger_minor", name="different"),
        CheckConstraint("(closed_at IS NULL) = (closed_by_user_id IS NULL)", name="closed"),
        CheckConstraint("closed_at IS NULL OR reason <> ''", name="reason"),
        Index(
            "uq_book_differences_open",
            "source_id",
            "currency",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = pk()
    source_id: Mapped[str]
    currency: Mapped[str] = currency()
    stripe_minor: Mapped[int | None] = mapped_column(BigInteger)
    ledger_minor: Mapped[int | None] = mapped_column(BigInteger)
    found_at: Mapped[datetime] = timestamp()
    gone_at: Mapped[datetime | None] = optional_timestamp()
    closed_at: Mapped[datetime | None] = optional_timestamp()
    closed_by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(server_default="")
    closed_as: Mapped[str] = mapped_column(server_default="")
