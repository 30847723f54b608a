"""The weekly mail of gigs that fit: with why, no gig twice, no mail without news, and it can be ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.discovery import matches, recommendations, saved_searches
from marketplace.discovery.models import Impression, SavedSearch
from marketplace.engines.notify.models import Mail
from marketplace.kernel import clock
from marketplace.kernel.queue import defer, drain
from marketplace.messages import actions as messages
from marketplace.messages.models import Notice
from marketplace.postings import actions as postings
from tests.discovery.conftest import GIG, NOW
from tests.discovery.five_gigs import the_cast, the_database, the_index, the_stage, the_world  # noqa: F401 - fixtures

WEEK = timedelta(days=7)


@pytest.fixture
def monday(db, services):
    """The weekly task, as the schedule defers it."""

    async def run() -> None:
        await defer(db, "discovery.recommend")
        await db.commit()
        await drain(services)

    return run


async def told(db, user):
    found = select(Notice).where(Notice.user_id == user.id, Notice.message == "work_recommended").order_by(Notice.id)
    return (await db.scalars(found)).all()


async def test_she_is_told_once_a_week_of_what_is_new_with_why(db, cast, world, monday, publish):
    await monday()
    [first] = await told(db, cast.ayesha)
    items = {item["title"]: item for item in first.values["items"]}
    assert "1 of its 2 skills are yours: WordPress" in items["WordPress pages for a school"]["why"]
    await monday()
    assert len(await told(db, cast.ayesha)) == 1, "a second run in the same week"
    clock.advance(WEEK)
    await monday()
    assert len(await told(db, cast.ayesha)) == 1, "nothing new, no mail"
    new = await publish("A shop for woven baskets")
    await monday()
    [_, second] = await told(db, cast.ayesha)
    assert [item["path"] for item in second.values["items"]] == [f"/gigs/{new.slug}"]


async def test_what_a_saved_search_of_hers_has_found_is_not_recommended_too(db, cast, world, monday, publish):
    await monday()
    clock.advance(WEEK)
    saved = SavedSearch(user_id=cast.ayesha.id, surface="gigs", query="q=woven", name="Woven", rhythm="weekly")
    await saved_searches.save(db, saved, at=clock.now())
    await publish("A shop for woven baskets")
    await monday()
    assert len(await told(db, cast.ayesha)) == 1, "her search tells of it"


async def test_what_was_mailed_is_an_impression_whose_parts_give_the_score(db, cast, world, monday):
    await monday()
    kept = (await db.scalars(select(Impression).where(Impression.surface == recommendations.SURFACE))).all()
    hers = [each for each in kept if each.user_id == cast.ayesha.id]
    assert [each.rank for each in hers] == list(range(1, len(hers) + 1)) and hers
    assert all(matches.total_of(each.score) == pytest.approx(each.score["total"]) for each in hers)


async def test_one_click_ends_these_mails_and_no_others(db, cast, world, monday):
    await messages.unsubscribe(db, f"{cast.ayesha.id}:recommendations")
    await monday()
    mails = select(Mail.to).where(Mail.message == "work_recommended")
    assert cast.ayesha.email not in (await db.scalars(mails)).all()
    assert len(await told(db, cast.ayesha)) == 1, "the page still says it"


@pytest.fixture
def publish(db, cast, catch_up):
    async def run(title: str):
        content = replace(GIG, title=title, skills=("shopify",))
        made = await postings.save_draft(db, content, organisation_id=cast.agritrack.id, by=cast.bilal.id, at=NOW)
        await postings.publish(db, made, by=cast.bilal.id, at=clock.now())
        await db.commit()
        await catch_up()
        return made

    return run
