"""What strangers, those who know her and blocked people see of a profile; away; headlines for skills."""

from dataclasses import replace
from datetime import timedelta

import pytest

from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.talent import actions, documents, headlines, queries
from marketplace.trust import blocks, subjects
from tests.cast import Cast
from tests.contracts.scenes import stored
from tests.talent.test_profiles import PROFILE


async def test_switches_decide_what_strangers_see(db: Session, cast: Cast, tmp_path) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    await actions.show_photo(db, hers, await stored(db, cast, tmp_path), at=at)
    await actions.save(db, hers, PROFILE, by=cast.ayesha.id, at=at)
    seen = await queries.profile_view(db, "ayesha", reader=None)
    assert (seen.name, seen.has_photo, seen.place("en"), seen.shows_history) == ("Ayesha", False, "Multan", False)
    with pytest.raises(NotFound):
        await queries.photo_of(db, "ayesha", reader=cast.bilal.id)
    known = await queries.profile_view(db, "ayesha", reader=cast.bilal.id, is_acquainted=True)
    assert (known.name, known.has_photo, known.shows_history) == ("Ayesha Khan", True, True)
    own = await queries.profile_view(db, "ayesha", reader=cast.ayesha.id, is_preview=True)
    assert own == seen, "her preview is what a stranger sees"

    shy = replace(PROFILE, shows_place=False, shows_photo=True, shows_history=True)
    await actions.save(db, hers, shy, by=cast.ayesha.id, at=at)
    seen = await queries.profile_view(db, "ayesha", reader=None)
    assert (seen.has_photo, seen.place("en"), seen.shows_history) == (True, None, True)
    assert await queries.photo_of(db, "ayesha", reader=None)
    (document,) = await documents.load(db, [hers.id])
    assert document["district"] is None and document["park"] is None and "photo" not in repr(document)


async def test_who_is_blocked_finds_nothing(db: Session, cast: Cast) -> None:
    at = clock.now()
    await actions.save(db, cast.ayesha_profile, PROFILE, by=cast.ayesha.id, at=at)
    assert await subjects.load(db, "profile", cast.ayesha_profile.id, viewer=cast.hina.id)
    await blocks.block(db, by=cast.ayesha.id, other=cast.hina.id, at=at)
    for is_acquainted in (False, True):
        with pytest.raises(NotFound):
            await queries.profile_view(db, "ayesha", reader=cast.hina.id, is_acquainted=is_acquainted)
    assert await queries.profile_view(db, "ayesha", reader=cast.bilal.id)
    assert await subjects.load(db, "profile", cast.ayesha_profile.id, viewer=cast.hina.id) is None
    with pytest.raises(NotFound):
        await queries.profile_view(db, "hina", reader=cast.ayesha.id)  # both ways


async def test_away_and_back(db: Session, cast: Cast) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    for until in (None, at, at + timedelta(days=400)):
        with pytest.raises(Invalid):
            await actions.go_away(db, hers, until=until, text="", at=at)
    await actions.go_away(db, hers, until=at + timedelta(days=5), text=" At a wedding ", at=at)
    seen = await queries.profile_view(db, "ayesha", reader=None)
    assert (seen.away_until, seen.away_text, seen.is_listed) == (at + timedelta(days=5), "At a wedding", True)
    await actions.come_back(db, hers, at=at)
    assert (await queries.profile_view(db, "ayesha", reader=None)).away_until is None


async def test_a_headline_for_whoever_looks_for_that_skill(db: Session, cast: Cast) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    await headlines.save(db, hers, {"graphic-design": "Posters", "adobe-photoshop": "Cut-outs", "html": "Pages"}, at=at)
    expected = {"coreldraw": "Posters", "adobe-photoshop": "Cut-outs", "html coreldraw": "Pages"}
    for asked, headline in expected.items():
        found = await headlines.for_skills(db, [hers.id, cast.hina_profile.id], asked.split())
        assert found == {hers.id: headline}
    assert await headlines.for_skills(db, [hers.id], ["figma"]) == {}
    wrong = ({"html": " "}, {"html": "x" * 121}, {"telepathy": "x"}, dict.fromkeys("abcdef", "x"))
    for each in wrong:
        with pytest.raises(Invalid):
            await headlines.save(db, hers, each, at=at)
    await headlines.save(db, hers, {}, at=at)
    assert await headlines.of(db, hers.id) == []
