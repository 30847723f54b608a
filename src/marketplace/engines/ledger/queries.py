"""Reading the journal: balances, an account's entries, the trial balance."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money


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
