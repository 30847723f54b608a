"""Who fits a posting, invited with one click; the parts of each score are kept."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from marketplace.discovery import matches
from marketplace.discovery.models import Impression
from marketplace.kernel.queue import drain
from marketplace.postings.models import Posting
from marketplace.web import search
from tests.web.thirty_gigs import the_cast, the_database, the_settings, the_stage, the_world  # noqa: F401 - fixtures

NOW = datetime.now(UTC)


@pytest.fixture
async def bilal(browse, cast, world):
    return await browse(cast.bilal)


async def gig_page(browser):
    shown = (await browser.get("/gigs/mine")).text
    return next(href for href in re.findall(r'href="(/gigs/wordpress-[^"/]*)"', shown))


async def test_who_fits_is_shown_with_why_and_invited_with_one_click(bilal, browse, cast, db, services):
    path = await gig_page(bilal)
    assert f'href="{path}/people"' in (await bilal.get(path)).text
    people = (await bilal.get(f"{path}/people")).text
    assert "Has 1 of 2 skills that you ask for: WordPress" in people and "Logos and social" not in people
    [freelancer] = re.findall(r'name="freelancer" value="(\w+)"', people)
    answer = await bilal.submit(f"{path}/invitations", {"freelancer": freelancer}, shown_on=f"{path}/people")
    assert answer.headers["location"] == f"{path}/people"
    assert 'name="freelancer"' not in (await bilal.get(f"{path}/people")).text
    await drain(services, later_too=False)
    ayesha = await browse(cast.ayesha)
    invited = (await ayesha.get("/invitations")).text
    assert f'href="{path}/propose"' in invited
    form = (await ayesha.get(f"{path}/propose")).text
    assert re.search(r'name="milestones-0-title"[^>]*value="WordPress pages', form), "the proposal is begun for her"
    assert re.search(r'name="milestones-0-amount"[^>]*value="200"', form)


async def test_the_parts_of_what_was_recommended_give_its_total(bilal, app, db):
    path = await gig_page(bilal)
    search.impressions.take()
    await bilal.get(f"{path}/people")
    await search.write_impressions(app.site)
    rows = (await db.scalars(select(Impression).where(Impression.surface == "matches/people"))).all()
    assert rows and all(row.score for row in rows)
    assert all(matches.total_of(row.score) == pytest.approx(row.score["total"]) for row in rows)
    assert [row.rank for row in sorted(rows, key=lambda row: -row.score["total"])] == sorted(row.rank for row in rows)
    assert all(set(row.score["parts"]) <= {"skills", "training", "availability", "budget", "language", "reputation"}
               for row in rows)  # fmt: skip


async def test_she_sees_where_she_was_shown_and_why_there(bilal, browse, cast, app):
    path = await gig_page(bilal)
    search.impressions.take()
    await bilal.get(f"{path}/people")
    await search.write_impressions(app.site)
    ayesha = await browse(cast.ayesha)
    shown = (await ayesha.get("/profile/shown")).text
    assert "Place 1" in shown and "of 100 points" in shown and "Recommended" in shown
    assert "Bilal" not in shown.split("<main", 1)[1], "never who looked"
    assert "It was not shown yet" in (await bilal.get(f"{path}/shown")).text or "Place" in shown


async def test_only_those_who_hire_see_and_invite(browse, cast, bilal):
    path = await gig_page(bilal)
    ayesha = await browse(cast.ayesha)
    assert (await ayesha.get(f"{path}/people")).status_code == 404
    answer = await bilal.submit(f"{path}/invitations", {"freelancer": "nobody"}, shown_on=f"{path}/people")
    assert answer.status_code == 404


async def test_who_acts_for_an_organisation_reads_why_it_stood_there_too(bilal, browse, cast, app, db):
    reader = await browse(cast.hina)
    search.impressions.take()
    await reader.get(f"/organisations?q={cast.agritrack.name}")
    await search.write_impressions(app.site)
    shown = (await bilal.get("/organisation/shown")).text
    [href] = re.findall(r'href="(/organisation/shown\?why=\d+)"', shown)
    why = (await bilal.get(href)).text
    assert "Why at place 1" in why and "The word itself" in why and "the same score" in why
    assert (await reader.get(href)).status_code in (303, 403, 404)


async def test_the_owner_reads_why_her_gig_stood_at_its_place_among_what_words_found(bilal, browse, cast, app, db):
    path = await gig_page(bilal)
    search.impressions.take()
    reader = await browse(cast.ayesha)
    await reader.get("/gigs?q=wordpres+zzzqqq")
    await search.write_impressions(app.site)
    shown = (await bilal.get(f"{path}/shown")).text
    [href] = re.findall(rf'href="({path}/shown\?why=\d+)"', shown)
    why = (await bilal.get(href)).text
    assert "Why at place 1" in why and "One letter off" in why and "Not found" in why
    assert "the same score as when it was shown" in why
    assert "Ayesha" not in why.split("<main", 1)[1], "never who looked"
    row = await db.get(Impression, int(href.rpartition("=")[2]))
    assert row.score["words"] > 1_000
    await db.execute(update(Posting).where(Posting.id == row.document_id).values(title="Something else"))
    assert "It was edited since" in (await bilal.get(href)).text
    assert (await reader.get(href)).status_code == 404, "only its owner"
    assert (await bilal.get(f"{path}/shown?why=1")).status_code == 404
