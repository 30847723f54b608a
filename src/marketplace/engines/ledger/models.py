"""The journal: accounts, transactions, entries. Only the SQL function `ledger_post` writes them (migration 0034)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, pk, timestamp
from marketplace.kernel.database.base import amount as minor_units
from marketplace.kernel.database.base import currency


class LedgerAccount(Base):
    """One currency, one running balance. `floor` None: may go below zero (`world:…` and `platform:…`).

    `is_shared` accounts take part in everybody's transactions: they are locked last.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (CheckConstraint("balance >= floor", name="floor"),)

    id: Mapped[UUID] = pk()
    code: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str] = currency()
    balance: Mapped[int] = minor_units(server_default="0")
    version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    floor: Mapped[int | None] = mapped_column(BigInteger)
    is_shared: Mapped[bool]


class LedgerTransaction(Base):
    """A journal transaction: its entries add up to zero in each currency. `key` makes it happen once.

    `effective_at` is when it holds by our clock, `created_at` the real time it was written. The seal columns are set
    once, behind COMMIT, by the seal worker.
    """

    __tablename__ = "ledger_transactions"
    __table_args__ = (
        Index("ix_ledger_transactions_unsealed", "id", postgresql_where=text("seal_number IS NULL")),
        # Partial, since most rows have none when they are written.
        Index(
            "uq_ledger_transactions_reverses", "reverses", unique=True, postgresql_where=text("reverses IS NOT NULL")
        ),
        Index(
            "uq_ledger_transactions_seal_number",
            "seal_number",
            unique=True,
            postgresql_where=text("seal_number IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = pk()
    key: Mapped[str] = mapped_column(unique=True)
    request_hash: Mapped[bytes]
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_transactions.id"))
    effective_at: Mapped[datetime] = timestamp()
    created_at: Mapped[datetime] = timestamp(server_default=text("clock_timestamp()"))
    seal_number: Mapped[int | None] = mapped_column(BigInteger)
    seal_hash: Mapped[bytes | None]


class LedgerEntry(Base):
    """What one transaction adds to one account; `account_version` counts from 1 without gaps.

    Only a posting writes it, together with its transaction and the move of its account: both are there, in the same
    currency, without a foreign key.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (UniqueConstraint("account_id", "account_version"),)

    transaction_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = currency()
    amount: Mapped[int] = minor_units()
    account_version: Mapped[int] = mapped_column(BigInteger)
    balance_after: Mapped[int] = minor_units()


class PublicRecord(Base):
    """What everybody may read of a sealed transaction, as it was published; `sums` stays with us (publishing.Sums)."""

    __tablename__ = "public_records"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[str]
    sums: Mapped[dict[str, Any]]


class PublicRoot(Base):
    """A signed root, as it was published; `moved` says at which count of moves each total was last told."""

    __tablename__ = "public_roots"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    through: Mapped[int] = mapped_column(BigInteger)
    line: Mapped[str]
    moved: Mapped[dict[str, Any]]
    signed_at: Mapped[datetime] = timestamp()
