"""Statements: each file and each line counts once, every line is booked at once, references match them to payouts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.banking import statements as files
from marketplace.engines.banking.camt import is_camt, read_camt
from marketplace.engines.banking.statements import Entry, NotAStatement, read_csv
from marketplace.engines.ledger import journal
from marketplace.escrow import accounts
from marketplace.escrow.rails import matching
from marketplace.escrow.rails.catalogue import House, layouts
from marketplace.escrow.rails.models import Statement, StatementLine
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.failpoints import hit
from marketplace.kernel.i18n import N_

_LOCK = 7_305_012
"""Statements are read one after the other: two clerks with the same file book it once."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file as somebody brings it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `is_new` False: it was read before, nothing was changed."""

    statement: Statement
    is_new: bool


async def import_statement(db: Session, given: Given, house: House, *, by: UUID | None, at: datetime) -> Imported:
    """Read a camt.053 or the CSV that the account's layout describes; match what can be matched.

    Raises: NotAStatement when it can't be read or is another account's.
    """
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    sha256 = hashlib.sha256(given.content).hexdigest()
    before = (await db.execute(select(Statement).where(Statement.sha256 == sha256))).scalar_one_or_none()
    if before is not None:
        return Imported(before, is_new=False)
    read = _read(given.content, house)
    made = Statement(
        house=house.slug,
        sha256=sha256,
        file_name=given.name[:200],
        currency=house.currency,
        lines=len(read.entries),
        new_lines=0,
        closing_minor=read.closing.amount_minor if read.closing else None,
        imported_by=by,
        imported_at=at,
    )
    db.add(made)
    await db.flush()
    made.new_lines = await _keep(db, made, read.entries, at)
    await db.flush()
    said: dict[str, Any] = {"house": house.slug, "sha256": sha256, "lines": made.lines, "new_lines": made.new_lines}
    await audit.record(db, "statement.imported", subject=("statement", made.id), by=by, at=at, **said)
    await match_open(db, house.slug, at=at)
    return Imported(made, is_new=True)


def _read(content: bytes, house: House) -> files.Statement:
    if not is_camt(content):
        return read_csv(content, layouts()[house.layout], house.currency)
    own = [each for each in read_camt(content) if not each.account or each.account == house.iban]
    if len(own) > 1:
        raise NotAStatement.at(
            "file", N_("There are several statements of this account in the file: read one at a time.")
        )
    if not own:
        raise NotAStatement.at("file", N_("This is the statement of another account."))
    if {entry.money.currency for entry in own[0].entries} - {house.currency}:
        raise NotAStatement.at("file", N_("This statement is in another currency than the account."))
    return own[0]


async def _keep(db: Session, statement: Statement, entries: Sequence[Entry], at: datetime) -> int:
    """Write and book the lines that are new; returns how many."""
    count = 0
    for entry in entries:
        values = {
            "statement_id": statement.id,
            "house": statement.house,
            "key": entry.key,
            "on": entry.on,
            "amount_minor": entry.money.amount_minor,
            "currency": entry.money.currency,
            **{
                name: getattr(entry, name) for name in ("is_credit", "is_booked", "is_return", "counterparty", "reason")
            },
            "text": entry.text[:1_000],
            "state": "open",
        }
        made = insert(StatementLine).values(**values).on_conflict_do_nothing().returning(StatementLine.id)
        if (id := (await db.execute(made)).scalar_one_or_none()) is not None:
            count += 1
            if entry.is_booked:
                await _book(db, id, statement.house, entry, at)
            hit("escrow.statement.line")
    return count


async def _book(db: Session, line_id: UUID, house: str, entry: Entry, at: datetime) -> None:
    """What the bank says has happened has happened, whether we know why or not."""
    world, money = accounts.house(house, entry.money.currency), entry.money
    if entry.is_credit:
        lines = accounts.move(world, accounts.suspense(line_id), money)
    else:
        lines = accounts.move(accounts.clearing(money.currency), world, money)
    key, subject = f"line:{line_id}", ("statement_line", line_id)
    await journal.post(db, key=key, kind="statement_line", lines=lines, at=at, subject=subject)


async def match_open(db: Session, house: str, *, at: datetime) -> int:
    """Match what lies open, oldest first, on each day what went out before what came in; returns how many matched."""
    query = (
        select(StatementLine)
        .where(StatementLine.house == house, StatementLine.state == "open")
        .order_by(StatementLine.on, StatementLine.is_credit, StatementLine.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await db.execute(query)).scalars().all()
    return sum([await matching.match(db, line, by=None, at=at) for line in found])
