"""Signing up and in with a code to a phone: nobody learns which numbers have an account, and six digits hold."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.identity.models import Challenge, User
from marketplace.identity.phones import read_number, shown
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from tests.cast import PASSWORD, Cast
from tests.visitors import Browse, Browser

NUMBER = "+923001234567"


async def texted(db: Session) -> str:
    newest = select(TextMessage).where(TextMessage.message == "phone_code").order_by(TextMessage.id.desc()).limit(1)
    return (await db.scalars(newest)).one().values["code"]


async def asks(browser: Browser, phone: str = "0300-1234567", onward: str = ""):
    page = "/sign-in/phone" + (f"?next={onward}" if onward else "")
    return await browser.submit("/sign-in/phone", {"phone": phone, "next": onward}, shown_on=page)


async def answers(browser: Browser, code: str, onward: str = ""):
    return await browser.submit("/sign-in/phone/code", {"code": code, "next": onward}, shown_on="/sign-in/phone/code")


async def with_phone(db: Session, user: User, phone: str = NUMBER) -> None:
    user.phone, user.phone_verified_at = phone, clock.now()
    db.add(user)
    await db.commit()


async def test_zara_signs_up_with_her_number_alone(client: Browser, db: Session) -> None:
    sent = await asks(client, onward="/gigs/new")
    assert sent.headers["location"] == "/sign-in/phone/code?next=/gigs/new"
    code = await texted(db)
    named = await answers(client, code, "/gigs/new")
    assert named.headers["location"] == "/sign-in/phone/name?next=/gigs/new"
    opened = await client.submit(
        "/sign-in/phone/name", {"name": "Zara Noor", "next": "/gigs/new"}, shown_on="/sign-in/phone/name"
    )
    assert (opened.status_code, opened.headers["location"]) == (303, "/gigs/new")
    user = (await db.scalars(select(User).where(User.phone == NUMBER))).one()
    assert (user.name, user.email, user.password_hash) == ("Zara Noor", None, "")
    account = (await client.get("/account")).text
    assert "+92 300 1234567" in account
    again = await client.submit("/sign-in/phone/name", {"name": "Twin"}, shown_on="/account")
    assert again.headers["location"].startswith("/sign-in/phone"), "the proof works once"


async def test_a_number_with_an_account_gets_the_same_answers_and_is_signed_in(
    browse: Browse, db: Session, cast: Cast
) -> None:
    await with_phone(db, cast.ayesha)
    known, new = await browse(), await browse()
    sent = [await asks(known), await asks(new, "0301 7654321")]
    assert sent[0].headers["location"] == sent[1].headers["location"] and sent[0].text == sent[1].text
    pages = [
        re.sub(r'value="[^"]*"|nonce="[^"]*"|token": "[^"]*"', "", (await b.get("/sign-in/phone/code")).text)
        for b in (known, new)
    ]
    assert pages[0].replace("+92 300 1234567", "N") == pages[1].replace("+92 301 7654321", "N")
    wrong = [await answers(b, "999999") for b in (known, new)]
    assert {w.status_code for w in wrong} == {422}
    newest = select(TextMessage).where(TextMessage.to == NUMBER)
    code = (await db.scalars(newest)).one().values["code"]
    assert (await answers(known, code, "/account")).headers["location"] == "/account"
    assert "Ayesha Khan" in (await known.get("/account")).text


async def test_a_code_lasts_ten_minutes_five_tries_one_browser_and_one_use(
    browse: Browse, client: Browser, db: Session, cast: Cast
) -> None:
    await with_phone(db, cast.ayesha)
    await asks(client)
    code = await texted(db)
    stored = (await db.scalars(select(Challenge))).one()
    assert code.encode() not in stored.code_hash
    stranger = await browse()
    elsewhere = await stranger.submit("/sign-in/phone/code", {"code": code}, shown_on="/sign-in/phone")
    assert elsewhere.headers["location"] == "/sign-in/phone", "another browser asked nothing"
    token = await client.hidden("/sign-in/phone/code")
    for _ in range(5):
        refused = await client.post("/sign-in/phone/code", data={**token, "code": "000000"})
    assert refused.status_code == 422
    over = await client.post("/sign-in/phone/code", data={**token, "code": code})
    assert over.headers["location"] == "/sign-in/phone", "five tries are all"

    await asks(client)
    code = await texted(db)
    token = await client.hidden("/sign-in/phone/code")
    clock.advance(timedelta(minutes=11))
    assert (await client.post("/sign-in/phone/code", data={**token, "code": code})).headers["location"] == (
        "/sign-in/phone"
    )


async def test_texts_are_limited_by_number_and_by_place(browse: Browse, db: Session) -> None:
    client = await browse()
    for _ in range(3):
        assert (await asks(client)).status_code == 303
    assert (await asks(client)).status_code == 429
    assert (await asks(client, "0301 7654321")).status_code == 303, "others are not shut out"
    assert await db.scalar(select(func.count()).select_from(TextMessage)) == 4


async def test_a_second_factor_is_asked_after_the_code(
    browse: Browse, client: Browser, db: Session, cast: Cast
) -> None:
    from tests.web.test_security import proves_it, sets_up_an_app

    await with_phone(db, cast.ayesha)
    hers = await browse(cast.ayesha)
    await proves_it(hers)
    await sets_up_an_app(hers)
    await asks(client)
    assert (await answers(client, await texted(db))).headers["location"] == "/sign-in/factor?next=/"
    assert "session" not in client.cookies


async def test_a_number_is_added_by_its_code_and_belongs_to_one_account(
    browse: Browse, db: Session, cast: Cast
) -> None:
    await with_phone(db, cast.hina, "+923017654321")
    hers = await browse(cast.ayesha)
    assert (await hers.get("/account/phone")).headers["location"] == "/account/confirm?next=/account/phone"
    await hers.submit("/account/confirm", {"proof": PASSWORD}, shown_on="/account/confirm")
    for phone, status in (("0300 1234567", 303), ("0301 7654321", 422)):
        await hers.submit("/account/phone", {"phone": phone}, shown_on="/account/phone")
        assert (
            await hers.submit("/account/phone/code", {"code": "1"}, shown_on="/account/phone/code")
        ).status_code == 422
        sent = {"code": await texted(db)}
        answer = await hers.submit("/account/phone/code", sent, shown_on="/account/phone/code")
        assert answer.status_code == status, phone
    assert "Another account uses this number" in answer.text
    assert await db.scalar(select(User.phone).where(User.id == cast.ayesha.id)) == NUMBER
    assert await db.scalar(select(func.count()).where(Mail.message == "phone_changed")) == 1
    await hers.submit("/account/phone/remove", shown_on="/account/phone")
    assert await db.scalar(select(User.phone).where(User.id == cast.ayesha.id)) is None


async def test_without_an_address_the_number_stays_and_the_way_to_one_is_open(client: Browser, db: Session) -> None:
    await asks(client)
    await answers(client, await texted(db))
    await client.submit("/sign-in/phone/name", {"name": "Zara Noor"}, shown_on="/sign-in/phone/name")
    kept = await client.submit("/account/phone/remove", shown_on="/account/phone")
    assert kept.status_code == 422 and "you need one of the two" in kept.text
    assert 'name="password"' not in (await client.get("/account/address")).text
    sent = await client.submit("/account/address", {"email": "zara@test.example"}, shown_on="/account/address")
    assert sent.status_code == 303
    assert (
        await db.scalar(select(func.count()).where(Mail.to == "zara@test.example", Mail.message == "change_email")) == 1
    )
    clock.advance(timedelta(minutes=20))
    assert (await client.get("/account/password")).headers["location"].startswith("/account/confirm")
    await client.submit("/account/confirm/text", shown_on="/account/confirm")
    proved = await client.submit("/account/confirm", {"proof": await texted(db)}, shown_on="/account/confirm")
    assert proved.status_code == 303
    new = {"password": "three quiet rivers"}
    assert (await client.submit("/account/password", new, shown_on="/account/password")).status_code == 303


class TestWhereNoTextsCanBeSent:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        import dataclasses

        return dataclasses.replace(settings, env="production", base_url="http://127.0.0.1:8000")

    async def test_phones_are_not_offered(self, client: Browser) -> None:
        assert "/sign-in/phone" not in (await client.get("/sign-in")).text
        assert (await client.get("/sign-in/phone")).status_code == 404


def test_numbers_are_read_as_people_write_them() -> None:
    for written in (
        "0300 1234567",
        "0300-1234567",
        "+92 300 1234567",
        "0092 300 1234567",
        "۰۳۰۰۱۲۳۴۵۶۷",
        "(0300) 1234567",
    ):
        assert read_number(written) == NUMBER, written
    assert read_number("+44 7400 123456") == "+447400123456"
    assert shown(NUMBER) == "+92 300 1234567"
    for wrong in ("", "12", "0300", "call me", "+92 300 123456789", "042 35761234", "+1 900 555 0123"):
        with pytest.raises(Invalid):
            read_number(wrong)
