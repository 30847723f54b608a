"""What everybody may check: one public record for each sealed transaction, chained by hash under signed roots.

A record names the kinds of accounts and currencies and commits to the amounts (`commitments`); it carries no account,
no person and no time but its place in the order. A root closes all records so far with the day, an Ed25519 signature
and, when enough has moved since the last time, the held total with what proves it. deploy/verify_journal.py checks
all of it without us. The attacks that were considered stand in docs/decisions/0012.
"""

import asyncio
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text

from marketplace.engines.ledger.commitments import blinds, commit
from marketplace.engines.ledger.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerTransaction,
    PublicRecord,
    PublicRoot,
)
from marketplace.engines.ledger.queries import KIND
from marketplace.engines.ledger.sealing import BATCH, START, transactions
from marketplace.kernel.database import AnySession, Session

MOVED_ENOUGH = 10
"""A total is published when at least so many transactions have changed it since the last one that was."""

HELD = "hold"
_LOCK = text("SELECT pg_advisory_xact_lock(7305004)")


@dataclass(frozen=True, slots=True)
class RootKey:
    """The secret behind signatures and blinds; it must never change."""

    seed: bytes

    @property
    def blinding(self) -> bytes:
        return hmac.digest(self.seed, b"journal blinds", "sha256")

    @property
    def signing(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hmac.digest(self.seed, b"journal roots", "sha256"))

    @property
    def public(self) -> str:
        """What everybody may know, as hex."""
        return self.signing.public_key().public_bytes_raw().hex()


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one line of the published journal, for whose money it is."""

    number: int
    kind: str
    currency: str
    amount: int
    blind: int


Sums = dict[str, dict[str, int]]
"""By currency what is held, the sum of its blinds, and how many transactions moved it since it was last published."""


def canonical(value: Any) -> str:
    """The one way in which a record or a root is written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


async def publish_records(db: Session, key: RootKey) -> int:
    """Write the records of all that is sealed and has none, and return how many. The work is done in a thread."""
    await db.execute(_LOCK)
    done = 0
    while True:
        number, head, sums = await _state(db)
        rows = (await db.execute(_sealed_after(number))).all()
        if not rows:
            return done
        made = await asyncio.to_thread(_records, key, head, sums, rows)
        db.add_all(made)
        await db.flush()
        done += len(made)


async def sign_root(db: Session, key: RootKey, *, at: datetime, at_stripe: dict[str, int] | None = None) -> PublicRoot:
    """Close all records so far. `at_stripe` is our balance there by currency, told beside the held total."""
    await db.execute(_LOCK)
    number, head, sums = await _state(db)
    last = (await db.execute(select(PublicRoot).order_by(PublicRoot.number.desc()).limit(1))).scalar_one_or_none()
    told, kept = _told(sums, last, at_stripe or {})
    root: dict[str, Any] = {
        "root": last.number + 1 if last else 1,
        "day": at.date().isoformat(),
        "through": number,
        "head": head.hex(),
        "previous": hashlib.sha256(last.line.encode()).hexdigest() if last else START.hex(),
        "totals": told,
        "key": key.public,
    }
    root["signature"] = key.signing.sign(canonical(root).encode()).hex()
    made = PublicRoot(
        number=root["root"], day=at.date(), through=number, line=canonical(root), moved=kept, signed_at=at
    )
    db.add(made)
    await db.flush()
    return made


def _told(sums: Sums, last: PublicRoot | None, at_stripe: dict[str, int]) -> tuple[dict[str, Any], dict[str, int]]:
    """The totals that may be told, and at which count of moves each currency was last told."""
    before: dict[str, int] = dict(last.moved) if last else {}
    told: dict[str, Any] = {}
    for currency, of in sorted(sums.items()):
        if of["moves"] - before.get(currency, 0) >= MOVED_ENOUGH:
            told[currency] = {"held": of["held"], "blind": str(of["blind"]), "at_stripe": at_stripe.get(currency)}
            before[currency] = of["moves"]
    return told, before


async def _state(db: AnySession) -> tuple[int, bytes, Sums]:
    query = select(PublicRecord).order_by(PublicRecord.number.desc()).limit(1)
    last = (await db.execute(query)).scalar_one_or_none()
    if last is None:
        return 0, START, {}
    sums = {currency: {name: int(value) for name, value in of.items()} for currency, of in last.sums.items()}
    return last.number, bytes.fromhex(json.loads(last.line)["hash"]), sums


def _sealed_after(number: int) -> Any:
    return transactions(LedgerTransaction.seal_number).where(LedgerTransaction.seal_number > number).limit(BATCH // 10)


def _records(key: RootKey, head: bytes, sums: Sums, rows: Any) -> list[PublicRecord]:
    made: list[PublicRecord] = []
    for row in rows:
        lines: list[list[str]] = []
        moved: set[str] = set()
        for code, currency, amount, blind in _opened(key, row.id, row.entries):
            kind = _kind(code)
            lines.append([kind, currency, f"{commit(amount, blind):x}"])
            if kind == HELD:
                of = sums.setdefault(currency, {"held": 0, "blind": 0, "moves": 0})
                of["held"], of["blind"] = of["held"] + amount, of["blind"] + blind
                moved.add(currency)
        for currency in moved:
            sums[currency]["moves"] += 1
        record: dict[str, Any] = {"n": row.seal_number, "kind": row.kind, "lines": sorted(lines)}
        record["seal"] = row.seal_hash.hex()
        head = hashlib.sha256(head + canonical(record).encode()).digest()
        record["hash"] = head.hex()
        kept = {currency: {name: str(value) for name, value in of.items()} for currency, of in sums.items()}
        made.append(PublicRecord(number=row.seal_number, line=canonical(record), sums=kept))
    return made


def _opened(key: RootKey, transaction_id: UUID, entries: list[list[Any]]) -> list[tuple[str, str, int, int]]:
    """Account, currency, amount and blind of each line."""
    found: list[tuple[str, str, int, int]] = []
    for currency in sorted({entry[1] for entry in entries}):
        of = sorted((entry for entry in entries if entry[1] == currency), key=lambda entry: entry[0])
        hidden = blinds(key.blinding, transaction_id.bytes, [entry[0] for entry in of])
        found += [(entry[0], currency, entry[2], blind) for entry, blind in zip(of, hidden, strict=True)]
    return found


def _kind(code: str) -> str:
    found = re.match(KIND, code)
    assert found, code
    return found[0]


async def openings(db: AnySession, key: RootKey, codes: set[str], *, since: datetime, until: datetime) -> list[Opening]:
    """What opens the published lines of these accounts in a stretch of time."""
    touched = (
        select(LedgerEntry.transaction_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerAccount.code.in_(codes))
    )
    query = transactions(LedgerTransaction.seal_number).where(
        LedgerTransaction.id.in_(touched),
        LedgerTransaction.seal_number.is_not(None),
        LedgerTransaction.effective_at >= since,
        LedgerTransaction.effective_at < until,
    )
    return [
        Opening(row.seal_number, _kind(code), currency, amount, blind)
        for row in (await db.execute(query)).all()
        for code, currency, amount, blind in _opened(key, row.id, row.entries)
        if code in codes
    ]


async def contradictions(db: AnySession) -> list[str]:
    """Published records that do not carry the seal of the journal any more (or whose transaction is gone)."""
    query = text("""
        SELECT r.number FROM public_records r LEFT JOIN ledger_transactions t ON t.seal_number = r.number
        WHERE t.id IS NULL OR encode(t.seal_hash, 'hex') <> r.line::jsonb ->> 'seal' ORDER BY 1 LIMIT 100""")
    return [f"record {number} was published with another seal" for (number,) in await db.execute(query)]
