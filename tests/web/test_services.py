"""Services and orders as pages: written, found, ordered once, seen only by whom they may be seen."""

from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.contracts.models import Contract
from marketplace.contracts.notices import path_of
from marketplace.gigs import service_queries, services
from marketplace.gigs.models import Service
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.trust import blocks
from tests.cast import Cast
from tests.gigs.offering import SERVICE, offered
from tests.visitors import Browse, Browser

WRITTEN: dict[str, Any] = {
    "title": "A logo in two days",
    "description": "Three drafts by hand, then the one you choose as a vector. **Bring** your colours.",
    "skills": "html, css",
    "packages-0-name": "One logo",
    "packages-0-price": "80.50",
    "packages-0-days": "2",
    "packages-0-revisions": "1",
    "packages-0-includes": "A logo as SVG and PNG.",
    "packages-1-name": "",
    "extras-0-title": "In Urdu too",
    "extras-0-price": "20",
    "extras-0-days": "1",
    "questions": "Which colours?\n\nWho is it for?",
}
BRIEF = {"brief": "A shop for seeds in Multan; the logo stands on sacks and on phones.", "organisation": "agritrack"}


@pytest.fixture
async def service(db: Session, cast: Cast) -> Service:
    made = await offered(db, cast.ayesha_profile, clock.now())
    await db.commit()
    return made


async def orders_of(db: Session) -> int:
    return await db.scalar(select(func.count()).select_from(Contract)) or 0


async def test_she_writes_offers_changes_pauses_and_removes(
    db: Session, cast: Cast, browse: Browse, client: Browser
) -> None:
    hers = await browse(cast.ayesha)
    empty = await hers.submit("/services", {"title": "", "step": "save"}, shown_on="/services/new")
    assert empty.status_code == 422 and "Write a title" in empty.text
    wrong = {**WRITTEN, "packages-0-price": "", "packages-2-name": "Third", "packages-2-days": "x", "step": "publish"}
    refused = await hers.submit("/services", wrong, shown_on="/services/new")
    assert refused.status_code == 422 and "Three drafts by hand" in refused.text and 'value="Third"' in refused.text
    made = await hers.submit("/services", {**WRITTEN, "step": "publish"}, shown_on="/services/new")
    path = made.headers["location"]
    assert path.startswith("/services/a-logo-in-two-days-")
    content = (await service_queries.service_view(db, path.removeprefix("/services/"), reader=None)).content
    assert [(p.name, p.price_minor, p.days, p.revisions) for p in content.packages] == [("One logo", 80_50, 2, 1)]
    assert content.questions == ("Which colours?", "Who is it for?") and len(content.extras) == 1

    shown = (await client.get(path)).text
    assert "USD 80.50" in shown and "<strong>Bring</strong>" in shown and "Khan" not in shown
    assert "Ayesha" in shown and "you get" not in shown
    assert "you get USD 72.45 of USD 80.50 (fee USD 8.05)" in (await hers.get(path)).text
    assert "A logo in two days" in (await client.get("/services")).text
    assert "A logo in two days" in (await client.get("/people/ayesha")).text
    form = (await hers.get(f"{path}/edit")).text
    assert 'value="80.50"' in form and "In Urdu too" in form
    await hers.submit(path, {**WRITTEN, "title": "A logo in a week", "step": "save"}, shown_on=f"{path}/edit")
    assert "A logo in a week" in (await client.get(path)).text
    await hers.submit(f"{path}/pause")
    assert (await client.get(path)).status_code == 404
    assert "A logo in a week" not in (await client.get("/services")).text
    assert (
        "Offer it again" in (await hers.get(path)).text
        and "A logo in a week" in (await hers.get("/services/mine")).text
    )
    await hers.submit(f"{path}/publish")
    assert (await client.get(path)).status_code == 200
    assert "as they were agreed" in (await hers.get(f"{path}/remove")).text
    await hers.submit(f"{path}/remove")
    assert (await hers.get(path)).status_code == 404


async def test_an_order_shows_one_price_and_sent_twice_is_one(
    db: Session, cast: Cast, browse: Browse, service: Service
) -> None:
    his, path = await browse(cast.bilal), f"/services/{service.slug}"
    shown_on = f"{path}/order?package=2&extra=1"
    form = (await his.get(shown_on)).text
    assert "Order and pay in USD 290.01" in form and "Which phones do your customers use?" in form
    hidden = await his.hidden(shown_on)
    sent = {**hidden, **BRIEF, "package": "2", "extras": "1", "price": "29001", "answers-0": "Nokia"}
    short = await his.post(f"{path}/order", data={**sent, "brief": "Logo", "answers-0": ""})
    assert short.status_code == 422 and "at least 40 letters" in short.text and "answer this question" in short.text
    dearer = await his.post(f"{path}/order", data={**sent, "price": "100"})
    assert dearer.status_code == 422 and "price of this service has changed" in dearer.text
    assert "sacks and on phones" in dearer.text and 'value="29001 USD"' in dearer.text
    assert await orders_of(db) == 0

    for _ in range(2):  # no payment service runs in this test: it says so, the order stands
        answer = await his.post(f"{path}/order", data=sent)
        assert answer.status_code == 503
    contract = (await db.scalars(select(Contract))).one()
    assert (contract.organisation_id, contract.terms["milestones"][0]["amount_minor"]) == (cast.agritrack.id, 290_01)
    page = (await his.get(path_of(contract.id))).text
    assert "sacks and on phones" in page and "Three pages" in page and "this order is over" in page
    hers = await browse(cast.ayesha)
    assert "sacks and on phones" in (await hers.get(path_of(contract.id))).text
    assert (await hers.get(f"{path}/order")).status_code == 200
    assert "This service is your own" in (await hers.get(f"{path}/order")).text
    for name in hidden:
        sent.pop(name)
    own = await hers.submit(f"{path}/order", {**sent, "organisation": ""}, shown_on=f"{path}/order?package=2&extra=1")
    assert own.status_code == 422 and "your own, so you can" in own.text
    assert await orders_of(db) == 1


async def test_a_private_person_orders_and_nobody_for_an_organisation_that_is_not_hers(
    db: Session, cast: Cast, browse: Browse, service: Service
) -> None:
    hers, path = await browse(cast.hina), f"/services/{service.slug}"
    sent = {**BRIEF, "package": "1", "extras": "", "price": "10000", "answers-0": "Nokia"}
    refused = await hers.submit(f"{path}/order", sent, shown_on=f"{path}/order")
    assert refused.status_code == 422 and await orders_of(db) == 0
    await hers.submit(f"{path}/order", {**sent, "organisation": ""}, shown_on=f"{path}/order")
    assert await orders_of(db) == 1


async def test_others_change_nothing_and_who_is_blocked_finds_nothing(
    db: Session, cast: Cast, browse: Browse, client: Browser, service: Service
) -> None:
    path, zara = f"/services/{service.slug}", await browse(cast.hina)
    for page in ("/edit", "/remove"):
        assert (await zara.get(path + page)).status_code == 404
    for step in ("", "/publish", "/pause", "/remove"):
        assert (await zara.submit(path + step, WRITTEN)).status_code == 404
    assert (await client.get(f"{path}/order")).status_code == 303
    assert "/report/service/" in (await zara.get(path)).text
    await blocks.block(db, by=cast.ayesha.id, other=cast.hina.id, at=clock.now())
    await db.commit()
    assert (await zara.get(path)).status_code == 404
    assert (await zara.get(f"{path}/order")).status_code == 404
    assert (await zara.submit(f"{path}/order", {**BRIEF, "package": "1"})).status_code == 404
    assert SERVICE.title not in (await zara.get("/services")).text
    assert SERVICE.title in (await client.get("/services")).text


async def test_the_list_keeps_to_its_count_of_queries(
    db: Session, cast: Cast, client: Browser, statements: list[str]
) -> None:
    for number in range(6):
        await offered(db, (cast.ayesha_profile, cast.hina_profile)[number % 2], clock.now(), title=f"Service {number}")
    await db.commit()
    statements.clear()
    assert "Service 5" in (await client.get("/services")).text
    assert len(statements) <= 3
    await services.tell_search(db, cast.ayesha_profile.id)
