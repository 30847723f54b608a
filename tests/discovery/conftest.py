"""A small world of gigs and freelancers, published by the domains' own actions and carried into an index."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.rendering import Site
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services, drain
from marketplace.postings.rules import Content
from marketplace.talent.rules import Language, Profile
from tests.engines.search.corpus import ENGINES, opened

NOW = datetime.now(UTC).replace(microsecond=0)
WORK = "We have what is needed and judge the work by how it reads and how fast it opens. Remote work is fine."

GIG = Content(
    title="WordPress pages for a school",
    description=WORK,
    skills=("wordpress", "php"),
    pay_kind="fixed",
    pay_min_minor=200_00,
    pay_max_minor=400_00,
    closes_at=NOW + timedelta(days=10),
    answer_by=NOW + timedelta(days=14),
)
GIGS = [
    GIG,
    replace(GIG, title="Shopify store for a boutique", skills=("shopify", "seo"), pay_max_minor=900_00),
    replace(GIG, title="Bookkeeping on site in Multan", skills=("bookkeeping",), is_remote=False, district="multan"),
    replace(
        GIG, title="Website care by the hour", skills=("wordpress",), pay_kind="hourly", pay_min_minor=8_00,
        pay_max_minor=15_00, closes_at=NOW + timedelta(days=2), answer_by=NOW + timedelta(days=3),
    ),
    replace(
        GIG, title="Urdu posts for a dairy", skills=("urdu-writing",), language="ur", level="entry",
        women_friendly=("in_writing", "woman_contact"),
    ),
]  # fmt: skip
AYESHA = Profile(
    headline="Shopify and WordPress shops that load fast",
    about="I build light shops that work on cheap phones.",
    skills=("wordpress", "shopify", "css"),
    languages=(Language("en", "good"), Language("ur", "native")),
    rate_minor=12_00,
    hours_a_week=20,
    district="lodhran",
    is_listed=True,
)
HINA = Profile(
    headline="Logos and social media posts",
    skills=("logo-design", "canva"),
    languages=(Language("ur", "native"),),
    district="multan",
    is_listed=True,
)


@pytest.fixture(params=ENGINES)
async def index(request, tmp_path) -> AsyncIterator[SearchIndex]:
    """Every engine that can be tried here."""
    async with opened(request.param, tmp_path / "search") as search:
        yield search


@pytest.fixture
def services(database, index) -> Services:
    made = Services(Mailroom(Site("Hunar", "http://127.0.0.1:8000"), "Hunar <mail@test.example>", "a secret"))
    made.add(database, Database)
    made.add(index, SearchIndex)
    return made


@pytest.fixture
async def catch_up(services):
    """Carry all changes into the index."""

    async def run() -> None:
        await drain(services, later_too=False)

    return run
