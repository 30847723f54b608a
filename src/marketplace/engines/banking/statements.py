"""Statements of a bank or wallet account: what came in, went out, or came back, line by line."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import EXPONENTS, Money

MOST_BYTES = 5_000_000
MOST_LINES = 20_000


class NotAStatement(Invalid):
    """The file can't be read as a statement."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `money` is positive; `key` is the same each time this line is exported.

    `is_booked` False: the operator only reports that it did not do it; no money moved. `reason`: why it came back.
    """

    key: str
    on: date
    money: Money
    is_credit: bool
    text: str
    counterparty: str = ""
    is_return: bool = False
    is_booked: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """`account` as the bank names it (empty where the file does not say); `closing` where it is told."""

    account: str
    entries: tuple[Entry, ...]
    closing: Money | None = None


@dataclass(frozen=True, slots=True)
class StatementLayout:
    """Which column of a CSV holds what. `text` are joined; amounts stand in credit and debit, or signed in `amount`.

    `done` and `failed` are words of the `status` column; a line with another word is not there yet and is left out.
    """

    date: str
    text: tuple[str, ...]
    date_format: str = "%Y-%m-%d"
    key: str = ""
    credit: str = ""
    debit: str = ""
    amount: str = ""
    is_all_debit: bool = False
    counterparty: str = ""
    status: str = ""
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    reason: str = ""
    delimiter: str = ","
    skip: int = 0


def read_csv(content: bytes, layout: StatementLayout, currency: str) -> Statement:
    """A statement exported as CSV. Raises: NotAStatement naming the line."""
    lines = _text_of(content).splitlines(keepends=True)[layout.skip :]
    rows = csv.DictReader(io.StringIO("".join(lines), newline=""), delimiter=layout.delimiter, strict=True)
    entries: list[Entry] = []
    try:
        needed = {layout.date, *layout.text, layout.key, layout.credit, layout.debit, layout.amount, layout.status}
        if missing := needed - {""} - {name.strip() for name in rows.fieldnames or ()}:
            raise NotAStatement.at("file", N_("The file has no column “%(name)s”."), name=sorted(missing)[0])
        for number, row in enumerate(rows, layout.skip + 2):
            if len(entries) >= MOST_LINES:
                raise NotAStatement.at("file", N_("The file has too many lines. Split it."))
            clean = {(name or "").strip(): (value or "").strip() for name, value in row.items() if name is not None}
            if entry := _entry(clean, layout, currency, number):
                entries.append(entry)
    except csv.Error as error:
        raise NotAStatement.at("file", N_("The file is no CSV that can be read.")) from error
    return Statement("", tuple(with_keys(entries)))


def _entry(row: Mapping[str, str], layout: StatementLayout, currency: str, number: int) -> Entry | None:
    if not row.get(layout.date):
        return None  # a total, or an empty line
    failed = layout.status and row[layout.status].lower() in layout.failed
    if layout.status and not failed and row[layout.status].lower() not in layout.done:
        return None
    try:
        on = datetime.strptime(row[layout.date], layout.date_format).date()  # noqa: DTZ007 - a bank's day has no zone
        signed = _signed(row, layout)
        money = Money(_minor(abs(signed), currency), currency)
    except (ValueError, InvalidOperation) as error:
        raise NotAStatement.at("file", N_("Line %(number)s can't be read."), number=number) from error
    if not money:
        return None
    return Entry(
        key=row.get(layout.key, "") if layout.key else "",
        on=on,
        money=money,
        is_credit=signed > 0 and not (layout.is_all_debit or failed),  # what was not done did not come in
        text=" ".join(row[name] for name in layout.text if row[name]),
        counterparty=row.get(layout.counterparty, ""),
        is_booked=not failed,
        is_return=bool(failed),
        reason=row.get(layout.reason, "") if failed else "",
    )


def _signed(row: Mapping[str, str], layout: StatementLayout) -> Decimal:
    if layout.amount:
        return _number(row[layout.amount])
    return _number(row[layout.credit]) - _number(row[layout.debit])


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "") or "0")


def _minor(amount: Decimal, currency: str) -> int:
    minor = amount.scaleb(EXPONENTS[currency])
    if not minor.is_finite() or minor != minor.to_integral_value() or minor > 10**14:
        raise ValueError(f"{amount} is no amount of {currency}")
    return int(minor)


def with_keys(entries: Iterable[Entry]) -> Iterable[Entry]:
    """Lines without a key of the bank's get one of their content, and which of several such lines it is."""
    seen = Counter[str]()
    for entry in entries:
        parts = (str(entry.on), str(entry.money), str(entry.is_credit), entry.text, str(entry.is_booked))
        key = entry.key or hashlib.sha256("|".join(parts).encode()).hexdigest()[:40]
        seen[key] += 1
        yield replace(entry, key=key if seen[key] == 1 else f"{key}#{seen[key]}")


def _text_of(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise NotAStatement.at("file", N_("The file is too large. Split it."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
