"""Signing up, in and out, as people do it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.engines.notify.models import Mail
from marketplace.identity.models import UserSession
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Session
from marketplace.web import sessions
from marketplace.web.app import Application
from tests.cast import PASSWORD, Cast
from tests.visitors import Browse, Browser


async def _mailed_link(db: Session, message: str, to: str) -> str:
    newest = select(Mail).where(Mail.message == message, Mail.to == to).order_by(Mail.id.desc()).limit(1)
    mail = (await db.scalars(newest)).one()
    return mail.values["link"]


async def _count(db: Session, model: type) -> int:
    return await db.scalar(select(func.count()).select_from(model)) or 0


async def test_ayesha_signs_in_with_capitals_in_her_address(client: Browser, cast: Cast) -> None:
    sent = {"email": " Ayesha@TEST.example ", "password": PASSWORD, "next": "/account"}
    answer = await client.submit("/sign-in", sent, shown_on="/sign-in")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("session="))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    assert "Ayesha Khan" in (await client.get("/account")).text


async def test_wrong_password_and_unknown_address_get_the_same_answer(client: Browser, cast: Cast) -> None:
    bodies: list[str] = []
    for email in (cast.ayesha.email, "nobody@test.example"):
        answer = await client.submit("/sign-in", {"email": email, "password": "not this one"}, shown_on="/sign-in")
        assert answer.status_code == 422
        bodies.append(re.sub(r'value="[^"]*"|nonce="[^"]*"|token": "[^"]*"', "", answer.text))
    assert bodies[0] == bodies[1]


async def test_the_eleventh_try_in_a_quarter_of_an_hour_is_refused(client: Browser, cast: Cast) -> None:
    wrong = {"email": cast.ayesha.email, "password": "not this one"}
    for _ in range(10):
        assert (await client.submit("/sign-in", wrong, shown_on="/sign-in")).status_code == 422
    right = {"email": cast.ayesha.email, "password": PASSWORD}
    refused = await client.submit("/sign-in", right, shown_on="/sign-in")
    assert refused.status_code == 429 and "Too many tries" in refused.text
    assert 0 < int(refused.headers["retry-after"]) <= 15 * 60
    other = {"email": cast.bilal.email, "password": PASSWORD}
    assert (await client.submit("/sign-in", other, shown_on="/sign-in")).status_code == 303, "others are not shut out"
    clock.advance(timedelta(minutes=16))
    assert (await (client).submit("/sign-out", shown_on="/")).status_code == 303
    assert (await client.submit("/sign-in", right, shown_on="/sign-in")).status_code == 303


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_sign_in_leads_only_to_our_own_pages(client: Browser, cast: Cast, next: str) -> None:
    sent = {"email": cast.ayesha.email, "password": PASSWORD, "next": next}
    assert (await client.submit("/sign-in", sent, shown_on="/sign-in")).headers["location"] == "/"


async def test_a_page_for_members_asks_to_sign_in_and_comes_back(client: Browser) -> None:
    answer = await client.get("/account?tab=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/account%3Ftab%3D1")
    assert "Please sign in first." in (await client.get(answer.headers["location"])).text


async def test_a_forgotten_password_is_set_anew_and_ends_all_sessions(
    client: Browser, browse: Browse, db: Session, cast: Cast
) -> None:
    elsewhere = await browse(cast.ayesha)
    await client.submit("/reset-password", {"email": cast.ayesha.email}, shown_on="/reset-password")
    link = await _mailed_link(db, "reset_password", cast.ayesha.email)
    answer = await client.submit(link, {"password": "a new and better one"}, shown_on=link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (await elsewhere.get("/account")).status_code == 303, "signed out there"
    signed_in = {"email": cast.ayesha.email, "password": "a new and better one"}
    assert (await client.submit("/sign-in", signed_in, shown_on="/sign-in")).status_code == 303
    assert (await client.get(link)).status_code == 410


async def test_asking_for_a_reset_tells_nobody_who_has_an_account(client: Browser, db: Session, cast: Cast) -> None:
    known = await client.submit("/reset-password", {"email": cast.ayesha.email}, shown_on="/reset-password")
    unknown = await client.submit("/reset-password", {"email": "nobody@test.example"}, shown_on="/reset-password")
    assert (known.status_code, known.headers["location"]) == (unknown.status_code, unknown.headers["location"])
    assert await db.scalar(select(func.count()).where(Mail.message == "reset_password")) == 1


async def test_a_reset_link_lasts_an_hour(client: Browser, db: Session, cast: Cast) -> None:
    await client.submit("/reset-password", {"email": cast.ayesha.email}, shown_on="/reset-password")
    link = await _mailed_link(db, "reset_password", cast.ayesha.email)
    clock.advance(timedelta(minutes=61))
    assert (await client.get(link)).status_code == 410


async def test_sign_out_is_final(browse: Browse, db: Session, cast: Cast) -> None:
    browser = await browse(cast.ayesha)
    secret = browser.cookies["session"]
    assert (await browser.submit("/sign-out")).status_code == 303
    browser.wear(secret)
    assert (await browser.get("/account")).status_code == 303
    assert await _count(db, UserSession) == 0


async def test_use_is_noted_every_few_minutes_and_keeps_a_session_alive(
    app: Application, browse: Browse, db: Session, cast: Cast
) -> None:
    browser = await browse(cast.ayesha)
    await browser.get("/account")
    assert await sessions.write_seen(app.site) == 0, "not with every page"
    for _ in range(4):
        clock.advance(timedelta(days=20))
        assert (await browser.get("/account")).status_code == 200
        assert await sessions.write_seen(app.site) == 1
    clock.advance(timedelta(days=11))
    assert (await browser.get("/account")).status_code == 303, "not beyond the absolute limit"


async def test_sessions_end_when_idle_and_at_their_limit(browse: Browse, cast: Cast) -> None:
    browser = await browse(cast.ayesha)
    clock.advance(timedelta(days=29))
    assert (await browser.get("/account")).status_code == 200
    clock.advance(timedelta(days=2))
    assert (await browser.get("/account")).status_code == 303


async def test_a_visitor_chooses_urdu(client: Browser) -> None:
    assert 'lang="en" dir="ltr"' in (await client.get("/sign-in")).text
    answer = await client.submit("/language", {"locale": "ur", "next": "/sign-in"})
    assert answer.headers["location"] == "/sign-in"
    assert 'lang="ur" dir="rtl"' in (await client.get("/sign-in")).text


async def test_a_browser_that_asks_for_urdu_gets_it(client: Browser) -> None:
    answer = await client.get("/sign-in", headers={"accept-language": "ur-PK,ur;q=0.9,en;q=0.8"})
    assert 'lang="ur"' in answer.text


async def test_nobody_plays_the_cast_outside_the_demo(client: Browser) -> None:
    assert (await client.submit("/dev/sign-in", {"as": "ayesha"})).status_code == 404
    assert "/dev/sign-in" not in (await client.get("/sign-in")).text


class TestInTheDemo:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        import dataclasses

        return dataclasses.replace(settings, env="demo")

    async def test_one_button_for_each_of_the_cast(self, client: Browser, db: Session, cast: Cast) -> None:
        shown = (await client.get("/sign-in")).text
        assert re.findall(r'name="as" value="(\w+)"', shown) == [
            "ayesha",
            "bilal",
            "hina",
            "organiser",
            "trainer",
            "moderator",
            "moderator2",
            "finance",
            "finance2",
            "shahid",
        ]
        cast.bilal.email = "bilal@demo.example"
        db.add(cast.bilal)
        await db.commit()
        answer = await client.submit("/dev/sign-in", {"as": "bilal", "next": "/account"}, shown_on="/sign-in")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        assert "Bilal Ahmed" in (await client.get("/account")).text
        assert (await client.submit("/dev/sign-in", {"as": "root"})).status_code == 404
