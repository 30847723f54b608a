"""Keeping a search, hearing of it, ending its mails with one click, reading it as a feed."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from marketplace.discovery.models import SavedSearch
from marketplace.engines.notify import unsubscribe
from marketplace.kernel.queue import drain
from marketplace.postings import actions as postings
from tests.discovery.conftest import GIG
from tests.visitors import SECRET_KEY

NOW = datetime.now(UTC).replace(microsecond=0)
DATES = {"closes_at": NOW + timedelta(days=10), "answer_by": NOW + timedelta(days=14)}


@pytest.fixture
async def publish(db, cast, services):
    async def run(title, at=NOW, **changes):
        content = replace(GIG, title=title, **DATES, **changes)
        posting = await postings.save_draft(db, content, organisation_id=cast.agritrack.id, by=cast.bilal.id, at=at)
        await postings.publish(db, posting, by=cast.bilal.id, at=at)
        await db.commit()
        await drain(services, later_too=False)
        return posting

    return run


async def kept(db):
    return await db.scalar(select(SavedSearch).execution_options(populate_existing=True))


async def save(browser, query="q=wordpress&pay=fixed", rhythm="instant"):
    page = f"/searches/new?in=gigs&{query}"
    shown = (await browser.get(page)).text
    fields = dict(re.findall(r'name="(surface|query|name)"[^>]*value="([^"]*)"', shown))
    fields["query"] = fields["query"].replace("&amp;", "&")
    return await browser.submit("/searches", {**fields, "rhythm": rhythm}, shown_on=page)


async def test_a_list_leads_to_keeping_it_and_back_to_its_results(cast, browse, publish, db):
    await publish("WordPress pages for a bakery")
    browser = await browse(cast.ayesha)
    shown = await browser.get("/gigs?q=wordpress&pay=fixed&page=2")
    assert 'href="/searches/new?in=gigs&amp;q=wordpress&amp;pay=fixed"' in shown.text
    answer = await save(browser)
    assert answer.headers["location"] == "/searches"
    page = (await browser.get("/searches")).text
    assert 'href="/gigs?q=wordpress&amp;pay=fixed"' in page and "/gigs.rss?q=wordpress&amp;pay=fixed" in page
    search = await kept(db)
    assert (search.query, search.rhythm, len(search.known)) == ("q=wordpress&pay=fixed", "instant", 1)


async def test_who_is_not_signed_in_is_asked_to_and_comes_back(client):
    answer = await client.get("/searches/new?in=gigs&q=wordpress")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/searches/new%3Fin%3Dgigs")


async def test_a_removed_one_can_be_put_back(cast, browse, db):
    browser = await browse(cast.ayesha)
    await save(browser)
    page = (await browser.get("/searches")).text
    [remove] = re.findall(r'action="(/searches/\w+/remove)"', page)
    await browser.submit(remove, {}, shown_on="/searches")
    page = (await browser.get("/searches")).text
    [restore] = re.findall(r'action="(/searches/\w+/restore)"', page)
    assert (await kept(db)).removed_at is not None
    await browser.submit(restore, {}, shown_on="/searches")
    assert (await kept(db)).removed_at is None


async def test_one_click_ends_the_mails_of_this_search_alone(client, cast, browse, db):
    await save(await browse(cast.ayesha))
    search = await kept(db)
    address = f"/unsubscribe/{unsubscribe.token(SECRET_KEY, f'saved_search:{search.id}')}"
    asked = await client.get(address)
    assert "wordpress" in asked.text and (await kept(db)).rhythm == "instant"
    done = await client.post(address, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200 and (await kept(db)).rhythm == "off"


async def test_a_list_that_there_is_not_can_not_be_kept(cast, browse):
    browser = await browse(cast.ayesha)
    assert (await browser.get("/searches/new?in=secrets&q=x")).status_code == 404


async def test_feeds_say_what_a_stranger_sees_newest_first(client, publish):
    await publish("WordPress & pages", at=NOW - timedelta(hours=3))
    await publish("WordPress <b>shop</b> \x0b of shoes", at=NOW - timedelta(hours=2))
    await publish("Logo for a dairy", at=NOW - timedelta(hours=1), skills=("logo-design",))
    answer = await client.get("/gigs.rss?q=wordpress")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    items = ElementTree.fromstring(answer.content).findall("channel/item")
    assert [item.findtext("title") for item in items] == ["WordPress <b>shop</b>  of shoes", "WordPress & pages"]
    assert items[0].findtext("guid").startswith("http://127.0.0.1:8000/gigs/")
    assert "USD" in items[0].findtext("description")
    feed = json.loads((await client.get("/gigs.json?q=wordpress")).content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in feed["items"]][1] == "WordPress & pages"


@pytest.mark.parametrize("name", ["gigs", "jobs", "services", "people"])
@pytest.mark.parametrize("ending", ["rss", "json"])
async def test_every_list_has_feeds(client, name, ending):
    answer = await client.get(f"/{name}.{ending}?q=%00%ff&page=-3")
    assert answer.status_code == 200
