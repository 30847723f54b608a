"""Search over the domains: the index finds, PostgreSQL shows; what may not be seen is never shown."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marketplace.discovery.criteria import GigCriteria, PeopleCriteria
from marketplace.discovery.queries import search_gigs, search_people
from marketplace.discovery.services import ServiceCriteria, search_services
from marketplace.engines.search.embedded import EmbeddedSearch
from marketplace.kernel.events import publish
from marketplace.kernel.paths import resource
from marketplace.postings import actions as postings
from marketplace.skills.events import EvidenceChanged
from marketplace.skills.models import Evidence, Skill
from marketplace.talent import actions as talent
from marketplace.talent.queries import freelancer_of
from tests.discovery.conftest import AYESHA, GIGS, NOW
from tests.discovery.five_gigs import the_cast, the_database, the_index, the_stage, the_world  # noqa: F401 - fixtures
from tests.gigs.offering import offered


async def titles(db, index, **criteria):
    return [row.title for row in (await search_gigs(db, index, GigCriteria(**criteria), at=NOW)).rows]


async def people(db, index, **criteria):
    return [row.handle for row in (await search_people(db, index, PeopleCriteria(**criteria))).rows]


async def test_the_first_page_is_everything_newest_first(db, index, world):
    found = await search_gigs(db, index, GigCriteria(), at=NOW)
    assert [row.title for row in found.rows] == [gig.title for gig in reversed(GIGS)]
    assert (found.total, found.pages) == (5, 1)
    assert dict(found.facets["pay"]) == {"fixed": 4, "hourly": 1}
    assert found.facets["skills"]["wordpress"] == 2


async def test_the_first_page_needs_no_index(db, index, world, tmp_path):
    empty = EmbeddedSearch(tmp_path / "other", resource("search"))
    found = await search_gigs(db, empty, GigCriteria(), at=NOW)
    assert len(found.rows) == found.total == 5


CRITERIA: list[tuple[dict[str, Any], set[str]]] = [
    ({"words": "wrodpress"}, {"WordPress pages for a school", "Website care by the hour"}),
    ({"words": "shopify"}, {"Shopify store for a boutique"}),
    ({"words": "khata"}, {"Bookkeeping on site in Multan"}),
    ({"words": "agritrack"}, {gig.title for gig in GIGS}),
    ({"skills": ("seo", "bookkeeping")}, {"Shopify store for a boutique", "Bookkeeping on site in Multan"}),
    ({"pay": ("hourly",)}, {"Website care by the hour"}),
    ({"least": 500}, {"Shopify store for a boutique"}),
    ({"most": 100}, {"Website care by the hour"}),
    ({"languages": ("ur",)}, {"Urdu posts for a dairy"}),
    ({"districts": ("multan",)}, {"Bookkeeping on site in Multan"}),
    ({"is_remote": True, "pay": ("fixed",), "skills": ("php",)}, {"WordPress pages for a school"}),
    ({"near": ("khanewal",), "km": 60}, {"Bookkeeping on site in Multan"}),
    ({"near": ("khanewal",), "km": 30}, set()),
    ({"words": "zzzqqq"}, set()),
    ({"page": 2}, set()),
]
SORTS = {"pay": "Shopify store for a boutique", "closing": "Website care by the hour"}


async def test_criteria(db, index, world):
    for criteria, expected in CRITERIA:
        assert set(await titles(db, index, **criteria)) == expected, criteria


async def test_sorts(db, index, world):
    for sort, first in SORTS.items():
        assert (await titles(db, index, sort=sort))[0] == first


async def test_a_gig_that_ended_is_gone_at_once_even_when_the_index_is_late(db, index, world, cast, catch_up):
    await postings.close(db, world[0], by=cast.bilal.id, at=NOW)
    await db.commit()
    assert "WordPress pages for a school" not in await titles(db, index, words="wordpress")
    assert "WordPress pages for a school" not in await titles(db, index)
    await catch_up()
    assert (await search_gigs(db, index, GigCriteria(words="school"), at=NOW)).total == 0


async def test_a_gig_past_its_deadline_is_not_found(db, index, world):
    later = NOW + timedelta(days=3)
    found = await search_gigs(db, index, GigCriteria(words="website care"), at=later)
    assert (list(found.rows), found.total) == ([], 0)


async def test_people_are_found_by_words_and_filters(db, index, world, cast):
    ayesha, hina = cast.ayesha_profile.handle, cast.hina_profile.handle
    assert set(await people(db, index)) == {ayesha, hina}
    assert await people(db, index, words="shopfy") == [ayesha]
    assert await people(db, index, words="ورڈپریس") == [ayesha]
    assert await people(db, index, districts=("multan",)) == [hina]
    assert await people(db, index, near=("bahawalpur",), km=20) == [ayesha]
    assert await people(db, index, skills=("canva",)) == [hina]
    assert await people(db, index, languages=("en",)) == [ayesha]
    assert await people(db, index, hours=10) == [ayesha]
    assert await people(db, index, most=20) == [ayesha]
    assert await people(db, index, is_newcomer=True, skills=("css",)) == [ayesha]


async def test_her_family_name_is_not_searchable_until_she_shows_it(db, index, world, cast, catch_up):
    assert await people(db, index, words="khan") == []
    freelancer = await freelancer_of(db, cast.ayesha.id)
    await talent.save(db, freelancer, replace(AYESHA, shows_name=True), by=cast.ayesha.id, at=NOW)
    await db.commit()
    await catch_up()
    found = await search_people(db, index, PeopleCriteria(words="khan"))
    assert [row.name for row in found.rows] == ["Ayesha Khan"]


async def test_who_unlists_herself_is_gone_at_once(db, index, world, cast, catch_up):
    freelancer = await freelancer_of(db, cast.ayesha.id)
    await talent.save(db, freelancer, replace(AYESHA, is_listed=False), by=cast.ayesha.id, at=NOW)
    await db.commit()
    assert await people(db, index, words="shopify") == []
    assert cast.ayesha_profile.handle not in await people(db, index)


async def test_services_are_found_by_who_certified_her_and_by_when(db, index, world, cast, catch_up):
    async def found(**criteria):
        return await search_services(db, index, ServiceCriteria(**criteria), reader=None)

    service = await offered(db, cast.ayesha_profile, NOW - timedelta(days=3))
    await db.commit()
    await catch_up()
    assert (await found(issuers=(cast.park.slug,))).rows == [] == (await found(is_proven=True)).rows
    css = (await db.execute(select(Skill.id).where(Skill.slug == "css"))).scalar_one()
    park = {"issuer_organisation_id": cast.park.id, "issued_at": NOW}
    db.add(Evidence(user_id=cast.ayesha.id, skill_id=css, kind="certified", **park))
    await publish(db, EvidenceChanged(user_id=cast.ayesha.id))
    await db.commit()
    await catch_up()
    certified = await found(issuers=(cast.park.slug,))
    assert [row.id for row in certified.rows] == [service.id]
    assert dict(certified.facets["certified_by"]) == {cast.park.slug: 1}
    proven = await found(is_proven=True)
    assert [row.id for row in proven.rows] == [service.id] and dict(proven.facets["proven"]) == {"true": 1}
    assert [(await found(within=days)).total for days in (7, 1)] == [1, 0]


async def test_people_are_found_by_when_they_were_last_active(db, index, world, cast):
    handles = await people(db, index, within=1)
    assert cast.ayesha_profile.handle in handles and len(handles) == 2
