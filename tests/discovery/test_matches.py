"""Matches say why, name what is missing, and forget a reason when its ground is gone."""

from dataclasses import replace

from marketplace.discovery.matches import explain, gigs_for
from marketplace.postings import actions as postings
from marketplace.talent import actions as talent
from marketplace.talent.queries import freelancer_of
from tests.discovery.conftest import AYESHA, NOW
from tests.discovery.five_gigs import the_cast, the_database, the_index, the_stage, the_world  # noqa: F401 - fixtures


def codes(reasons):
    return [reason.code for reason in reasons]


async def test_a_gig_says_why_it_fits_and_what_is_missing(db, world, cast):
    match = await explain(db, world[0].id, cast.ayesha.id, at=NOW)
    assert match.reasons[0].said("en") == "1 of its 2 skills are yours: WordPress"
    assert match.missing[0].said("en") == "Not in your profile yet: PHP"
    assert "language.spoken" in codes(match.reasons)
    assert 0 < match.percent < 100


async def test_an_hourly_gig_is_held_against_her_rate(db, world, cast):
    match = await explain(db, world[3].id, cast.ayesha.id, at=NOW)
    assert "Your rate of USD 12 an hour is within what it pays" in [reason.said("en") for reason in match.reasons]
    assert codes(match.reasons)[0] == "skills.all"


async def test_work_on_site_elsewhere_is_named_first(db, world, cast):
    match = await explain(db, world[2].id, cast.ayesha.id, at=NOW)
    assert match.percent == 0
    assert codes(match.missing)[0] == "place"
    assert "Multan" in match.missing[0].said("en")


async def test_every_reason_can_be_said_in_urdu(db, world, cast):
    for posting in world:
        match = await explain(db, posting.id, cast.ayesha.id, at=NOW)
        assert all(reason.said("ur") for reason in (*match.reasons, *match.missing))


async def test_nobody_without_a_profile_and_no_gig_that_ended(db, world, cast):
    assert await explain(db, world[0].id, cast.bilal.id, at=NOW) is None
    await postings.close(db, world[0], by=cast.bilal.id, at=NOW)
    assert await explain(db, world[0].id, cast.ayesha.id, at=NOW) is None


async def test_gigs_for_her_share_a_skill_and_the_best_comes_first(db, index, world, cast):
    found = await gigs_for(db, index, cast.ayesha.id, at=NOW)
    assert {gig.title for gig, _ in found} == {
        "WordPress pages for a school",
        "Shopify store for a boutique",
        "Website care by the hour",
    }
    totals = [match.score.total for _, match in found]
    assert totals == sorted(totals, reverse=True)
    assert all(match.reasons for _, match in found)


async def test_without_the_skill_the_gig_is_no_longer_hers(db, index, world, cast):
    freelancer = await freelancer_of(db, cast.ayesha.id)
    await talent.save(db, freelancer, replace(AYESHA, skills=("shopify",)), by=cast.ayesha.id, at=NOW)
    found = await gigs_for(db, index, cast.ayesha.id, at=NOW)
    assert [gig.title for gig, _ in found] == ["Shopify store for a boutique"]


async def test_who_names_no_skill_gets_no_gigs(db, index, world, cast):
    freelancer = await freelancer_of(db, cast.ayesha.id)
    await talent.save(db, freelancer, replace(AYESHA, skills=(), is_listed=False), by=cast.ayesha.id, at=NOW)
    assert await gigs_for(db, index, cast.ayesha.id, at=NOW) == []
