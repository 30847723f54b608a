"""Signing up by e-mail: the mailed link opens the account, and nobody learns which addresses have one."""

import re

import pytest
from sqlalchemy import func, select

from marketplace.engines.notify.models import Mail
from marketplace.identity.models import AuditLine, User
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.visitors import Browse, Browser

NADIA = {"name": "Nadia Aslam", "email": "nadia@test.example", "password": "three quiet rivers"}


async def mailed_link(db: Session, message: str, to: str) -> str:
    newest = select(Mail).where(Mail.message == message, Mail.to == to).order_by(Mail.id.desc()).limit(1)
    return (await db.scalars(newest)).one().values["link"]


async def test_nadia_signs_up_and_her_link_signs_her_in_where_she_was(client: Browser, db: Session) -> None:
    answer = await client.submit("/sign-up", {**NADIA, "next": "/gigs/new"}, shown_on="/sign-up?next=/gigs/new")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-up/sent")
    assert "We sent a mail to <strong>nadia@test.example" in (await client.get("/sign-up/sent")).text
    assert (await client.get("/account")).status_code == 303, "not signed in yet"
    link = await mailed_link(db, "verify_email", NADIA["email"])

    pressed = await client.submit(link, shown_on=link)

    assert (pressed.status_code, pressed.headers["location"]) == (303, "/gigs/new")
    assert "Welcome, Nadia Aslam" in (await client.get("/account")).text
    user = (await db.scalars(select(User).where(User.email == "nadia@test.example"))).one()
    assert "three quiet rivers" not in user.password_hash
    actions = (await db.scalars(select(AuditLine.action).where(AuditLine.subject_id == user.id))).all()
    assert set(actions) == {"user.signed_up", "user.email_verified", "session.begun"}


async def test_two_clicks_on_sign_up_make_one_account(client: Browser, db: Session) -> None:
    shown = (await client.get("/sign-up")).text
    fields = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', shown)[1] for name in ("_csrf_token", "submission")
    }
    first = await client.post("/sign-up", data={**fields, **NADIA})
    second = await client.post("/sign-up", data={**fields, **NADIA})
    assert (first.status_code, second.status_code) == (303, 303)
    assert await db.scalar(select(func.count()).where(User.email == NADIA["email"])) == 1
    assert await db.scalar(select(func.count()).where(Mail.to == NADIA["email"])) == 1


async def test_the_mailed_link_verifies_the_address_once(client: Browser, browse: Browse, db: Session) -> None:
    await client.submit("/sign-up", NADIA, shown_on="/sign-up")
    link = await mailed_link(db, "verify_email", NADIA["email"])
    elsewhere = await browse()
    shown = await elsewhere.get(link)
    assert shown.status_code == 200 and NADIA["email"] in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer"
    user = (await db.scalars(select(User).where(User.email == NADIA["email"]))).one()
    assert user.email_verified_at is None, "looking changes nothing"

    pressed = await elsewhere.submit(link, shown_on=link)

    assert pressed.headers["location"] == "/sign-in", "in another browser the password is asked: it may be a stranger's"
    await db.refresh(user)
    assert user.email_verified_at is not None
    assert (await elsewhere.get(link)).status_code == 410


async def test_before_the_link_is_opened_the_right_password_opens_nothing(client: Browser, db: Session) -> None:
    await client.submit("/sign-up", NADIA, shown_on="/sign-up")
    sent = {"email": NADIA["email"], "password": NADIA["password"]}

    early = await client.submit("/sign-in", sent, shown_on="/sign-in")
    assert early.status_code == 422 and "you have not opened the link" in early.text
    link = await mailed_link(db, "verify_email", NADIA["email"])
    client.cookies.clear()
    await client.submit(link, shown_on=link)
    assert (await client.submit("/sign-in", sent, shown_on="/sign-in")).status_code == 303


async def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(
    client: Browser, browse: Browse, db: Session, cast: Cast
) -> None:
    new, taken = client, await browse()
    answers = [
        await new.submit("/sign-up", NADIA, shown_on="/sign-up"),
        await taken.submit("/sign-up", {**NADIA, "email": cast.ayesha.email.upper()}, shown_on="/sign-up"),
    ]

    def seen(answer) -> tuple[object, ...]:
        cookies = sorted(each.partition("=")[0] for each in answer.headers.get_list("set-cookie"))
        return answer.status_code, answer.headers["location"], cookies, answer.text

    assert seen(answers[0]) == seen(answers[1])
    pages = [
        re.sub(r'value="[^"]*"|nonce="[^"]*"|token": "[^"]*"', "", (await b.get("/sign-up/sent")).text)
        for b in (new, taken)
    ]
    assert pages[0].replace(NADIA["email"], "X") == pages[1].replace(cast.ayesha.email.upper(), "X")
    assert await mailed_link(db, "account_exists", cast.ayesha.email) == "/sign-in"
    assert (
        await db.scalar(select(func.count()).where(Mail.to == cast.ayesha.email, Mail.message == "verify_email")) == 0
    )
    tries = [
        await b.submit("/sign-in", {"email": e, "password": NADIA["password"]}, shown_on="/sign-in")
        for b, e in ((new, NADIA["email"]), (taken, cast.ayesha.email))
    ]
    assert [each.status_code for each in tries] == [422, 422], "nor does signing in tell"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "short", "Use at least 8 letters"),
        ("password", "pakistan123", "among the first that thieves try"),
        ("password", "nadia@test.example", "your name or address"),
        ("email", "nadia at home", "Write an e-mail address like"),
        ("name", "   ", "Please fill this in."),
        ("name", "x" * 81, "At most 80 letters"),
    ],
)
async def test_a_refused_sign_up_says_why_at_the_field_and_loses_nothing(
    client: Browser, db: Session, field: str, value: str, said: str
) -> None:
    before = await db.scalar(select(func.count()).select_from(User))
    answer = await client.submit("/sign-up", {**NADIA, field: value}, shown_on="/sign-up")
    assert answer.status_code == 422 and said in answer.text
    kept = NADIA["email"] if field == "name" else NADIA["name"]
    assert f'value="{kept}"' in answer.text
    assert NADIA["password"] not in answer.text, "passwords are never sent back"
    assert await db.scalar(select(func.count()).select_from(User)) == before
