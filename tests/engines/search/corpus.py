"""A small corpus of gigs, so that search tests read as stories."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, MetaData, Table, Text, Uuid, insert, select

from marketplace.engines.search.embedded import EmbeddedSearch
from marketplace.engines.search.meili_client import Meili
from marketplace.engines.search.meilisearch import MeiliSearch
from marketplace.engines.search.outbox import listing_of
from marketplace.engines.search.protocol import SearchIndex
from marketplace.engines.search.settings import load_settings
from marketplace.engines.search.sql import Listing
from marketplace.kernel.database import Database, Session
from marketplace.kernel.paths import resource

SEARCH = resource("search")

_TITLES: list[tuple[str, list[str], str]] = [
    ("WordPress developer for a school site", ["wordpress", "php"], "AgriTrack"),
    ("Word press theme fix", ["wordpress", "css"], "ClassLink"),
    ("Shopify store for a boutique", ["shopify"], "Multan Boutique"),
    ("Logo design for a bakery", ["logo-design"], "RuralPay"),
    ("Node.js API with payments", ["nodejs"], "RuralPay"),
    ("Front end developer, React", ["react", "css"], "ClassLink"),
    ("اردو ڈیزائنر درکار ہے", ["graphic-design"], "AgriTrack"),
    ("SEO for a local shop", ["seo"], "Multan Boutique"),
    ("Search engine optimisation audit", ["seo"], "ClassLink"),
    ("Video editor for a YouTube channel", ["video-editing"], "AgriTrack"),
    ("C++ program for a sensor", ["cpp"], "AgriTrack"),
    ("C# desktop program", ["csharp"], "RuralPay"),
    ("Stitching of 40 school uniforms", ["tailoring"], "Multan Boutique"),
    ("Data entry of 2025 invoices", ["data-entry"], "RuralPay"),
    ("آن لائن اکیڈمی کے لیے ٹیچر", ["teaching-online"], "ClassLink"),
    ("E-commerce product descriptions", ["product-descriptions"], "RuralPay"),
]


PROMISES = ("in_writing", "own_hours", "woman_contact")


def document(number: int, title: str, skills: list[str], employer: str) -> dict[str, Any]:
    """One gig; all its other fields follow from its number."""
    return {
        "id": UUID(int=number + 1),
        "title": title,
        "skill_names": skills,
        "employer": employer,
        "description": f"We need help with this: {title}. Remote work is fine.",
        "skills": skills,
        "pay": "hourly" if number % 3 == 0 else "fixed",
        "currency": "USD",
        "remote": number % 2 == 0,
        "district": (None, "multan", "lodhran")[number % 3],
        "languages": ["en"],
        "level": (None, "entry", "senior", "mid")[number % 4],
        "women_friendly": [promise for at, promise in enumerate(PROMISES) if number >> at & 1],
        "pay_min": number * 100,
        "pay_max": number * 250,
        "posted_at": 1_760_000_000 + number,
        "deadline_at": None if number % 4 == 0 else 1_770_000_000 - number,
    }


DOCUMENTS = [document(number, *row) for number, row in enumerate(_TITLES)]
TITLES = {document["id"]: document["title"] for document in DOCUMENTS}


MEILI_URL, MEILI_KEY = os.environ.get("MEILI_URL", ""), os.environ.get("MEILI_KEY", "")
ENGINES = ("embedded", "meilisearch") if MEILI_URL else ("embedded",)
"""Every engine that can be tried here: a Meilisearch where MEILI_URL (and MEILI_KEY) name one."""


@asynccontextmanager
async def opened(kind: str, data: Path) -> AsyncIterator[SearchIndex]:
    """One of ENGINES with the project's own settings and nothing in it; what it leaves in a Meilisearch goes."""
    if kind == "embedded":
        yield engine(data)
        return
    nowhere = Database("postgresql+asyncpg://nowhere.invalid/")  # nothing lists in its place: a failure is a failure
    meili, prefix = Meili(MEILI_URL, MEILI_KEY, search_seconds=30), f"test-{uuid4().hex[:8]}-"
    search = MeiliSearch(meili, load_settings(SEARCH), nowhere, listing_of, prefix=prefix)
    try:
        yield search
    finally:
        await search.forget()
        await search.close()


async def with_other_settings(search: SearchIndex) -> None:
    """As if the gigs had been built by an older release."""
    if isinstance(search, MeiliSearch):
        task = await search.meili.task("PATCH", f"/indexes/{search._uid('gigs')}/settings", {"stopWords": ["older"]})
        await search.meili.done(task)
    else:
        (search._generations["gigs"].current() / "fingerprint").write_text("older", encoding="ascii")


def engine(data: Path) -> EmbeddedSearch:
    """An engine with the project's own settings."""
    return EmbeddedSearch(data, SEARCH)


async def stored_in_sql(db: Session, documents: list[dict[str, Any]]) -> Listing:
    """The same documents as a table of PostgreSQL that goes with the transaction."""
    lists = ("skills", "languages", "women_friendly")
    kinds = {"remote": Boolean, **dict.fromkeys(lists, ARRAY(Text))}
    numbers = ("pay_min", "pay_max", "posted_at", "deadline_at")
    fields = (*lists, "pay", "currency", "remote", "district", "level", *numbers)
    table = Table(
        "documents_of_a_test",
        MetaData(),
        Column("id", Uuid, primary_key=True),
        Column("title", Text),
        *(Column(name, kinds.get(name, BigInteger if name in numbers else Text)) for name in fields),
        prefixes=["TEMPORARY"],
    )
    await db.run_sync(lambda session: table.create(session.connection()))
    rows = [{name: document[name] for name in ("id", "title", *fields)} for document in documents]
    await db.execute(insert(table), rows)
    return Listing(select(table.c.id), {name: table.c[name] for name in fields}, table.c.title, "posted_at")
