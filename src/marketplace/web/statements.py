"""Statements as pages, PDF and CSV; receipts; the yearly certificate; what opens one's entries in the open books."""

import csv
import io
from typing import Any
from uuid import UUID

import msgspec

from marketplace.engines.ledger.publishing import RootKey, openings
from marketplace.engines.paper.press import Document, Press, PressBusy
from marketplace.escrow import statements
from marketplace.escrow.statements import Statement, Whose, span
from marketplace.identity.queries import SignedIn
from marketplace.identity.roles import may
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.web import paper
from marketplace.web.access import FREELANCER, USER, Answer, get
from marketplace.web.money import has_both, is_employer_view, paying
from marketplace.web.pages import Flash, download, page, redirect
from marketplace.web.visit import Visit


@get("/money/statements", USER)
async def list_statements(visit: Visit) -> Answer:
    """All months and years with something in them."""
    whose, name = _whose(visit)
    async with visit.read() as db:
        months = await statements.months_of(db, whose, at=visit.now)
    years = sorted({month[:4] for month in months}, reverse=True) if whose.user_id else []
    context: dict[str, Any] = {"months": months, "years": years, "name": name, "has_both": has_both(visit.user)}
    return page(visit, "money/statements.html", side=_side(whose), **context)


@get("/money/statements/{month}", USER)
async def show_statement(visit: Visit, month: str) -> Answer:
    """A month with its lines; `?format=` pdf (of one currency), csv, or openings for the open books."""
    whose, name = _whose(visit)
    since, until = span(month)
    match visit.query.get("format", ""):
        case "openings":
            return await _openings(visit, whose, month)
        case wanted:
            async with visit.read() as db:
                found = await statements.statements_of(db, whose, since=since, until=until)
    if wanted == "csv":
        return download(_csv(found), name=f"statement-{month}.csv", media_type="text/csv; charset=utf-8")
    if wanted == "pdf":
        document = paper.statement(visit, _one(visit, found), name=name, month=month)
        return await _pdf(visit, document, f"statement-{month}.pdf")
    return page(visit, "money/statement.html", month=month, found=found, name=name, side=_side(whose))


@get("/money/certificates/{year}", FREELANCER)
async def show_certificate(visit: Visit, year: str) -> Answer:
    """What she earned in a year, as PDF."""
    since, until = span(year)
    async with visit.read() as db:
        found = await statements.statements_of(db, Whose(user_id=visit.user.id), since=since, until=until)
    document = paper.certificate(visit, _one(visit, found), name=visit.user.name, year=year)
    return await _pdf(visit, document, f"earnings-{year}.pdf")


@get("/money/receipts/{id}", USER)
async def show_receipt(visit: Visit, id: UUID) -> Answer:
    """One payment, release or refund, for both of its sides."""
    async with visit.read() as db:
        found = await statements.receipt_of(db, id, whose=_all_hers(visit.user))
    return await _pdf(visit, paper.receipt(visit, found), f"receipt-{found.at:%Y-%m-%d}.pdf")


def _whose(visit: Visit) -> tuple[Whose, str]:
    if is_employer_view(visit):
        organisation = paying(visit.user)
        return Whose(organisation_id=organisation.id), organisation.name
    return Whose(user_id=visit.user.id), visit.user.name


def _all_hers(user: SignedIn) -> list[Whose]:
    found = [Whose(user_id=user.id)]
    if user.organisation is not None and may(user.organisation.role, "pay"):
        found.append(Whose(organisation_id=user.organisation.id))
    return found


def _side(whose: Whose) -> str:
    return "freelancer" if whose.user_id else "employer"


def _one(visit: Visit, found: list[Statement]) -> Statement:
    """The statement of the currency that was asked for, else the first. Raises: NotFound."""
    wanted = visit.query.get("currency", "")
    for each in found:
        if wanted in ("", each.currency):
            return each
    raise NotFound


async def _pdf(visit: Visit, document: Document, name: str) -> Answer:
    try:
        made = await visit.services[Press].pdf(document)
    except PressBusy:
        flash = Flash(N_("Many documents are being made. Please try again in a minute."), tone="waiting")
        return redirect(visit, "/money/statements", flash=flash)
    return download(made, name=name, media_type="application/pdf")


def _csv(found: list[Statement]) -> bytes:
    """One row for each line; amounts as plain decimals."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["at", "kind", "purpose", "currency", "before_fee", "fee", "amount", "journal_transaction"])
    for statement in found:
        for line in statement.lines:
            change = line.change
            figures = [line.gross.decimal, line.fee.decimal, change.money.decimal]
            purpose = f"'{line.purpose}" if line.purpose[:1] in "=+-@\t\r" and line.purpose else line.purpose
            writer.writerow([change.at.isoformat(), change.kind, purpose, statement.currency, *figures, change.id])
    return text.getvalue().encode("utf-8-sig")


async def _openings(visit: Visit, whose: Whose, month: str) -> Answer:
    since, until = span(month)
    async with visit.read() as db:
        codes = await statements.codes_of(db, whose)
        found = await openings(db, visit.services[RootKey], codes, since=since, until=until)
    told = [
        {
            "n": each.number,
            "kind": each.kind,
            "currency": each.currency,
            "amount": each.amount,
            "blind": str(each.blind),
        }
        for each in found
    ]
    return download(msgspec.json.encode(told), name=f"openings-{month}.json", media_type="application/json")


routes = [list_statements, show_statement, show_certificate, show_receipt]
