"""Statements as ISO 20022 camt.053 (any version: only names are read, not the namespace)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree as ET

from marketplace.engines.banking.statements import (
    MOST_BYTES,
    MOST_LINES,
    Entry,
    NotAStatement,
    Statement,
    with_keys,
)
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import EXPONENTS, Money


def is_camt(content: bytes) -> bool:
    """It looks like XML with a statement in it."""
    head = content[:2_000].lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"<") and b"camt.053" in head


def read_camt(content: bytes) -> list[Statement]:
    """The statements of the file, booked lines only. Raises: NotAStatement."""
    if len(content) > MOST_BYTES:
        raise NotAStatement.at("file", N_("The file is too large. Split it."))
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:  # a statement has neither; an attack on the parser has
        raise NotAStatement.at("file", N_("The file is no camt.053 that can be read."))
    try:
        root = ET.fromstring(content)  # noqa: S314 - without a document type there are no entities to expand
        found = [_statement(_Node(each)) for each in root.iter() if _name(each) == "Stmt"]
    except (ET.ParseError, ValueError, InvalidOperation, AttributeError) as error:
        raise NotAStatement.at("file", N_("The file is no camt.053 that can be read.")) from error
    if not found:
        raise NotAStatement.at("file", N_("There is no statement in this file."))
    return found


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


@dataclass(frozen=True, slots=True)
class _Node:
    """An element whose children are found by names without their namespace: `node.all("NtryDtls/TxDtls")`."""

    element: ET.Element

    def all(self, path: str) -> "list[_Node]":
        found = [self.element]
        for name in path.split("/"):
            found = [child for each in found for child in each if _name(child) == name]
        return [_Node(each) for each in found]

    def first(self, path: str) -> "_Node | None":
        return next(iter(self.all(path)), None)

    def words(self, *paths: str) -> str:
        """Of the first path that is there."""
        texts = ((node.element.text or "").strip() for path in paths for node in self.all(path))
        return next((text for text in texts if text), "")

    def money(self, path: str) -> Money | None:
        node = self.first(path)
        if node is None:
            return None
        currency = node.element.attrib.get("Ccy", "")
        if currency not in EXPONENTS:
            raise ValueError(f"unknown currency {currency}")
        minor = Decimal((node.element.text or "").strip()).scaleb(EXPONENTS[currency])
        if not minor.is_finite() or minor != minor.to_integral_value() or not 0 <= minor <= 10**14:
            raise ValueError(f"no amount: {node.element.text}")
        return Money(int(minor), currency)


def _statement(node: _Node) -> Statement:
    entries: list[Entry] = []
    for each in node.all("Ntry"):
        if each.words("Sts/Cd", "Sts") == "BOOK":
            entries += _entries(each)
        if len(entries) > MOST_LINES:
            raise NotAStatement.at("file", N_("The file has too many lines. Split it."))
    account = node.words("Acct/Id/IBAN", "Acct/Id/Othr/Id")
    return Statement(account, tuple(with_keys(entries)), _closing(node))


def _closing(node: _Node) -> Money | None:
    for balance in node.all("Bal"):
        if balance.words("Tp/CdOrPrtry/Cd") == "CLBD" and (money := balance.money("Amt")):
            is_debit = balance.words("CdtDbtInd") == "DBIT"
            return Money(-money.amount_minor, money.currency) if is_debit else money
    return None


def _entries(entry: _Node) -> Iterator[Entry]:
    """One for each transaction of a booking in a batch, when their amounts add up to it; else one for the whole."""
    whole = entry.money("Amt")
    if whole is None or not whole:
        return
    details = entry.all("NtryDtls/TxDtls")
    amounts = [each.money("Amt") or each.money("AmtDtls/TxAmt/Amt") for each in details]
    if (
        len(details) > 1
        and all(amounts)
        and sum((each.amount_minor for each in amounts if each), 0) == whole.amount_minor
    ):
        for number, (each, money) in enumerate(zip(details, amounts, strict=True), 1):
            assert money is not None
            yield _entry(entry, each, money, number)
    else:
        yield _entry(entry, details[0] if details else None, whole, 0)


def _entry(entry: _Node, details: _Node | None, money: Money, number: int) -> Entry:
    is_credit = (
        entry.words("CdtDbtInd") if details is None else details.words("CdtDbtInd") or entry.words("CdtDbtInd")
    ) == "CRDT"
    own_key = details.words("Refs/AcctSvcrRef") if details else ""
    shared_key = entry.words("AcctSvcrRef")
    key = own_key or (f"{shared_key}/{number}" if shared_key and number else shared_key)
    texts = [entry.words("AddtlNtryInf")]
    counterparty = reason = ""
    if details is not None:
        texts += [details.words("Refs/EndToEndId"), details.words("Refs/InstrId"), details.words("AddtlTxInf")]
        texts += [(each.element.text or "").strip() for each in details.all("RmtInf/Ustrd")]
        texts += [each.words("CdtrRefInf/Ref") for each in details.all("RmtInf/Strd")]
        side = "Dbtr" if is_credit else "Cdtr"
        counterparty = details.words(f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm")
        reason = details.words("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/AddtlInf")
    return Entry(
        key=key,
        on=date.fromisoformat(entry.words("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt")[:10]),
        money=money,
        is_credit=is_credit,
        text=" ".join(text for text in texts if text and text != "NOTPROVIDED"),
        counterparty=counterparty,
        is_return=bool(reason) or entry.words("RvslInd") == "true",
        reason=reason,
    )
