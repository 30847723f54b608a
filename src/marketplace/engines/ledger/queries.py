"""Reading the journal: balances, an account's entries, the trial balance."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from marketplace.engines.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money

KIND = "^((?:world|platform):[a-z_]+|[a-z_]+)"
"""The kind of an account is its code without owner and currency: `hold`, `platform:fees`."""


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One entry of an account with what it belongs to; `version` is the cursor."""

    version: int
    money: Money
    balance_after: Money
    transaction_id: UUID
    kind: str
    subject: tuple[str, UUID]
    effective_at: datetime


async def id_of(db: AnySession, key: str) -> UUID:
    """The journal transaction that was written under this key, which is there."""
    return (await db.execute(select(LedgerTransaction.id).where(LedgerTransaction.key == key))).scalar_one()


async def balance(db: AnySession, code: str, *, currency: str = "USD") -> Money:
    """The balance of the account, zero of `currency` when nothing was ever posted to it."""
    return (await balances(db, [code])).get(code, Money(0, currency))


async def balances(db: AnySession, codes: Collection[str]) -> dict[str, Money]:
    """Balances by code; accounts that were never posted to are left out."""
    query = select(LedgerAccount.code, LedgerAccount.balance, LedgerAccount.currency).where(
        LedgerAccount.code.in_(codes)
    )
    return {code: Money(minor, currency) for code, minor, currency in await db.execute(query)}


async def entries_of(db: AnySession, code: str, *, before: int | None = None, limit: int = 50) -> list[AccountEntry]:
    """The newest entries of an account first; `before` is the version of the last one seen."""
    query = (
        select(LedgerEntry, LedgerTransaction)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerAccount.code == code)
        .order_by(LedgerEntry.account_version.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(LedgerEntry.account_version < before)
    return [_entry(entry, transaction) for entry, transaction in await db.execute(query)]


def _entry(entry: LedgerEntry, transaction: LedgerTransaction) -> AccountEntry:
    return AccountEntry(
        version=entry.account_version,
        money=Money(entry.amount, entry.currency),
        balance_after=Money(entry.balance_after, entry.currency),
        transaction_id=transaction.id,
        kind=transaction.kind,
        subject=(transaction.subject_kind, transaction.subject_id),
        effective_at=transaction.effective_at,
    )


async def trial_balance(db: AnySession) -> dict[str, int]:
    """The sum of all balances by currency, in minor units: zero each, or the journal is broken."""
    query = select(LedgerAccount.currency, func.sum(LedgerAccount.balance)).group_by(LedgerAccount.currency)
    return {currency: int(total) for currency, total in await db.execute(query)}


async def balance_at(db: AnySession, code: str, at: datetime) -> Money | None:
    """What the account held at that moment (by our clock); None when there is no such account."""
    query = (
        select(LedgerAccount.currency, func.coalesce(func.sum(LedgerEntry.amount).filter(_until(at)), 0))
        .outerjoin(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .outerjoin(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerAccount.code == code)
        .group_by(LedgerAccount.id)
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else Money(int(row[1]), row[0])


@dataclass(frozen=True, slots=True)
class TrialLine:
    """The accounts of one kind together, in the journal's sign."""

    kind: str
    accounts: int
    money: Money


async def trial_lines(db: AnySession, at: datetime) -> list[TrialLine]:
    """The trial balance at that moment by kind of account (its code without the owner); each currency sums to zero."""
    kind = func.substring(LedgerAccount.code, KIND).label("kind")
    query = (
        select(kind, LedgerAccount.currency, func.count(LedgerAccount.id.distinct()), func.sum(LedgerEntry.amount))
        .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(_until(at))
        .group_by(kind, LedgerAccount.currency)
        .order_by(LedgerAccount.currency.desc(), kind)
    )
    return [
        TrialLine(kind, count, Money(int(total), currency)) for kind, currency, count, total in await db.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Resting:
    """Money that has lain in an account since its last entry."""

    code: str
    money: Money
    since: datetime


async def resting(db: AnySession, prefixes: Collection[str], *, before: datetime) -> list[Resting]:
    """Accounts with these beginnings that are not empty and whose last entry is older, oldest first (at most 100)."""
    query = (
        select(LedgerAccount.code, LedgerAccount.balance, LedgerAccount.currency, LedgerTransaction.effective_at)
        .join(
            LedgerEntry,
            (LedgerEntry.account_id == LedgerAccount.id) & (LedgerEntry.account_version == LedgerAccount.version),
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerAccount.balance != 0, LedgerTransaction.effective_at < before)
        .where(or_(*(LedgerAccount.code.startswith(prefix) for prefix in prefixes)))
        .order_by(LedgerTransaction.effective_at)
        .limit(100)
    )
    return [Resting(code, Money(minor, currency), since) for code, minor, currency, since in await db.execute(query)]


def _until(at: datetime) -> ColumnElement[bool]:
    return LedgerTransaction.effective_at <= at
