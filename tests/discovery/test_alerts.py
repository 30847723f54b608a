"""Saved searches: exactly one alert for each posting and subscriber, at the pace she chose."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from marketplace.discovery import alerts, saved_searches
from marketplace.discovery.models import SavedSearch, SearchAlert
from marketplace.discovery.saved_searches import RHYTHMS, TooManySearches
from marketplace.engines.notify.models import Mail
from marketplace.engines.search import outbox
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.messages.models import Notice
from marketplace.postings import actions as postings
from marketplace.postings.queries import content_of
from marketplace.trust import blocks
from tests.cast import make_cast
from tests.discovery.conftest import GIG, NOW
from tests.discovery.five_gigs import the_cast, the_database, the_index, the_stage, the_world  # noqa: F401 - fixtures


@pytest.fixture
async def keep(db, index, world):
    """Keep a search of the gigs, knowing what it finds already."""

    async def run(user, query="q=wordpress", rhythm="instant", surface="gigs"):
        known = await saved_searches.found_now(index, surface, query, at=NOW)
        made = SavedSearch(user_id=user.id, surface=surface, query=query, name=query, rhythm=rhythm, known=known)
        made = await saved_searches.save(db, made, at=NOW)
        await db.commit()
        return made

    return run


@pytest.fixture
async def publish(db, cast, catch_up):
    async def run(**changes):
        content = replace(GIG, **changes)
        posting = await postings.save_draft(db, content, organisation_id=cast.agritrack.id, by=cast.bilal.id, at=NOW)
        await postings.publish(db, posting, by=cast.bilal.id, at=NOW)
        await db.commit()
        await catch_up()
        return posting

    return run


async def notices(db, user):
    found = select(Notice).where(Notice.user_id == user.id, Notice.message == "search_alert").order_by(Notice.id)
    return (await db.scalars(found.execution_options(populate_existing=True))).all()


async def test_a_new_gig_makes_one_notice_and_one_mail(db, cast, keep, publish):
    search = await keep(cast.ayesha)
    posting = await publish(title="WordPress pages for a bakery")
    [notice] = await notices(db, cast.ayesha)
    assert notice.link == f"/gigs/{posting.slug}" and notice.values["items"][0]["title"] == posting.title
    [mail] = (await db.scalars(select(Mail).where(Mail.message == "search_alert"))).all()
    assert mail.to == cast.ayesha.email and mail.unsubscribe == f"saved_search:{search.id}"


async def test_what_was_there_when_she_saved_it_is_no_news(db, cast, keep, catch_up, world):
    await keep(cast.ayesha)
    content = await content_of(db, world[0])
    changed = replace(content, title="WordPress pages for a school and its library")
    await postings.edit(db, world[0], changed, by=cast.bilal.id, at=NOW)
    await db.commit()
    await catch_up()
    assert await notices(db, cast.ayesha) == []


async def test_an_older_gig_that_comes_to_fit_is_news(db, cast, keep, catch_up, world):
    await keep(cast.ayesha)
    shop = world[1]
    content = await content_of(db, shop)
    await postings.edit(db, shop, replace(content, title="WordPress shop for a boutique"), by=cast.bilal.id, at=NOW)
    await db.commit()
    await catch_up()
    assert len(await notices(db, cast.ayesha)) == 1


async def test_editing_five_times_alerts_once(db, cast, keep, publish, catch_up):
    await keep(cast.ayesha)
    posting = await publish(title="WordPress pages for a bakery")
    for number in range(5):
        content = await content_of(db, posting)
        again = replace(content, title=f"WordPress pages for a bakery, {number}")
        await postings.edit(db, posting, again, by=cast.bilal.id, at=NOW)
        await db.commit()
        await catch_up()
    assert len(await notices(db, cast.ayesha)) == 1


async def test_two_searches_of_one_person_tell_once_and_the_quicker_one_does(db, cast, keep, publish):
    await keep(cast.ayesha, "q=wordpress", "weekly")
    quick = await keep(cast.ayesha, "skill=wordpress", "instant")
    await keep(cast.hina, "skill=wordpress", "instant")
    posting = await publish(title="WordPress pages for a bakery")
    rows = (await db.execute(select(SearchAlert).where(SearchAlert.document_id == posting.id))).scalars().all()
    assert {row.user_id: row.search_id == quick.id for row in rows} == {cast.ayesha.id: True, cast.hina.id: False}
    assert len(await notices(db, cast.ayesha)) == len(await notices(db, cast.hina)) == 1


async def test_all_words_must_match(db, cast, keep, publish):
    await keep(cast.ayesha, "q=wordpress bakery")
    await publish(title="WordPress pages for a library")
    assert await notices(db, cast.ayesha) == []


async def test_a_block_closes_the_alert(db, cast, keep, publish):
    await keep(cast.ayesha)
    await blocks.block(db, by=cast.ayesha.id, other=cast.bilal.id, at=NOW)
    await db.commit()
    await publish(title="WordPress pages for a bakery")
    assert await notices(db, cast.ayesha) == []


async def test_a_digest_waits_for_its_day_and_tells_all_at_once(db, cast, keep, publish):
    search = await keep(cast.ayesha, rhythm="daily")
    for name in ("bakery", "library"):
        await publish(title=f"WordPress pages for a {name}")
    assert await alerts.with_news(db) == [search.id]
    assert await alerts.tell(db, search.id, at=NOW + timedelta(hours=3)) == 0
    assert await alerts.tell(db, search.id, at=NOW + timedelta(hours=24)) == 2
    assert await alerts.tell(db, search.id, at=NOW + timedelta(hours=48)) == 0
    [notice] = await notices(db, cast.ayesha)
    assert notice.values["count"] == 2 and notice.link.startswith("/gigs?q=wordpress")


async def test_what_is_gone_when_the_digest_comes_is_not_told(db, cast, keep, publish):
    search = await keep(cast.ayesha, rhythm="daily")
    posting = await publish(title="WordPress pages for a bakery")
    await postings.close(db, posting, by=cast.bilal.id, at=NOW)
    assert await alerts.tell(db, search.id, at=NOW + timedelta(hours=24)) == 0
    assert await notices(db, cast.ayesha) == []


async def test_off_and_removed_searches_are_silent(db, cast, keep, publish):
    await keep(cast.ayesha, rhythm="off")
    gone = await keep(cast.hina)
    await saved_searches.remove(db, cast.hina.id, gone.id, at=NOW)
    await db.commit()
    await publish(title="WordPress pages for a bakery")
    assert await db.scalar(select(func.count()).select_from(SearchAlert)) == 0


async def test_people_can_be_waited_for_too(db, cast, keep, catch_up):
    await keep(cast.bilal, "q=embroidery", surface="people")
    cast.hina_profile.headline, cast.hina_profile.updated_at = "Embroidery patterns, digitised", clock.now()
    await outbox.changed(db, "people", cast.hina_profile.id)
    await db.commit()
    await catch_up()
    assert len(await notices(db, cast.bilal)) == 1


async def test_the_same_search_is_kept_once_and_there_is_a_limit(db, cast, keep):
    first = await keep(cast.ayesha)
    again = await keep(cast.ayesha, rhythm="weekly")
    assert again.id == first.id and again.rhythm == "weekly"
    for number in range(saved_searches.MOST - 1):
        await keep(cast.ayesha, f"q=wordpress+{number}")
    with pytest.raises(TooManySearches):
        await keep(cast.ayesha, "q=one+more")


async def test_nobody_changes_another_ones(db, cast, keep):
    search = await keep(cast.ayesha)
    with pytest.raises(NotFound):
        await saved_searches.change(db, cast.hina.id, search.id, rhythm="off")
    with pytest.raises(NotFound):
        await saved_searches.remove(db, cast.hina.id, search.id, at=NOW)


@pytest.mark.parametrize(("rhythm", "hours", "due"), [
    ("instant", 0, True), ("daily", 19, False), ("daily", 20, True), ("weekly", 160, False), ("weekly", 164, True),
    ("off", 999, False),
])  # fmt: skip
def test_when_it_is_due(rhythm, hours, due):
    search = SavedSearch(rhythm=rhythm, created_at=NOW, told_at=None, removed_at=None)
    assert saved_searches.is_due(search, at=NOW + timedelta(hours=hours)) is due
    assert rhythm in RHYTHMS


@pytest.mark.parametrize("guarded", [True, False], ids=["with the key", "twin without it"])
async def test_a_race_of_two_workers_makes_one_alert(cloned_database, monkeypatch, guarded):
    """Two tasks find the same gig at once. The twin takes the key away and must see two."""
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        posting = await postings.save_draft(db, GIG, organisation_id=cast.agritrack.id, by=cast.bilal.id, at=NOW)
        await postings.publish(db, posting, by=cast.bilal.id, at=NOW)
        made = SavedSearch(user_id=cast.ayesha.id, surface="gigs", query="", name="all", rhythm="daily")
        search = await saved_searches.save(db, made, at=NOW)
        if not guarded:
            await db.execute(text("ALTER TABLE search_alerts DROP CONSTRAINT pk_search_alerts"))
    met = asyncio.Barrier(2)

    async def note():
        async with cloned_database.write.begin() as db:
            await db.execute(select(1))
            await met.wait()
            await alerts.note(db, [search.id], [posting.id], at=NOW)

    await asyncio.gather(note(), note())
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(SearchAlert)) == (1 if guarded else 2)
