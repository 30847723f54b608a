"""A service is written, offered, paused and removed by her alone; who is blocked does not find it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.engines.search.models import SearchChange
from marketplace.gigs import documents, service_queries, services
from marketplace.gigs import service_rules as rules
from marketplace.gigs.models import Service
from marketplace.gigs.service_rules import Content, Extra, Package
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.money import Money
from marketplace.talent import actions as talent
from marketplace.trust import blocks, subjects
from marketplace.trust.events import CaseDecided
from tests.cast import Cast
from tests.gigs.offering import SERVICE, offered


def test_what_may_follow_what() -> None:
    allowed = {(a, b) for a, many in rules.MOVES.items() for b in many}
    for state in rules.MOVES:
        for to in rules.MOVES:
            if (state, to) in allowed:
                rules.check_move(state, to)
            else:
                with pytest.raises(rules.ServiceMoveRefused):
                    rules.check_move(state, to)
    assert allowed & {("removed", "open"), ("draft", "paused"), ("open", "draft")} == set()


def test_what_is_wrong_is_said_at_its_field() -> None:
    rules.check(SERVICE)
    rules.check_draft(Content(title="Begun"))
    package, extra = SERVICE.packages[0], SERVICE.extras[0]
    wrong: dict[str, Content] = {
        "title": replace(SERVICE, title="x" * 101),
        "description": replace(SERVICE, description="short"),
        "skills": replace(SERVICE, skills=()),
        "packages": replace(SERVICE, packages=()),
        "extras": replace(SERVICE, extras=(extra,) * 7),
        "questions": replace(SERVICE, questions=("x" * 201,)),
        "packages-0-name": replace(SERVICE, packages=(replace(package, name=""),)),
        "packages-0-price": replace(SERVICE, packages=(replace(package, price_minor=0),)),
        "packages-0-days": replace(SERVICE, packages=(replace(package, days=366),)),
        "packages-0-revisions": replace(SERVICE, packages=(replace(package, revisions=21),)),
        "packages-0-includes": replace(SERVICE, packages=(replace(package, includes=" "),)),
        "extras-0-title": replace(SERVICE, extras=(replace(extra, title=""),)),
        "extras-0-price": replace(SERVICE, extras=(replace(extra, price_minor=-1),)),
        "extras-0-days": replace(SERVICE, extras=(replace(extra, days=91),)),
    }
    for field, content in wrong.items():
        with pytest.raises(Invalid) as refused:
            rules.check(content)
        assert list(refused.value.fields) == [field]


def test_a_choice_is_the_sum_of_what_was_taken() -> None:
    choice = rules.choose(SERVICE, 2, {1, 2})
    assert (choice.price, choice.days) == (Money(305_51, "USD"), 9)
    for number, extras in ((0, ()), (3, ()), (1, (3,)), (1, (0,))):
        with pytest.raises(Invalid):
            rules.choose(SERVICE, number, extras)
    long = Content(packages=(Package("x", 1, 365, 0, "x"),), extras=(Extra("y", 1, 90),))
    assert rules.choose(long, 1, {1}).days == 365


async def test_from_a_draft_to_a_pause_and_back(db: Session, cast: Cast) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    service = await services.make(db, hers, Content(title="Begun"), at=at)
    assert service.slug.startswith("begun-")
    with pytest.raises(Invalid):
        await services.publish(db, service, by=cast.ayesha.id, at=at)
    with pytest.raises(NotFound):
        await service_queries.service_view(db, service.slug, reader=cast.bilal.id)
    await services.edit(db, service, SERVICE, by=cast.ayesha.id, at=at)
    assert await service_queries.content_of(db, service) == SERVICE
    await services.publish(db, service, by=cast.ayesha.id, at=at)
    (row,) = await service_queries.services_of(db, hers.id, reader=None)
    assert (row.price_from, row.days_from, row.name) == (Money(100_00, "USD"), 3, "Ayesha")
    with pytest.raises(Invalid):  # an open one stays complete
        await services.edit(db, service, replace(SERVICE, packages=()), by=cast.ayesha.id, at=at)
    await services.pause(db, service, by=cast.ayesha.id, at=at)
    assert await service_queries.services_of(db, hers.id, reader=None) == []
    assert [each.state for each in await service_queries.own_services(db, cast.ayesha.id)] == ["paused"]
    await services.publish(db, service, by=cast.ayesha.id, at=at + timedelta(days=1))
    assert service.published_at == at
    await services.remove(db, service, by=cast.ayesha.id, at=at)
    for reader in (None, cast.bilal.id, cast.ayesha.id):
        with pytest.raises(NotFound):
            await service_queries.service_view(db, service.slug, reader=reader)
    with pytest.raises(rules.ServiceMoveRefused):
        await services.edit(db, service, SERVICE, by=cast.ayesha.id, at=at)


async def test_she_alone_changes_it_and_twenty_are_enough(
    db: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await offered(db, cast.ayesha_profile, clock.now())
    assert await service_queries.own_service(db, service.slug, user_id=cast.ayesha.id)
    for other in (cast.hina.id, cast.bilal.id):
        with pytest.raises(NotFound):
            await service_queries.own_service(db, service.slug, user_id=other)
    monkeypatch.setattr(rules, "MOST_SERVICES", 1)
    with pytest.raises(rules.TooManyServices):
        await services.make(db, cast.ayesha_profile, SERVICE, at=clock.now())


async def test_an_unlisted_profile_hides_its_services_everywhere(db: Session, cast: Cast) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    service = await offered(db, hers, at)
    (document,) = await documents.load(db, [service.id])
    assert (document["price"], document["days"], document["skills"]) == (100_00, 3, ["css", "html"])
    assert not {"name", "handle"} & document.keys() and "Ayesha" not in repr(document)
    changed = select(SearchChange.document_id).where(SearchChange.index == "services")
    before = len((await db.scalars(changed)).all())
    await talent.unlist(db, hers, by=cast.ayesha.id, at=at)
    assert len((await db.scalars(changed)).all()) == before + 1
    assert await documents.load(db, [service.id]) == []
    assert await service_queries.newest_services(db, reader=None, limit=5) == []
    other = await services.make(db, hers, SERVICE, at=at)
    with pytest.raises(rules.ProfileNotListed):
        await services.publish(db, other, by=cast.ayesha.id, at=at)


async def test_a_block_hides_it_both_ways(db: Session, cast: Cast) -> None:
    at = clock.now()
    service = await offered(db, cast.ayesha_profile, at)
    assert await subjects.load(db, "service", service.id, viewer=cast.bilal.id)
    await blocks.block(db, by=cast.bilal.id, other=cast.ayesha.id, at=at)
    assert await service_queries.services_by_id(db, [service.id], reader=cast.bilal.id) == []
    assert await subjects.load(db, "service", service.id, viewer=cast.bilal.id) is None
    with pytest.raises(NotFound):
        await service_queries.service_view(db, service.slug, reader=cast.bilal.id)
    assert len(await service_queries.services_by_id(db, [service.id], reader=cast.hina.id)) == 1


async def test_a_case_removes_it(db: Session, cast: Cast) -> None:
    at = clock.now()
    service = await offered(db, cast.ayesha_profile, at)
    told = {"case_id": service.id, "kind": "report", "subject_id": service.id, "by": cast.sana.id, "at": at}
    await publish(db, CaseDecided(**told, subject_kind="profile", decision="remove", reason="scam"))
    await publish(db, CaseDecided(**told, subject_kind="service", decision="none", reason="scam"))
    assert (await db.get_one(Service, service.id)).state == "open"
    await publish(db, CaseDecided(**told, subject_kind="service", decision="remove", reason="scam"))
    assert (await db.get_one(Service, service.id)).state == "removed"
