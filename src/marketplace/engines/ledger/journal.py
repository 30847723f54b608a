"""Posting to the journal."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Conflict
from marketplace.kernel.failpoints import hit
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.kernel.queue import defer

SEAL_DELAY = timedelta(seconds=2)

_POST = text("""
    SELECT ledger_post(:key, :hash, :kind, :subject_kind, :subject_id, :at, :codes, :currencies, :amounts, :reverses),
        EXISTS (SELECT FROM pgqueuer WHERE entrypoint = 'ledger.seal' AND status = 'queued'
                AND execute_after > now() + interval '1 second')
""")


class Overdrawn(Conflict):
    """An account would fall below its floor."""

    message = N_("There is not enough money for this.")


class KeyReused(AssertionError):
    """The same key came with another request: a mistake in the program, never in what somebody typed."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a transaction adds to (or, below zero, takes from) the account with this code."""

    account: str
    money: Money


def in_order(lines: Sequence[Line]) -> list[Line]:
    """As the door wants them, since so it locks their accounts: everybody's last, then by code."""
    return sorted(lines, key=lambda line: (line.account.startswith(("world:", "platform:")), line.account))


async def post(
    db: Session,
    *,
    key: str,
    kind: str,
    lines: Sequence[Line],
    at: datetime,
    subject: tuple[str, UUID],
    reverses: UUID | None = None,
) -> UUID:
    """Write one journal transaction and return its id; with a key that was used for the same request, the old one's.

    Accounts are opened as they are first named. `at` is no part of the request: who tries again later means the same.
    Raises: Overdrawn; KeyReused when the key belongs to another request; AssertionError when the lines are wrong
    (fewer than 2, a zero, an account twice or of another currency, a sum that is not zero).
    """
    subject_kind, subject_id = subject
    _check_sums(lines)
    lines = in_order(lines)
    hit("ledger.post.before")
    try:
        row = await db.execute(
            _POST,
            {
                "key": key,
                "hash": _request_hash(kind, lines, subject, reverses),
                "kind": kind,
                "subject_kind": subject_kind,
                "subject_id": subject_id,
                "at": at,
                "codes": [line.account for line in lines],
                "currencies": [line.money.currency for line in lines],
                "amounts": [line.money.amount_minor for line in lines],
                "reverses": reverses,
            },
        )
    except DBAPIError as error:
        raise _translated(error) from error
    transaction_id, is_seal_near = row.one()
    if not is_seal_near:
        await _defer_seal(db)
    hit("ledger.post.after")
    return transaction_id


def _check_sums(lines: Sequence[Line]) -> None:
    """The database checks it again; here the mistake is named before an account looks overdrawn by it."""
    sums = Counter[str]()
    for line in lines:
        sums[line.money.currency] += line.money.amount_minor
    assert not any(sums.values()), f"ledger: the lines do not add up to zero: {lines}"


async def _defer_seal(db: Session) -> None:
    # Without a key: posters with one key in common would wait for each other's COMMIT.
    await defer(db, "ledger.seal", at=clock.now() + SEAL_DELAY)


def _request_hash(kind: str, lines: Sequence[Line], subject: tuple[str, UUID], reverses: UUID | None) -> bytes:
    ordered = sorted((line.account, line.money.currency, line.money.amount_minor) for line in lines)
    return hashlib.sha256(msgspec.json.encode([kind, ordered, subject, reverses])).digest()


def _translated(error: DBAPIError) -> Exception:
    cause = getattr(error.orig, "__cause__", None)
    if getattr(cause, "constraint_name", None) == "ck_ledger_accounts_floor":
        return Overdrawn()
    match getattr(cause, "sqlstate", None):
        case "LE001" | "LE004":
            return AssertionError(str(cause))
        case "LE002":
            return KeyReused(str(cause))
        case _:
            return error
