"""A freelancer fills her profile; strangers see what she chose."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from marketplace.engines.search.models import SearchChange
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.money import Money
from marketplace.skills.actions import count_earned
from marketplace.skills.models import Evidence
from marketplace.talent import actions, documents, queries, rules
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import Language, Profile
from tests.cast import BORN, Cast

PROFILE = Profile(
    headline="Shops that load fast",
    about="I make **shops**.",
    skills=("css", "html"),
    languages=(Language("ur", "native"), Language("en", "good")),
    rate_minor=15_00,
    hours_a_week=25,
    district="multan",
    is_listed=True,
)


@pytest.fixture
def at():
    return clock.now()


async def test_a_profile_begins_empty_and_unlisted(db: Session, cast: Cast, at) -> None:
    begun = await actions.start(db, cast.omar, at=at)
    assert (begun.is_listed, begun.headline, begun.handle.startswith("omar-")) == (False, "", True)
    assert (await actions.start(db, cast.omar, at=at)).id == begun.id
    assert [line.action for line in await audit.lines_of(db, ("freelancer", begun.id))] == ["freelancer.started"]


async def test_a_name_in_urdu_gets_a_handle_too(db: Session, at) -> None:
    user = User(email="a@test.example", password_hash="", name="عائشہ خان", created_at=BORN)
    db.add(user)
    await db.flush()
    assert len((await actions.start(db, user, at=at)).handle) == 8


async def test_starting_twice_at_once_makes_one(cloned_database: Database, at) -> None:
    async with cloned_database.write.begin() as db:
        user = User(email="a@test.example", password_hash="", name="Asma", created_at=BORN)
        db.add(user)

    async def begin() -> None:
        async with cloned_database.write.begin() as db:
            await actions.start(db, await db.get_one(User, user.id), at=at)

    await asyncio.gather(*(begin() for _ in range(10)))
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(Freelancer)) == 1


async def test_what_she_saves_is_what_she_gets_back(db: Session, cast: Cast, at) -> None:
    await actions.save(db, cast.ayesha_profile, PROFILE, by=cast.ayesha.id, at=at)
    assert await queries.profile_of(db, cast.ayesha_profile) == PROFILE
    changes = select(SearchChange.document_id).where(SearchChange.index == "people")
    assert list((await db.execute(changes)).scalars()) == [cast.ayesha_profile.id]
    line = (await audit.lines_of(db, ("freelancer", cast.ayesha_profile.id)))[-1]
    assert "headline" in line.values["fields"] and "shows_name" not in line.values["fields"]


async def test_her_claims_change_and_what_others_say_stays(db: Session, cast: Cast, at) -> None:
    await actions.save(db, cast.ayesha_profile, PROFILE, by=cast.ayesha.id, at=at)
    await count_earned(db, cast.ayesha.id, ["html"], at=at)
    css = select(Evidence).where(Evidence.user_id == cast.ayesha.id, Evidence.kind == "claimed")
    certificate = (await db.execute(css.order_by(Evidence.id))).scalars().first()
    db.add(
        Evidence(
            user_id=cast.ayesha.id,
            skill_id=certificate.skill_id,
            kind="certified",
            issuer_organisation_id=cast.park.id,
            issued_at=at,
        )
    )
    await db.flush()
    await actions.save(db, cast.ayesha_profile, replace(PROFILE, skills=("figma",)), by=cast.ayesha.id, at=at)

    shown = (await queries.shown_skills(db, [cast.ayesha.id, cast.hina.id]))[cast.ayesha.id]
    assert ("html", "earned", 1) in {(skill.slug, skill.kind, skill.count) for skill in shown}
    assert "Dhanote IT Park" in {skill.issuer for skill in shown}
    assert [skill.kind for skill in shown] == sorted((skill.kind for skill in shown), key=rules.STRENGTH.index)
    assert len({skill.slug for skill in shown}) == len(shown)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("headline", {"headline": " "}),
        ("headline", {"headline": "x" * 121}),
        ("about", {"about": "x" * 10_001}),
        ("skills", {"skills": ()}),
        ("skills", {"skills": ("telepathy",)}),
        ("languages", {"languages": (Language("xx", "good"),)}),
        ("languages", {"languages": (Language("en", "good"), Language("en", "native"))}),
        ("languages", {"languages": (Language("en", "superb"),)}),
        ("rate", {"rate_minor": -1}),
        ("hours_a_week", {"hours_a_week": 81}),
        ("district", {"district": "atlantis"}),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(db: Session, cast: Cast, at, field, changes) -> None:
    with pytest.raises(Invalid) as refused:
        await actions.save(db, cast.ayesha_profile, replace(PROFILE, **changes), by=cast.ayesha.id, at=at)
    assert list(refused.value.fields) == [field]


async def test_an_unlisted_profile_may_be_unfinished(db: Session, cast: Cast, at) -> None:
    unlisted = Profile(is_listed=False)
    await actions.save(db, cast.ayesha_profile, unlisted, by=cast.ayesha.id, at=at)
    assert await documents.load(db, [cast.ayesha_profile.id]) == []
    assert rules.missing(unlisted) == list(rules.HINTS)
    assert rules.missing(PROFILE) == []


async def test_strangers_see_the_first_name_unless_she_shows_it_all(db: Session, cast: Cast, at) -> None:
    await actions.save(db, cast.ayesha_profile, PROFILE, by=cast.ayesha.id, at=at)
    seen = await queries.profile_view(db, "ayesha", reader=None)
    assert (seen.name, seen.rate, seen.place("en")) == ("Ayesha", Money(15_00, "USD"), "Multan")
    assert "Khan" not in repr(seen)
    assert "Khan" not in repr(await documents.load(db, [cast.ayesha_profile.id]))
    assert (await queries.profile_view(db, "ayesha", reader=cast.ayesha.id)).name == "Ayesha Khan"
    assert (await queries.profile_view(db, "ayesha", reader=cast.bilal.id, is_acquainted=True)).name == "Ayesha Khan"

    await actions.save(db, cast.ayesha_profile, replace(PROFILE, shows_name=True), by=cast.ayesha.id, at=at)
    assert (await queries.profile_view(db, "ayesha", reader=None)).name == "Ayesha Khan"
    (document,) = await documents.load(db, [cast.ayesha_profile.id])
    assert (document["name"], document["newcomer"], document["available"]) == ("Ayesha Khan", True, True)


async def test_an_unlisted_profile_is_found_by_herself_and_those_she_knows(db: Session, cast: Cast, at) -> None:
    unlisted = replace(PROFILE, is_listed=False)
    await actions.save(db, cast.ayesha_profile, unlisted, by=cast.ayesha.id, at=at)
    for reader in (None, cast.hina.id, cast.sana.id):
        with pytest.raises(NotFound):
            await queries.profile_view(db, "ayesha", reader=reader)
    assert await queries.profile_view(db, "ayesha", reader=cast.ayesha.id)
    assert await queries.profile_view(db, "ayesha", reader=cast.bilal.id, is_acquainted=True)


async def test_nobody_has_the_profile_of_a_closed_account(db: Session, cast: Cast, at) -> None:
    cast.ayesha.closed_at = at
    await db.flush()
    with pytest.raises(NotFound):
        await queries.profile_view(db, "ayesha", reader=None)
    assert await documents.load(db, [cast.ayesha_profile.id]) == []
