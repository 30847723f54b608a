"""Whoever leaves is forgotten, but not by the books; nobody leaves with something unfinished; fourteen days to undo."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from marketplace.contracts import actions as contracts
from marketplace.discovery.models import Impression
from marketplace.engines.notify.models import Mail
from marketplace.engines.search import outbox
from marketplace.identity.models import AccountDeletion, Membership, User, UserSession
from marketplace.identity.rules import LEFT
from marketplace.kernel import clock
from marketplace.kernel.database import Base, Database, Session
from marketplace.kernel.queue import Services, drain
from marketplace.privacy import deletions
from marketplace.privacy.blockers import blockers_of
from marketplace.privacy.deletions import NotYet
from marketplace.privacy.exports import person_of
from tests.cast import BORN, Cast, user_named
from tests.contracts.reviewing import one_released
from tests.contracts.scenes import agreed
from tests.gigs.writing import proposed
from tests.postings.writing import opened
from tests.security.people import gather
from tests.security.things import build
from tests.visitors import Browse

OTHERS_MEMORY = {
    *("audit_lines", "notices", "mails", "cases", "reports"),
    *("enrolments", "certificates", "graduate_imports"),
}
"""What others were told, the log that nobody may change, evidence of cases, the register of a training provider."""


async def _said(db: Session, user: User) -> list[str]:
    return [each.message for each in await blockers_of(db, await person_of(db, user.id))]


async def _tables_that_name(connection: AsyncConnection, words: list[str]) -> set[str]:
    found: set[str] = set()
    for name in Base.metadata.tables:
        for word in words:
            asked = text(f"SELECT true FROM {name} r WHERE r::text ILIKE :like LIMIT 1")
            if await connection.scalar(asked, {"like": f"%{word}%"}):
                found.add(name)
    return found


async def test_nothing_of_her_is_left_but_in_what_others_need(db: Session, cast: Cast, tmp_path: Path) -> None:
    await gather(db, cast)
    await build(db, cast, tmp_path / "files")
    read = {"words": 1_000.0, "read": {"by": "embedded", "words": ["ayesha"], "known": [], "slips": []}}
    seen = {"at": clock.now(), "surface": "people", "document_id": uuid4(), "rank": 1}
    db.add(Impression(user_id=cast.ayesha.id, score=read, **seen))
    await db.flush()
    connection = await db.connection()
    words = ["ayesha", cast.ayesha_profile.headline]
    before = await _tables_that_name(connection, words)
    assert {"users", "freelancers", "passkeys", "mails"} - before <= {"passkeys"}, "the test would notice"
    person = await person_of(db, cast.ayesha.id)
    cast.ayesha.email, cast.ayesha.closed_at = None, clock.now()
    await db.flush()
    await deletions.forget(db, person)
    assert await _tables_that_name(connection, words) - OTHERS_MEMORY == set()
    await db.refresh(cast.ayesha_profile)
    assert (cast.ayesha_profile.is_listed, cast.ayesha_profile.photo_file_id) == (False, None)
    await db.refresh(cast.ayesha)
    assert cast.ayesha.name == LEFT


async def test_the_whole_way_with_an_undo(browse: Browse, db: Session, cast: Cast, services: Services) -> None:
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now())
    await proposed(db, gig, cast.hina_profile, clock.now())
    await outbox.changed(db, "people", cast.hina_profile.id)
    await db.commit()
    await drain(services)
    browser, visitor = await browse(cast.hina), await browse()
    assert cast.hina_profile.headline in (await visitor.get("/people")).text
    page = "/account/data/delete"
    assert "What goes" in (await browser.get(page)).text
    asked = await browser.submit(page, shown_on=page)
    assert asked.headers["location"].startswith("/account/confirm"), "she proves first that it is she"
    for session in (await db.scalars(select(UserSession))).all():
        session.stepped_up_at = clock.now()
    await db.commit()
    assert (await browser.submit(page, shown_on=page)).headers["location"] == "/account/data"
    assert "about to be deleted" in (await browser.get("/account/data")).text
    assert (await browser.submit("/account/data/keep", shown_on="/account/data")).status_code == 303
    assert (await browser.submit("/account/data/keep", shown_on="/account/data")).status_code == 404

    await browser.submit(page, shown_on=page)
    await db.refresh(cast.hina)
    assert cast.hina.closed_at is None, "fourteen days"
    await _tomorrow(services, days=13)
    await db.refresh(cast.hina)
    assert cast.hina.closed_at is None
    await _tomorrow(services, days=2)
    await db.refresh(cast.hina)
    assert (cast.hina.name, cast.hina.email) == (LEFT, None) and cast.hina.closed_at is not None
    assert (await browser.get("/account")).status_code == 303, "signed out"
    assert (await visitor.get("/people/hina")).status_code == 404
    mails = list(await db.scalars(select(Mail.message).where(Mail.to == "hina@test.example")))
    assert mails == ["account_deleted"]
    assert cast.hina_profile.headline not in (await visitor.get("/people")).text, "search has her no more"
    done = list(await db.scalars(select(AccountDeletion.done_at).order_by(AccountDeletion.id)))
    assert done[0] is None and done[1] is not None


async def _tomorrow(services: Services, *, days: int) -> None:
    clock.advance(timedelta(days=days))
    async with services[Database].write.begin() as db:
        await deletions.sweep(db, at=clock.now())
    await drain(services)


async def test_what_is_unfinished_is_named_and_keeps_her(db: Session, cast: Cast) -> None:
    assert await _said(db, cast.ayesha) == []
    contract = await agreed(db, cast)
    for user in (cast.ayesha, cast.bilal):
        assert await _said(db, user) == ["“%(name)s” is under way. Finish or cancel it first."]
    with pytest.raises(NotYet):
        await deletions.ask(db, cast.ayesha.id, at=clock.now())
    colleague = await user_named(db, "Iqra Shah")
    seat = Membership(user_id=colleague.id, organisation_id=cast.agritrack.id, role="finance", created_at=BORN)
    db.add(seat)
    await db.flush()
    assert await _said(db, cast.bilal) == ["You are the last owner of %(name)s. Make somebody else an owner first."]
    seat.role = "owner"
    await db.flush()
    assert await _said(db, cast.bilal) == [], "the others go on with the contract"
    await contracts.cancel_contract(db, contract, side="employer", reason="", by=cast.bilal.id, at=clock.now())
    assert await _said(db, cast.ayesha) == []


async def test_money_keeps_her(db: Session, cast: Cast) -> None:
    await one_released(db, cast)
    assert "There is still money of yours here. Pay it out first." in await _said(db, cast.ayesha)


async def test_what_began_meanwhile_puts_it_off(db: Session, cast: Cast) -> None:
    await deletions.ask(db, cast.ayesha.id, at=clock.now())
    await agreed(db, cast)
    clock.advance(deletions.WAITS + timedelta(hours=1))
    assert not await deletions.delete_account(db, cast.ayesha.id, at=clock.now())
    await db.refresh(cast.ayesha)
    assert cast.ayesha.closed_at is None


async def test_nobody_is_deleted_who_did_not_ask_or_undid_it(db: Session, cast: Cast) -> None:
    assert not await deletions.delete_account(db, cast.ayesha.id, at=clock.now())
    await deletions.ask(db, cast.ayesha.id, at=clock.now())
    await deletions.ask(db, cast.ayesha.id, at=clock.now())
    assert len((await db.scalars(select(AccountDeletion))).all()) == 1
    await deletions.undo(db, cast.ayesha.id, at=clock.now())
    clock.advance(deletions.WAITS + timedelta(hours=1))
    assert not await deletions.delete_account(db, cast.ayesha.id, at=clock.now())
