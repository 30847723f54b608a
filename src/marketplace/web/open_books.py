"""The books that anybody can check: signed roots as a page and a feed, the journal without names, the verifier."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Response
from litestar.response import Stream
from markupsafe import escape

from marketplace.engines.ledger import published
from marketplace.engines.ledger.publishing import RootKey
from marketplace.kernel.money import Money
from marketplace.kernel.paths import resource
from marketplace.web import paging
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.pages import attachment, page
from marketplace.web.visit import Visit

_PAGE = 500
VERIFIER = "verify_journal.py"


@get("/books", PUBLIC)
async def show_roots(visit: Visit) -> Answer:
    """The newest roots, what is held beside what lies at Stripe, and how to check it oneself."""
    cursor = paging.decode(visit, int)
    async with visit.read() as db:
        rows = await published.roots(db, before=cursor[0] if cursor else None, limit=paging.SIZE + 1)
        totals = await published.newest_totals(db)
    told = [(root.day, Money(held, currency), _at_stripe(there, currency)) for root, currency, held, there in totals]
    found = paging.cut(visit, rows, key=lambda row: [row.number])
    context: dict[str, Any] = {"found": found, "totals": told, "key": visit.services[RootKey].public}
    return page(visit, "books/index.html", fragment="roots", **context)


def _at_stripe(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


@get("/books/roots.atom", PUBLIC)
async def feed(visit: Visit) -> Answer:
    """The newest roots as an Atom feed (RFC 4287): who reads it keeps them."""
    async with visit.read() as db:
        rows = await published.roots(db, limit=30)
    base = visit.settings.base_url
    entries = "".join(
        f"<entry><id>{base}/books/roots/{root.number}</id><title>Root {root.number} of {root.day.isoformat()}</title>"
        f"<updated>{root.signed_at.isoformat()}</updated><link href='{base}/books/roots/{root.number}'/>"
        f"<content type='text'>{escape(root.line)}</content></entry>"
        for root in rows
    )
    updated = rows[0].signed_at if rows else visit.now
    head = (
        f"<id>{base}/books</id><title>{escape(visit.settings.name)}: signed roots of the journal</title>"
        f"<updated>{updated.isoformat()}</updated><author><name>{escape(visit.settings.name)}</name></author>"
        f"<link href='{base}/books'/><link rel='self' href='{base}/books/roots.atom'/>"
    )
    xml = f"<?xml version='1.0' encoding='utf-8'?><feed xmlns='http://www.w3.org/2005/Atom'>{head}{entries}</feed>"
    return Response(xml, media_type="application/atom+xml")


@get("/books/roots/{number}", PUBLIC)
async def show_root(visit: Visit, number: int) -> Answer:
    """One root, letter by letter as it was signed."""
    async with visit.read() as db:
        root = await published.root(db, number)
    return Response(root.line + "\n", media_type="application/json")


@get("/books/journal.jsonl", PUBLIC)
async def show_journal(visit: Visit) -> Answer:
    """Every record and every root in their order."""
    return Stream(_lines(visit), media_type="application/jsonl", headers=attachment("journal.jsonl"))


async def _lines(visit: Visit) -> AsyncIterator[str]:
    after = 0
    async with visit.read() as db:
        roots = await published.root_lines(db)
    while True:
        async with visit.read() as db:
            records = await published.record_lines(db, after=after, limit=_PAGE)
        for number, line in records:
            if not roots:
                return
            yield line + "\n"
            after = number
            while roots and roots[0][0] == number:
                yield roots.pop(0)[1] + "\n"
        if len(records) < _PAGE:
            return


@get("/books/verify_journal.py", PUBLIC)
async def show_verifier(visit: Visit) -> Answer:
    """The program that checks it all without us."""
    text = (resource("deploy") / VERIFIER).read_text(encoding="utf-8")
    return Response(text, media_type="text/x-python", headers=attachment(VERIFIER))


routes = [show_roots, feed, show_root, show_journal, show_verifier]
