"""What guards an account: passkeys, authenticator app, recovery codes, step-up, and the slow way back."""

import json
import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select, text

from marketplace.engines.notify.models import Mail
from marketplace.identity.models import Authenticator, Passkey, RecoveryCode, UserSession
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from tests.cast import PASSWORD, Cast
from tests.identity.authenticator import SoftwareKey
from tests.visitors import Browse, Browser
from tests.web.test_sign_up import mailed_link

HERE = "/account/security"


async def proves_it(browser: Browser, proof: str = PASSWORD) -> None:
    sent = {"proof": proof, "next": HERE}
    answer = await browser.submit("/account/confirm", sent, shown_on=f"/account/confirm?next={HERE}")
    assert (answer.status_code, answer.headers["location"]) == (303, HERE)


async def sets_up_an_app(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """A browser that is stepped up: the app, and the ten recovery codes that come with it."""
    await browser.submit(f"{HERE}/app", shown_on=HERE)
    shown = (await browser.get(f"{HERE}/app")).text
    assert "<svg" in shown and "style=" not in re.search(r"<figure.*?</figure>", shown, re.S)[0]
    letters = re.search(r"<code><bdi>([A-Z2-7 ]+)</bdi>", shown)[1].replace(" ", "")
    app = pyotp.TOTP(letters)
    codes = await browser.submit(f"{HERE}/app/confirm", {"code": app.at(clock.now())}, shown_on=f"{HERE}/app")
    assert codes.status_code == 200
    return app, re.findall(r"<code><bdi>([a-z0-9-]{19})</bdi>", codes.text)


async def signs_in(browser: Browser, cast: Cast):
    sent = {"email": cast.ayesha.email, "password": PASSWORD, "next": "/account"}
    return await browser.submit("/sign-in", sent, shown_on="/sign-in")


async def test_changes_ask_for_a_fresh_proof_and_it_lasts_a_quarter_of_an_hour(
    browse: Browse, db: Session, cast: Cast
) -> None:
    browser = await browse(cast.ayesha)
    former = browser.cookies["session"]
    for path in (f"{HERE}/app", f"{HERE}/codes", f"{HERE}/app/remove", f"{HERE}/passkeys"):
        refused = await browser.submit(path, shown_on=HERE)
        assert refused.headers["location"] == f"/account/confirm?next={HERE}", path
    assert (await browser.submit(f"{HERE}/passkeys/options", shown_on=HERE)).status_code == 403
    assert await db.scalar(select(func.count()).select_from(RecoveryCode)) == 0

    wrong = await browser.submit("/account/confirm", {"proof": "not it"}, shown_on="/account/confirm")
    assert wrong.status_code == 422 and "not your present password" in wrong.text
    await proves_it(browser)

    assert browser.cookies["session"] != former, "the session has a new secret"
    assert (await browser.submit(f"{HERE}/codes", shown_on=HERE)).status_code == 200
    clock.advance(timedelta(minutes=16))
    assert (await browser.submit(f"{HERE}/codes", shown_on=HERE)).status_code == 303


async def test_an_app_is_asked_at_sign_in_and_no_code_works_twice(
    browse: Browse, client: Browser, db: Session, cast: Cast
) -> None:
    hers = await browse(cast.ayesha)
    await proves_it(hers)
    app, codes = await sets_up_an_app(hers)
    assert len(codes) == len(set(codes)) == 10
    sealed = await db.scalar(select(Authenticator.sealed_secret))
    assert app.byte_secret() not in sealed, "the secret is not stored readable"
    assert await db.scalar(select(func.count()).where(Mail.message == "factor_added")) == 1

    asked = await signs_in(client, cast)
    assert asked.headers["location"] == "/sign-in/factor?next=/account"
    assert "session" not in client.cookies
    used = await client.submit("/sign-in/factor", {"code": app.at(clock.now())}, shown_on="/sign-in/factor")
    assert used.status_code == 422, "that code set the app up already"
    clock.advance(timedelta(seconds=60))
    code = app.at(clock.now())
    right = await client.submit(
        "/sign-in/factor", {"code": f"{code[:3]} {code[3:]}", "next": "/account"}, shown_on="/sign-in/factor"
    )
    assert (right.status_code, right.headers["location"]) == (303, "/account")
    assert (await client.get("/account")).status_code == 200
    other = await browse()
    await signs_in(other, cast)
    again = await other.submit("/sign-in/factor", {"code": code}, shown_on="/sign-in/factor")
    assert again.status_code == 422, "a code that somebody looked over her shoulder"


async def test_five_wrong_codes_end_the_sign_in(browse: Browse, client: Browser, cast: Cast) -> None:
    hers = await browse(cast.ayesha)
    await proves_it(hers)
    app, _ = await sets_up_an_app(hers)
    clock.advance(timedelta(seconds=60))
    await signs_in(client, cast)
    token = await client.hidden("/sign-in/factor")
    for _ in range(5):
        assert (await client.post("/sign-in/factor", data={**token, "code": "000000"})).status_code == 422
    over = await client.post("/sign-in/factor", data={**token, "code": app.at(clock.now())})
    assert over.headers["location"] == "/sign-in"


async def test_a_recovery_code_opens_once_and_new_ones_replace_all(
    browse: Browse, client: Browser, db: Session, cast: Cast
) -> None:
    hers = await browse(cast.ayesha)
    await proves_it(hers)
    _, codes = await sets_up_an_app(hers)
    assert all(code.encode() not in h for h in await db.scalars(select(RecoveryCode.code_hash)) for code in codes)

    for expected in (303, 422):
        await signs_in(client, cast)
        sent = {"code": f" {codes[0].upper()} "}
        assert (await client.submit("/sign-in/factor", sent, shown_on="/sign-in/factor")).status_code == expected
        client.cookies.delete("session") if "session" in client.cookies else None
    assert "9 of 10 are left" in (await hers.get(HERE)).text
    await hers.submit(f"{HERE}/codes", shown_on=HERE)
    assert (await client.submit("/sign-in/factor", {"code": codes[1]}, shown_on="/sign-in/factor")).status_code == 422
    assert "10 of 10 are left" in (await hers.get(HERE)).text


async def makes_a_passkey(browser: Browser, key: SoftwareKey, name: str = "my phone"):
    token = {"x-csrftoken": browser.own_token()}
    asked = await browser.post(f"{HERE}/passkeys/options", headers=token)
    options = json.loads(asked.text)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    return await browser.submit(f"{HERE}/passkeys", {"credential": key.make(options), "name": name}, shown_on=HERE)


async def signs_with(browser: Browser, key: SoftwareKey, path: str = "/sign-in/passkey", **changes: str):
    token = await browser.token("/sign-in" if path.startswith("/sign-in") else "/account/confirm")
    asked = await browser.post(f"{path}/options", headers={"x-csrftoken": token})
    credential = key.sign(json.loads(asked.text))
    return await browser.post(
        path, data={"_csrf_token": token, "credential": credential, "next": "/account", **changes}
    )


async def test_a_passkey_signs_in_alone_is_renamed_and_removed(
    browse: Browse, client: Browser, db: Session, cast: Cast
) -> None:
    hers, key = await browse(cast.ayesha), SoftwareKey()
    await proves_it(hers)
    codes = await makes_a_passkey(hers, key)
    assert codes.status_code == 200 and "Your recovery codes" in codes.text

    into = await signs_with(client, key)
    assert (into.status_code, into.headers["location"]) == (303, "/account")
    assert "Ayesha Khan" in (await client.get("/account")).text
    kept = (await db.scalars(select(Passkey))).one()
    assert (kept.name, kept.sign_count, kept.last_used_at is not None) == ("my phone", 2, True)

    short = re.search(r"passkeys/(\w{26})/remove", (await hers.get(HERE)).text)[1]
    await hers.submit(f"{HERE}/passkeys/{short}/name", {"name": "the old phone"}, shown_on=HERE)
    assert "the old phone" in (await hers.get(HERE)).text
    stranger = await browse(cast.hina)
    await proves_it(stranger)
    assert (await stranger.submit(f"{HERE}/passkeys/{short}/remove", shown_on=HERE)).status_code == 404
    assert (await stranger.submit(f"{HERE}/passkeys/{short}/name", {"name": "x"}, shown_on=HERE)).status_code == 404
    await hers.submit(f"{HERE}/passkeys/{short}/remove", shown_on=HERE)
    other = await browse()
    assert (await signs_with(other, key)).status_code == 422, "a removed passkey opens nothing"


async def test_a_passkey_is_refused_where_it_must_be(browse: Browse, db: Session, cast: Cast) -> None:
    hers = await browse(cast.ayesha)
    await proves_it(hers)
    key = SoftwareKey()
    await makes_a_passkey(hers, key)
    taken = await makes_a_passkey(hers, key)
    assert taken.status_code == 422, "the same key again"
    refused = {
        "made on another site": SoftwareKey(origin="https://evil.example", id=key.id, private=key.private),
        "nobody was verified": SoftwareKey(verifies=False, id=key.id, private=key.private, count=5),
        "another private key": SoftwareKey(id=key.id, count=5),
        "an unknown key": SoftwareKey(),
        "a copy that counts behind": SoftwareKey(id=key.id, private=key.private, count=0),
    }
    assert (await signs_with(await browse(), key)).status_code == 303
    for what, other in refused.items():
        assert (await signs_with(await browse(), other)).status_code == 422, what
    assert await db.scalar(select(func.count()).where(UserSession.user_id == cast.ayesha.id)) == 2


async def test_what_a_passkey_signed_is_worth_nothing_a_second_time(browse: Browse, cast: Cast) -> None:
    hers = await browse(cast.ayesha)
    await proves_it(hers)
    key = SoftwareKey()
    await makes_a_passkey(hers, key)
    client = await browse()
    token = await client.token("/sign-in")
    asked = await client.post("/sign-in/passkey/options", headers={"x-csrftoken": token})
    kept = client.cookies["passkey"]
    sent = {"_csrf_token": token, "credential": key.sign(json.loads(asked.text))}
    assert (await client.post("/sign-in/passkey", data=sent)).status_code == 303
    thief = await browse()
    thief.cookies.set("passkey", kept, domain="127.0.0.1", path="/")
    again = await thief.post("/sign-in/passkey", data={**sent, "_csrf_token": await thief.token("/sign-in")})
    assert again.status_code == 422


async def test_a_passkey_of_somebody_else_proves_nothing(browse: Browse, cast: Cast) -> None:
    hers, his = await browse(cast.ayesha), await browse(cast.bilal)
    key, other = SoftwareKey(), SoftwareKey()
    for browser, each in ((hers, key), (his, other)):
        await proves_it(browser)
        await makes_a_passkey(browser, each)
    clock.advance(timedelta(minutes=20))
    assert (await signs_with(hers, other, "/account/confirm/passkey")).status_code == 422
    assert (await signs_with(hers, key, "/account/confirm/passkey")).headers["location"] == "/account"


async def test_with_a_second_factor_the_password_alone_proves_nothing(browse: Browse, cast: Cast) -> None:
    hers = await browse(cast.ayesha)
    await proves_it(hers)
    _, codes = await sets_up_an_app(hers)
    clock.advance(timedelta(minutes=20))
    wrong = await hers.submit("/account/confirm", {"proof": PASSWORD}, shown_on="/account/confirm")
    assert wrong.status_code == 422
    await proves_it(hers, codes[3])


async def test_whoever_lost_all_waits_three_days_and_can_be_stopped(
    browse: Browse, client: Browser, db: Session, cast: Cast
) -> None:
    hers = await browse(cast.ayesha)
    await proves_it(hers)
    await sets_up_an_app(hers)
    await signs_in(client, cast)
    assert (await client.submit("/sign-in/factor/lost", shown_on="/sign-in/factor")).status_code == 200
    link = await mailed_link(db, "recovery_asked", cast.ayesha.email)

    early = await client.submit(link, shown_on=link)
    assert early.status_code == 409, "not before the three days are over"
    assert "Somebody asked to take off your second factors" in (await hers.get(HERE)).text
    await hers.submit(f"{HERE}/recovery/cancel", shown_on=HERE)
    clock.advance(timedelta(hours=73))
    assert (await client.get(link)).status_code == 410, "she stopped it"
    assert await db.scalar(select(func.count()).select_from(Authenticator)) == 1

    await signs_in(client, cast)
    await client.submit("/sign-in/factor/lost", shown_on="/sign-in/factor")
    link = await mailed_link(db, "recovery_asked", cast.ayesha.email)
    clock.advance(timedelta(hours=71))
    assert "Take them off" not in (await client.get(link)).text
    clock.advance(timedelta(hours=2))
    assert (await client.submit(link, shown_on=link)).headers["location"] == "/sign-in"
    assert await db.scalar(select(func.count()).select_from(Authenticator)) == 0
    assert (await hers.get("/account")).status_code == 303, "signed out everywhere"
    assert (await signs_in(client, cast)).headers["location"] == "/account"
    assert (await client.get(link)).status_code == 410


async def test_only_with_the_first_factor_can_a_recovery_be_asked(client: Browser, db: Session, cast: Cast) -> None:
    asked = await client.submit("/sign-in/factor/lost", shown_on="/sign-in")
    assert asked.headers["location"] == "/sign-in"
    assert await db.scalar(text("SELECT count(*) FROM recoveries")) == 0


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "https://hunar.example", "https://hunar.example:8443"])
def test_keys_are_bound_to_a_name_never_to_a_number(base: str) -> None:
    from marketplace.identity.passkeys import Party

    party = Party.of(base, "Hunar")
    assert (party.id, party.origin) == {
        "http://127.0.0.1:8000": ("localhost", "http://localhost:8000"),
        "https://hunar.example": ("hunar.example", "https://hunar.example"),
        "https://hunar.example:8443": ("hunar.example", "https://hunar.example:8443"),
    }[base]
