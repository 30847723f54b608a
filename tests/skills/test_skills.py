"""Skills in the database: loading twice changes nothing, claims are hers, other evidence is not."""

import pytest
from sqlalchemy import func, select

from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid
from marketplace.skills.actions import MOST_SKILLS, claim_skills, count_earned, load_skills
from marketplace.skills.models import Skill
from marketplace.skills.queries import all_skills, by_slugs, evidence_of, rarity, suggest


async def test_loading_again_changes_nothing(db):
    before = (await db.execute(select(Skill.id, Skill.slug, Skill.parent_id).order_by(Skill.slug))).all()
    assert await load_skills(db) == len(before)
    assert (await db.execute(select(Skill.id, Skill.slug, Skill.parent_id).order_by(Skill.slug))).all() == before


async def test_parents_are_set(db):
    wordpress, cms = await by_slugs(db, ["wordpress", "cms"])
    assert await db.scalar(select(Skill.parent_id).where(Skill.id == wordpress.id)) == cms.id


async def test_by_slugs_keeps_the_order_and_leaves_out_the_unknown(db):
    assert [skill.slug for skill in await by_slugs(db, ["seo", "nothing", "css", "seo"])] == ["seo", "css"]
    assert await by_slugs(db, []) == []


async def test_suggest_reads_the_table(db):
    assert (await suggest(db, "silai"))[0].slug == "tailoring"
    assert await suggest(db, " ") == []
    assert len(await all_skills(db)) == await db.scalar(select(func.count()).select_from(Skill))


async def test_claims_replace_claims_and_leave_earned_evidence(db, cast):
    await claim_skills(db, cast.ayesha.id, ["wordpress", "shopify"], at=clock.now())
    await count_earned(db, cast.ayesha.id, ["shopify"], at=clock.now())
    await count_earned(db, cast.ayesha.id, ["shopify"], at=clock.now())
    await claim_skills(db, cast.ayesha.id, ["seo"], at=clock.now())
    found = (await evidence_of(db, [cast.ayesha.id, cast.hina.id]))[cast.ayesha.id]
    assert [(each.skill.slug, each.kind, each.contract_count) for each in found] == [
        ("shopify", "earned", 2),
        ("seo", "claimed", 0),
    ]
    assert (await evidence_of(db, [cast.hina.id]))[cast.hina.id] == []


async def test_claiming_nothing_takes_all_claims_away(db, cast):
    await claim_skills(db, cast.ayesha.id, ["wordpress"], at=clock.now())
    await claim_skills(db, cast.ayesha.id, [], at=clock.now())
    assert (await evidence_of(db, [cast.ayesha.id]))[cast.ayesha.id] == []


@pytest.mark.parametrize("slugs", [["no-such-skill"], [f"s{number}" for number in range(MOST_SKILLS + 1)]])
async def test_wrong_claims_are_refused_at_the_field(db, cast, slugs):
    with pytest.raises(Invalid) as refused:
        await claim_skills(db, cast.ayesha.id, slugs, at=clock.now())
    assert list(refused.value.fields) == ["skills"]


async def test_rarity_counts_people_once_per_skill(db, cast):
    await claim_skills(db, cast.ayesha.id, ["wordpress", "seo"], at=clock.now())
    await count_earned(db, cast.ayesha.id, ["wordpress"], at=clock.now())
    await claim_skills(db, cast.hina.id, ["seo"], at=clock.now())
    assert await rarity(db, ["wordpress", "seo", "css"]) == ({"wordpress": 1, "seo": 2, "css": 0}, 2)
    assert await rarity(db, []) == ({}, 0)
