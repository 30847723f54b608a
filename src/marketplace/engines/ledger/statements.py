"""A stretch of the journal seen from some accounts together: what they began with, each change, what they end with."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from marketplace.engines.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction changed in all these accounts together; `fee` is what it put into the platform's fees."""

    id: UUID
    at: datetime
    kind: str
    subject: tuple[str, UUID]
    money: Money
    fee: Money


async def sum_at(db: AnySession, codes: Collection[str], before: datetime, currency: str) -> Money:
    """What the accounts of this currency hold together just before that moment."""
    query = (
        select(func.coalesce(func.sum(LedgerEntry.amount), 0))
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerAccount.code.in_(codes), LedgerAccount.currency == currency)
        .where(LedgerTransaction.effective_at < before)
    )
    return Money(int((await db.execute(query)).scalar_one()), currency)


async def changes(
    db: AnySession, codes: Collection[str], *, since: datetime, until: datetime, currency: str
) -> list[Change]:
    """Each transaction that changed their sum, in order; what only moves among them is left out."""
    query = _changes(codes, currency).where(
        LedgerTransaction.effective_at >= since, LedgerTransaction.effective_at < until
    )
    return [_change(row, currency) for row in (await db.execute(query)).all()]


async def change_of(db: AnySession, codes: Collection[str], transaction_id: UUID, currency: str) -> Change | None:
    """What one transaction changed; None when it did not touch these accounts."""
    query = _changes(codes, currency).where(LedgerTransaction.id == transaction_id)
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _change(row, currency)


async def amount_of(db: AnySession, transaction_id: UUID, code: str) -> Money | None:
    """What one transaction put into one account."""
    query = (
        select(LedgerEntry.amount, LedgerEntry.currency)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerEntry.transaction_id == transaction_id, LedgerAccount.code == code)
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else Money(row[0], row[1])


def _changes(codes: Collection[str], currency: str) -> Select[LedgerTransaction, int, int]:
    fees = (
        select(func.coalesce(func.sum(LedgerEntry.amount), 0))
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerEntry.transaction_id == LedgerTransaction.id, LedgerAccount.code == f"platform:fees:{currency}")
        .correlate(LedgerTransaction)
        .scalar_subquery()
    )
    total = func.sum(LedgerEntry.amount)
    return (
        select(LedgerTransaction, total, fees)
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.code.in_(codes), LedgerAccount.currency == currency)
        .group_by(LedgerTransaction.id)
        .having(total != 0)
        .order_by(LedgerTransaction.effective_at, LedgerTransaction.id)
    )


def _change(row: Row[LedgerTransaction, int, int], currency: str) -> Change:
    found, minor, fee = row
    return Change(
        id=found.id,
        at=found.effective_at,
        kind=found.kind,
        subject=(found.subject_kind, found.subject_id),
        money=Money(int(minor), currency),
        fee=Money(int(fee), currency),
    )


async def currencies(db: AnySession, codes: Collection[str]) -> list[str]:
    """Which currencies these accounts are in."""
    query = select(LedgerAccount.currency).distinct().where(LedgerAccount.code.in_(codes))
    return sorted((await db.execute(query)).scalars(), key=lambda currency: (currency != "USD", currency))


async def first_at(db: AnySession, codes: Collection[str]) -> datetime | None:
    """When the first of them was touched."""
    query = (
        select(func.min(LedgerTransaction.effective_at))
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.code.in_(codes))
    )
    return (await db.execute(query)).scalar_one()
