"""Certificates of outside issuers: her word until somebody checked, then evidence; refused or withdrawn, gone."""

from dataclasses import replace

import pytest

from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.skills.actions import claim_skills
from marketplace.skills.issuers import outside_issuers
from marketplace.talent import documents
from marketplace.talent.queries import profile_of, shown_skills
from marketplace.training import outside
from marketplace.training.outside import OutsideText
from tests.cast import Cast
from tests.training.scenes import yesterday


def text(**changes: object) -> OutsideText:
    base = OutsideText(
        issuer="digiskills",
        title="Freelancing",
        number="DS-77",
        issued_on=yesterday(),
        skills=("html", "css"),
        link="https://digiskills.pk/verify/DS-77",
    )
    return replace(base, **changes)


async def test_it_counts_only_once_it_is_checked(db: Session, cast: Cast) -> None:
    at = clock.now()
    await claim_skills(db, cast.ayesha.id, ["html"], at=at)
    added = await outside.add(db, text(), by=cast.ayesha.id, at=at)
    shown = {each.slug: each for each in (await shown_skills(db, [cast.ayesha.id]))[cast.ayesha.id]}
    assert (shown["css"].kind, shown["css"].issuer) == ("claimed", None)
    assert [(proof.kind, proof.issuer) for proof in shown["html"].proofs] == [
        ("claimed", "DigiSkills.pk"),
        ("claimed", None),
    ]
    (document,) = await documents.load(db, [cast.ayesha_profile.id])
    assert document["certified_by"] == []
    assert (await profile_of(db, cast.ayesha_profile)).skills == ("html",), "what she claims by herself"
    await claim_skills(db, cast.ayesha.id, [], at=at)
    assert len((await shown_skills(db, [cast.ayesha.id]))[cast.ayesha.id]) == 2, "saving a profile keeps it"

    await outside.approve(db, added.id, by=cast.sana.id, at=at)
    shown = {each.slug: each for each in (await shown_skills(db, [cast.ayesha.id]))[cast.ayesha.id]}
    assert (shown["css"].kind, shown["css"].issuer, shown["css"].proofs[0].href) == ("certified", "DigiSkills.pk", None)
    (document,) = await documents.load(db, [cast.ayesha_profile.id])
    assert document["certified_by"] == ["digiskills"]
    with pytest.raises(outside.DecidedAlready):
        await outside.refuse(db, added.id, "Not known there.", by=cast.sana.id, at=at)
    twin = await outside.add(db, text(number="ds-77"), by=cast.hina.id, at=at)
    with pytest.raises(Conflict):
        await outside.approve(db, twin.id, by=cast.sana.id, at=at)

    await outside.retract(db, added.id, "The number belongs to somebody else.", by=cast.sana.id, at=at)
    assert cast.ayesha.id not in await shown_skills(db, [cast.ayesha.id])


async def test_refused_or_withdrawn_it_is_gone(db: Session, cast: Cast) -> None:
    at = clock.now()
    added = await outside.add(db, text(), by=cast.ayesha.id, at=at)
    with pytest.raises(Invalid):
        await outside.add(db, text(number=" ds-77 "), by=cast.ayesha.id, at=at)
    with pytest.raises(Invalid):
        await outside.refuse(db, added.id, " ", by=cast.sana.id, at=at)
    await outside.refuse(db, added.id, "DigiSkills does not know it.", by=cast.sana.id, at=at)
    assert cast.ayesha.id not in await shown_skills(db, [cast.ayesha.id])
    again = await outside.add(db, text(), by=cast.ayesha.id, at=at)
    with pytest.raises(NotFound):
        await outside.withdraw(db, again.id, by=cast.hina.id, at=at)
    await outside.withdraw(db, again.id, by=cast.ayesha.id, at=at)
    assert cast.ayesha.id not in await shown_skills(db, [cast.ayesha.id])
    with pytest.raises(outside.DecidedAlready):
        await outside.approve(db, again.id, by=cast.sana.id, at=at)
    own = await outside.add(db, text(number="DS-78"), by=cast.sana.id, at=at)
    with pytest.raises(outside.OwnCase):
        await outside.approve(db, own.id, by=cast.sana.id, at=at)


async def test_what_is_wrong_is_said_at_its_field(db: Session, cast: Cast) -> None:
    at = clock.now()
    for changes, field in (
        ({"issuer": "my-uncle"}, "issuer"),
        ({"title": ""}, "title"),
        ({"number": ""}, "number"),
        ({"skills": ()}, "skills"),
        ({"skills": ("telepathy",)}, "skills"),
        ({"issued_on": at.date().replace(year=at.year + 1)}, "issued_on"),
        ({"link": "http://digiskills.pk"}, "link"),
        ({"link": ""}, "link"),
    ):
        with pytest.raises(Invalid) as refused:
            await outside.add(db, text(**changes), by=cast.ayesha.id, at=at)
        assert list(refused.value.fields) == [field]


def test_the_list_of_issuers_says_where_it_was_read() -> None:
    assert {"digiskills", "navttc"} <= outside_issuers().keys()
    for each in outside_issuers().values():
        assert each.name and each.about and each.source.startswith("https://")
