"""The two lists as pages: found, filtered, counted, sorted and paged, with and without a script."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import brotli
import pytest
from sqlalchemy import select

from marketplace.discovery.models import Impression
from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import PAGE
from marketplace.identity import organisations
from marketplace.identity.employers.events import StandingChanged
from marketplace.identity.employers.models import OrganisationCheck
from marketplace.kernel.events import publish
from marketplace.kernel.queue import drain
from marketplace.postings import actions as postings
from marketplace.talent import actions as talent
from marketplace.talent.queries import freelancer_of
from marketplace.training.models import Programme
from marketplace.web import limits, search
from marketplace.web.pace import Pace, TooManySearches
from tests.discovery.conftest import AYESHA, GIGS, HINA
from tests.web.thirty_gigs import NOW, the_cast, the_database, the_settings, the_stage, the_world  # noqa: F401 - fixtures

HTMX = {"HX-Request": "true", "HX-Source": "input"}


def titles(text):
    found = re.findall(r'class="card-title"><a href="[^"]*">(.*?)</a>', text)
    return [unescape(re.sub(r"</?mark>", "", title)) for title in found]


def links(text, rel):
    return [unescape(found) for found in re.findall(rf'rel="{rel}" href="([^"]*)"', text)]


async def test_the_list_shows_a_page_of_open_gigs(client, world):
    shown = await client.get("/gigs")
    assert shown.status_code == 200
    assert len(titles(shown.text)) == PAGE
    assert "30 gigs" in shown.text
    assert re.search(r'value="wordpress"[^>]*><span>WordPress</span><small>12</small>', shown.text)


async def test_pages_follow_each_other_without_repeating(client, world):
    first = await client.get("/gigs")
    (next_href,) = links(first.text, "next")
    second = await client.get(next_href)
    assert len(titles(second.text)) == 10 and not set(titles(first.text)) & set(titles(second.text))
    assert links(second.text, "prev") == ["/gigs"] and links(second.text, "next") == []


async def test_a_typo_finds_and_a_filter_narrows(client, world):
    shown = await client.get("/gigs?q=wrodpress&pay=hourly")
    assert titles(shown.text) and all("hour" in title for title in titles(shown.text))
    assert 'href="/gigs?q=wrodpress"' in shown.text, "the chip takes the filter away"
    assert re.search(r'name="pay" value="hourly" checked', shown.text)
    assert re.search(r'name="pay" value="fixed"[^>]*><span>[^<]*</span><small>6</small>', shown.text)


async def test_a_word_nothing_has_says_what_else_was_searched_and_offers_exactly_what_was_typed(
    client, world, db, cast, services
):
    content = replace(
        GIGS[0], title="سلائی کا کام", closes_at=NOW + timedelta(days=10), answer_by=NOW + timedelta(days=14)
    )
    posting = await postings.save_draft(db, content, organisation_id=cast.agritrack.id, by=cast.bilal.id, at=NOW)
    await postings.publish(db, posting, by=cast.bilal.id, at=NOW)
    await db.commit()
    await drain(services)
    shown = (await client.get("/gigs?q=selaaai")).text
    assert "سلائی کا کام" in titles(shown) and "Also searched" in shown
    exact = re.search(r'href="(/gigs[^"]*exact=1[^"]*)"', shown)
    assert exact is not None
    assert titles((await client.get(unescape(exact[1]))).text) == []


async def test_what_was_searched_is_marked_and_what_people_wrote_stays_text(client, world, db, cast):
    found = await client.get("/gigs?q=shpoify")
    assert "<mark>Shopify</mark> store for a boutique" in found.text
    freelancer = await freelancer_of(db, cast.ayesha.id)
    hostile = replace(AYESHA, headline="<img src=x> Shopify")
    await talent.save(db, freelancer, hostile, by=cast.ayesha.id, at=NOW)
    await db.commit()
    shown = await client.get("/people?q=shopify")
    assert "&lt;img src=x&gt; <mark>Shopify</mark>" in shown.text and "<img src=x>" not in shown.text


async def test_htmx_gets_the_results_with_fresh_counts_and_a_short_address(client, world):
    answer = await client.get("/gigs?q=shopify&min=&max=&sort=", headers=HTMX)
    assert answer.text.lstrip().startswith('<div id="results">')
    assert "<html" not in answer.text and 'hx-swap-oob="innerMorph"' in answer.text
    assert answer.headers["hx-replace-url"] == "/gigs?q=shopify"
    assert answer.headers["content-type"].startswith("text/html")
    chosen = await client.get("/gigs?q=shopify&pay=fixed", headers=HTMX | {"HX-Source": "form#search"})
    assert chosen.headers["hx-push-url"] == "/gigs?q=shopify&pay=fixed"


async def test_what_may_be_meant_is_offered_while_typing(client, world):
    for path in ("/gigs?q=shop", "/search?q=shop"):
        offered = re.search(
            r'<datalist id="suggested" hx-swap-oob="innerHTML">(.*?)</datalist>',
            (await client.get(path, headers=HTMX)).text,
        )
        words = re.findall(r'<option value="([^"]*)">', offered[1]) if offered else []
        assert words[0] == "Shopify" and any(word.startswith("Shopify store for a boutique") for word in words), path
    assert 'list="suggested"' in (await client.get("/gigs")).text
    assert "<option value" not in (await client.get("/gigs?q=", headers=HTMX)).text.partition("</datalist>")[0]


async def test_the_box_of_every_page_offers_skills_and_titles(client, world, statements):
    home = (await client.get("/help")).text
    assert 'hx-get="/search/suggest" hx-target="#suggested"' in home and home.count('id="suggested"') == 1
    offered = await client.get("/search/suggest?q=shop", headers=HTMX)
    words = re.findall(r'<option value="([^"]*)">', offered.text)
    assert words[0] == "Shopify" and any(word.startswith("Shopify store for a boutique") for word in words)
    assert "<" not in re.sub(r'<option value="[^"]*"></option>', "", offered.text)
    assert await queries(client, statements, "/search/suggest?q=s") == 0
    assert any("WordPress shops" in word for word in words), "people have a share"
    assert await queries(client, statements, "/search/suggest?q=for") <= 4  # gigs, people twice, one more list


async def test_nothing_found_offers_a_way_on(client, world):
    shown = await client.get("/gigs?q=zzzqqq")
    assert "No gig fits all of this" in shown.text and 'href="/gigs"' in shown.text


BROKEN = ["q=%00%ff", "page=999999999999", f"skill={'x' * 500}", "min=-1&max=%C2%B2", "sort=id;drop", f"q={'a' * 4000}"]


async def test_no_address_breaks_the_page(client, world):
    for query in BROKEN:
        for path in ("/gigs", "/people"):
            assert (await client.get(f"{path}?{query}")).status_code == 200, query


async def test_what_people_type_is_escaped(client, world):
    shown = await client.get("/gigs?q=%3Cscript%3Ealert(1)%3C/script%3E&skill=%22%3E%3Cb%3E")
    assert "<script>alert" not in shown.text and '"><b>' not in shown.text


async def test_people_are_listed_with_their_evidence(client, world):
    shown = await client.get("/people?q=shopfy")
    assert titles(shown.text) == [AYESHA.headline]
    assert "claimed" in shown.text
    everybody = await client.get("/people")
    assert set(titles(everybody.text)) == {AYESHA.headline, HINA.headline}
    assert "Ayesha Khan" not in everybody.text, "strangers see the first name"


async def test_pages_cost_a_fixed_number_of_queries(client, browse, cast, world, statements):
    hers = await browse(cast.ayesha)
    await hers.get("/gigs")
    session = await queries(hers, statements, "/account/address")
    assert await queries(client, statements, "/gigs") == 1
    assert await queries(hers, statements, "/gigs") <= 1 + session
    assert await queries(client, statements, "/gigs?q=wordpress&pay=fixed&page=1") == 1
    assert await queries(client, statements, "/people") == 2
    assert await queries(hers, statements, "/people") == 3, "who organises no fair is not asked for hers"
    assert await queries(client, statements, "/people?q=shopify") == 2
    assert await queries(client, statements, "/skills/suggest?q=word") == 0


async def queries(browser, statements, path):
    statements.clear()
    await browser.get(path)
    return len(statements)


async def test_pages_are_small(client, world):
    for path in ("/gigs", "/people", "/gigs?q=wordpress&pay=fixed"):
        shown = (await client.get(path)).content
        assert len(brotli.compress(shown, quality=4)) <= 14_000, path


async def test_urdu_runs_right_to_left_with_urdu_names(client, world):
    shown = await client.get("/gigs", headers={"accept-language": "ur"})
    assert 'dir="rtl"' in shown.text and "ورڈپریس" in shown.text and "ملتان" in shown.text


async def test_skills_are_suggested_while_typing(client):
    answer = await client.get("/skills/suggest?q=sila", headers=HTMX)
    assert 'data-slug="tailoring"' in answer.text and "<html" not in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    urdu = await client.get("/skills/suggest?q=silai", headers=HTMX | {"accept-language": "ur"})
    assert 'data-name="سلائی"' in urdu.text


async def test_the_one_search_box_shows_every_list_that_has_the_words(client, world):
    shown = (await client.get("/search?q=shopify")).text
    assert sorted(re.findall(r'<h2><a href="(/\w+)\?q=shopify">', shown)) == ["/gigs", "/people"]
    assert "<mark>Shopify</mark> store for a boutique" in shown and "<mark>Shopify</mark> and WordPress shops" in shown
    assert 'href="/gigs?q=shopify">All ' in shown


async def test_the_box_finds_organisations_and_programmes_too(client, world, db, cast, services):
    await organisations.create_organisation(db, cast.bilal.id, name="Kapas Cotton", kinds=["employer"], at=NOW)
    programme = Programme(
        provider_organisation_id=cast.park.id,
        slug="loom",
        name="Kapas weaving",
        about="",
        published_at=NOW,
        created_at=NOW,
    )
    db.add(programme)
    await db.flush()
    await outbox.changed(db, "training", programme.id)
    await db.commit()
    await drain(services)
    shown = (await client.get("/search?q=kapas")).text
    assert set(re.findall(r'<h2><a href="(/\w+)\?q=kapas">', shown)) == {"/organisations", "/training"}
    found = (await client.get("/organisations?q=kapas&kind=employer")).text
    assert "<mark>Kapas</mark> Cotton" in found and "1 organisation" in found


async def test_the_box_says_when_nothing_has_the_words_and_stays_short(client, world):
    assert "Nothing has these words" in (await client.get("/search?q=xyzzyplugh")).text
    assert (await client.get(f"/search?q={'x' * 5000}")).status_code == 200
    assert (await client.get("/search")).status_code == 200
    answer = await client.get("/search?q=logo&in=people")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people?q=logo")


async def test_filters_by_date_currency_and_verified_employer(client, world, db, cast, services):
    assert "30 gigs" in (await client.get("/gigs?within=30")).text
    recent = (await client.get("/gigs?within=1")).text
    # Days begin with the full hour: 23 when one has begun since NOW.
    assert re.search(r"\b2[34] gigs", recent) and 'name="within" value="1" checked' in recent
    assert "0 gigs" in (await client.get("/gigs?currency=PKR")).text
    assert "0 gigs" in (await client.get("/gigs?verified=1")).text
    entry = (await client.get("/gigs?level=entry&friendly=woman_contact")).text
    assert "6 gigs" in entry and "You deal with a woman" in entry and "<span>Entry</span>" in entry
    assert "0 gigs" in (await client.get("/gigs?friendly=own_hours")).text
    db.add(
        OrganisationCheck(
            organisation_id=cast.agritrack.id, kind="domain", state="passed", asked_at=NOW, decided_at=NOW
        )
    )
    await publish(db, StandingChanged(organisation_id=cast.agritrack.id))
    await db.commit()
    await drain(services)
    assert "30 gigs" in (await client.get("/gigs?verified=1")).text


async def test_what_was_shown_is_written_beside_the_request(client, browse, cast, world, app, db):
    hers = await browse(cast.ayesha)
    await hers.get("/gigs?q=wordpress")
    await client.get("/gigs?page=2")
    assert await search.write_impressions(app.site) == 12 + 10
    rows = (await db.execute(select(Impression.rank, Impression.user_id, Impression.query))).all()
    assert sorted(row.rank for row in rows if row.user_id is None) == list(range(21, 31))
    assert {row.query for row in rows if row.user_id == cast.ayesha.id} == {"q=wordpress"}
    assert await search.write_impressions(app.site) == 0


async def test_who_searches_faster_than_a_person_types_is_asked_to_wait(client, world, monkeypatch):
    pace = Pace()
    for _ in range(3):
        pace.count("a", 3, at=NOW)
    with pytest.raises(TooManySearches):
        pace.count("a", 3, at=NOW)
    pace.count("b", 3, at=NOW)
    pace.count("a", 3, at=NOW + timedelta(minutes=1))

    monkeypatch.setattr(limits, "BY_ADDRESS", 0)
    for path in ("/gigs?q=logo", "/search?q=logo", "/gigs.rss?q=logo"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60"), path
    assert "Please wait a minute" in answer.text
    assert (await client.get("/gigs")).status_code == 200, "the first page of everything is no search"


async def test_the_one_box_says_what_it_searched_instead_and_how_to_decline(client, world):
    shown = (await client.get("/search?q=woordpresss")).text
    assert "WordPress" in shown
    shown = (await client.get("/search?q=drzi")).text
    assert "Also searched" not in shown, "nothing here sounds like it"
    shown = (await client.get("/search?q=bokkiping+shopify")).text
    assert "this was left out" in shown
