"""The hash chain over the journal, written behind COMMIT.

Transactions that began before every one still running are sealed in the order of their ids: number 1, 2, 3 … and
HMAC-SHA256 (RFC 2104) over the hash before and the canonical text of the transaction with its entries. Without a
journal key the HMAC's key is empty: then the chain shows careless changes, but a forger can make it anew.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, func, select, text

from marketplace.engines.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.failpoints import hit

BATCH = 1_000
START = b"\0" * 32

_LOCK = text("SELECT pg_advisory_xact_lock(7305003)")
# xmin of an unsealed row is the transaction that wrote it. Of a savepoint's it is later than that of the transaction
# around it, which is what the horizon is about: also then all of it has ended.
_SETTLED = text("age(ledger_transactions.xmin) > age((pg_snapshot_xmin(pg_current_snapshot())::text)::xid)")
_SEAL = text("SELECT ledger_seal(:after, :ids, :hashes)")


@dataclass(frozen=True, slots=True)
class JournalKey:
    """The secret of the chain (MARKETPLACE_JOURNAL_KEY); it must never change."""

    value: bytes = b""


@dataclass(frozen=True, slots=True)
class ChainReport:
    """How much is sealed, how much waits and since when, and the first thing that is wrong (empty: all is well)."""

    sealed: int
    unsealed: int
    oldest_unsealed_at: datetime | None
    problem: str


async def seal(db: Session, key: JournalKey) -> int:
    """Seal what has settled, at most BATCH transactions, and return how many."""
    await db.execute(_LOCK)
    number, last = await _head(db)
    rows = (await db.execute(transactions().where(LedgerTransaction.seal_number.is_(None), _SETTLED))).all()
    if not rows:
        return 0
    hashes: list[bytes] = []
    for offset, row in enumerate(rows, 1):
        last = _hash(key, last, number + offset, row)
        hashes.append(last)
    hit("ledger.seal.before")
    await db.execute(_SEAL, {"after": number, "ids": [row.id for row in rows], "hashes": hashes})
    return len(rows)


async def verify_chain(db: AnySession, key: JournalKey) -> ChainReport:
    """Compute the whole chain again and compare."""
    number, last, problem = 0, START, ""
    async for row in _sealed(db):
        number += 1
        last = _hash(key, last, number, row)
        if row.seal_number != number:
            problem = f"seal {number} is missing"
        elif row.seal_hash != last:
            problem = f"seal {number} is broken: transaction {row.id} ({row.key}) was changed"
        if problem:
            break
    tail = select(func.count(), func.min(LedgerTransaction.created_at)).where(LedgerTransaction.seal_number.is_(None))
    unsealed, oldest = (await db.execute(tail)).one()
    return ChainReport(sealed=number, unsealed=unsealed, oldest_unsealed_at=oldest, problem=problem)


async def _head(db: Session) -> tuple[int, bytes]:
    query = (
        select(LedgerTransaction.seal_number, LedgerTransaction.seal_hash)
        .where(LedgerTransaction.seal_number.is_not(None))
        .order_by(LedgerTransaction.seal_number.desc())
        .limit(1)
    )
    number, last = (await db.execute(query)).one_or_none() or (None, None)
    return number or 0, last or START


async def _sealed(db: AnySession) -> AsyncIterator[Row[Any]]:
    """All sealed transactions in order, a batch at a time."""
    after = 0
    while True:
        query = transactions(LedgerTransaction.seal_number).where(LedgerTransaction.seal_number > after)
        rows = (await db.execute(query)).all()
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        after = rows[-1].seal_number


def transactions(order: Any = LedgerTransaction.id) -> Select[Any]:
    """A batch of transactions with their entries as a JSON list, in the order of their accounts' codes."""
    parts = (
        LedgerAccount.code,
        LedgerEntry.currency,
        LedgerEntry.amount,
        LedgerEntry.account_version,
        LedgerEntry.balance_after,
    )
    listed = func.jsonb_agg(func.jsonb_build_array(*parts)).aggregate_order_by(LedgerAccount.code)
    entries = (
        select(listed)
        .select_from(LedgerEntry)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerEntry.transaction_id == LedgerTransaction.id)
        .scalar_subquery()
    )
    return select(*LedgerTransaction.__table__.columns, entries.label("entries")).order_by(order).limit(BATCH)


def _hash(key: JournalKey, last: bytes, number: int, row: Row[Any]) -> bytes:
    canonical = msgspec.json.encode(
        [
            number,
            row.id,
            row.key,
            row.request_hash,
            row.kind,
            row.subject_kind,
            row.subject_id,
            row.reverses,
            row.effective_at,
            row.created_at,
            row.entries,
        ]
    )
    return hmac.digest(key.value, last + canonical, hashlib.sha256)
