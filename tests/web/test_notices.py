"""Notices are read by POST, mails end by a signed link, and the demo's mailbox exists only in the demo."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from marketplace.engines.notify import unsubscribe
from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.models import Mail
from marketplace.engines.notify.rendering import Site
from marketplace.identity.models import User
from marketplace.kernel import clock, ids
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services, drain
from marketplace.messages import actions, queries
from marketplace.messages.models import Notice
from marketplace.messages.rules import KINDS
from tests.cast import Cast
from tests.visitors import Browse, Browser

GIG = {"gig": "A shop for <b>pottery</b>", "organisation": "AgriTrack"}


async def tell(db: Session, cast: Cast, times: int = 1) -> Notice:
    for _ in range(times):
        await actions.notify(db, cast.ayesha.id, "gig_filled", GIG, link="/gigs?q=shop", at=clock.now())
    await db.commit()
    return (await db.execute(select(Notice).order_by(Notice.id.desc()))).scalars().first()


async def unread(db: Session, cast: Cast) -> int:
    return await queries.unread_count(db, cast.ayesha.id)


async def test_a_notice_is_shown_safe_and_read_by_pressing_it(db: Session, cast: Cast, browse: Browse) -> None:
    notice = await tell(db, cast)
    browser = await browse(cast.ayesha)

    shown = await browser.get("/notices")
    assert "A shop for &lt;b&gt;pottery&lt;/b&gt;" in shown.text
    assert await unread(db, cast) == 1

    pressed = await browser.submit(f"/notices/{ids.short(notice.id)}/read", shown_on="/notices")
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/gigs?q=shop")
    assert await unread(db, cast) == 0


async def test_nobody_reads_what_another_was_told(db: Session, cast: Cast, browse: Browse) -> None:
    notice = await tell(db, cast)
    browser = await browse(cast.hina)

    assert "pottery" not in (await browser.get("/notices")).text
    refused = await browser.submit(f"/notices/{ids.short(notice.id)}/read", shown_on="/account/notices")
    assert refused.status_code == 404
    assert await unread(db, cast) == 1


async def test_all_are_read_at_once_and_pages_follow(db: Session, cast: Cast, browse: Browse) -> None:
    await tell(db, cast, queries.PAGE + 1)
    browser = await browse(cast.ayesha)

    first = (await browser.get("/notices")).text
    assert first.count("gigs/") + first.count("/read") >= queries.PAGE
    assert 'rel="next"' in first

    await browser.submit("/notices/read", {"until": clock.now().isoformat()}, shown_on="/notices")
    assert await unread(db, cast) == 0


async def by_mail(db: Session, user: User) -> set[str]:
    found = await queries.preferences_of(db, user.id, has_email=True, has_phone=True)
    return {kind.name for kind, ways in found if ways.by_mail and kind.can_be_off}


async def by_sms(db: Session, user: User) -> set[str]:
    found = await queries.preferences_of(db, user.id, has_email=True, has_phone=True)
    return {kind.name for kind, ways in found if ways.by_sms}


async def test_kinds_are_switched_off_without_a_script(db: Session, cast: Cast, browse: Browse) -> None:
    browser = await browse(cast.ayesha)
    sent = {"mail": ["contracts", "money"], "sms": ["money"]}
    saved = await browser.submit("/account/notices", sent, shown_on="/account/notices")
    assert saved.status_code == 303
    assert await by_mail(db, cast.ayesha) == {"contracts", "money"}
    assert await by_sms(db, cast.ayesha) == set(), "she has no number, so the page did not ask"
    assert {"account", "safety"} <= {each.name for each in KINDS} - await by_mail(db, cast.ayesha)


async def test_every_kind_that_can_be_off_stands_on_the_page(db: Session, cast: Cast, browse: Browse) -> None:
    cast.ayesha.phone = "+923001234567"
    await db.commit()
    browser = await browse(cast.ayesha)
    shown = (await browser.get("/account/notices")).text
    for kind in KINDS:
        boxes = [f'name="{way}" value="{kind.name}"' in shown for way in ("mail", "sms")]
        assert boxes == [kind.can_be_off] * 2, kind.name
    await browser.submit("/account/notices", {"sms": ["money"]}, shown_on="/account/notices")
    assert (await by_mail(db, cast.ayesha), await by_sms(db, cast.ayesha)) == (set(), {"money"})
    assert (await browser.submit("/account/notices/no-sms", shown_on="/account/notices")).status_code == 303
    assert await by_sms(db, cast.ayesha) == set()


async def test_the_link_asks_first_and_the_mail_program_need_not(
    db: Session, cast: Cast, client: Browser, settings: Settings
) -> None:
    token = unsubscribe.token(settings.secret_key, f"{cast.ayesha.id}:money")
    everything = await by_mail(db, cast.ayesha)

    assert (await client.get(f"/unsubscribe/{token}")).status_code == 200
    assert await by_mail(db, cast.ayesha) == everything

    done = await client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert await by_mail(db, cast.ayesha) == everything - {"money"}


@pytest.mark.parametrize("subject", ["{ayesha}:account", "{ayesha}:nonsense"])
async def test_a_strange_link_does_nothing(
    db: Session, cast: Cast, client: Browser, settings: Settings, subject: str
) -> None:
    good = unsubscribe.token(settings.secret_key, f"{cast.ayesha.id}:money")
    other = unsubscribe.token(settings.secret_key, subject.format(ayesha=cast.ayesha.id))

    for token in (good[:-1] + "_", "nonsense", other):
        assert (await client.post(f"/unsubscribe/{token}")).status_code == 404
    assert await by_mail(db, cast.ayesha) == {kind.name for kind in KINDS if kind.can_be_off}


async def test_the_mailbox_shows_what_was_sent(
    db: Session, cast: Cast, services: Services, settings: Settings, app, browse: Browse
) -> None:
    await tell(db, cast)
    services.add(Mailroom(Site("Hunar", settings.base_url), "Hunar <no-reply@localhost>", settings.secret_key))
    await drain(services)
    app.site.settings = replace(settings, env="demo")
    browser = await browse()

    assert "went to somebody else" in (await browser.get("/dev/mail")).text
    mail = (await db.execute(select(Mail))).scalar_one()
    one = (await browser.get(f"/dev/mail/{ids.short(mail.id)}")).text
    assert f'href="{settings.base_url}/gigs?q=shop"' in one
    page = await browser.get(f"/dev/mail/{ids.short(mail.id)}/html")
    assert "sandbox" in page.headers["content-security-policy"]
    assert "A shop for &lt;b&gt;pottery" in page.text


async def test_elsewhere_there_is_no_mailbox(database: Database, browse: Browse, cast: Cast) -> None:
    browser = await browse(cast.ayesha)

    assert (await browser.get("/dev/mail")).status_code == 404
