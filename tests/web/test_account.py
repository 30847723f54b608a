"""Her account page: settings, address, password, devices, organisations, the end."""

import re

from sqlalchemy import func, select

from marketplace.engines.notify.models import Mail
from marketplace.identity.models import Membership, Organisation, UserSession
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from tests.cast import PASSWORD, Cast
from tests.visitors import Browse, Browser


async def _mailed_link(db: Session, message: str, to: str) -> str:
    newest = select(Mail).where(Mail.message == message, Mail.to == to).order_by(Mail.id.desc()).limit(1)
    return (await db.scalars(newest)).one().values["link"]


async def test_she_changes_name_language_and_zone(browse: Browse, db: Session, cast: Cast) -> None:
    browser = await browse(cast.ayesha)
    sent = {"name": " Ayesha K. ", "language": "ur", "time_zone": "Asia/Dubai"}
    assert (await browser.submit("/account", sent, shown_on="/account")).status_code == 303
    shown = await browser.get("/account")
    assert 'lang="ur" dir="rtl"' in shown.text and "Ayesha K." in shown.text
    await db.refresh(cast.ayesha)
    assert (cast.ayesha.name, cast.ayesha.locale, cast.ayesha.time_zone) == ("Ayesha K.", "ur", "Asia/Dubai")


async def test_what_she_says_of_her_gender_is_hers_alone(
    browse: Browse, client: Browser, db: Session, cast: Cast
) -> None:
    browser = await browse(cast.ayesha)
    sent = {"name": "Ayesha Khan", "language": "en", "time_zone": "Asia/Karachi", "gender": "woman"}
    assert (await browser.submit("/account", sent, shown_on="/account")).status_code == 303
    await db.refresh(cast.ayesha)
    assert cast.ayesha.gender == "woman"
    assert 'selected value="woman"' in (await browser.get("/account")).text
    assert (await browser.submit("/account", {**sent, "gender": "x"}, shown_on="/account")).status_code == 422
    assert "woman" not in re.sub(r"<title.*?</title>", "", (await client.get("/people/ayesha")).text).lower()
    await browser.submit("/account", {**sent, "gender": ""}, shown_on="/account")
    await db.refresh(cast.ayesha)
    assert cast.ayesha.gender is None


async def test_a_zone_nobody_knows_is_refused_at_the_field(browse: Browse, cast: Cast) -> None:
    browser = await browse(cast.ayesha)
    sent = {"name": "Ayesha", "language": "en", "time_zone": "Mars/Olympus"}
    answer = await browser.submit("/account", sent, shown_on="/account")
    assert answer.status_code == 422 and 'id="time_zone-error"' in answer.text


async def test_a_new_address_counts_when_it_is_proved_and_the_old_one_is_told(
    browse: Browse, db: Session, cast: Cast
) -> None:
    browser = await browse(cast.ayesha)
    former_secret = browser.cookies["session"]
    sent = {"email": "ayesha.khan@test.example", "password": PASSWORD}
    assert (await browser.submit("/account/address", sent, shown_on="/account/address")).status_code == 303
    assert browser.cookies["session"] != former_secret, "a new secret after the password was asked"
    await db.refresh(cast.ayesha)
    assert cast.ayesha.email == "ayesha@test.example", "not yet"
    link = await _mailed_link(db, "change_email", "ayesha.khan@test.example")
    assert (await browser.submit(link, shown_on=link)).status_code == 303
    await db.refresh(cast.ayesha)
    assert cast.ayesha.email == "ayesha.khan@test.example"
    told = await db.scalar(
        select(func.count()).where(Mail.message == "email_changed", Mail.to == "ayesha@test.example")
    )
    assert told == 1


async def test_only_she_can_use_the_link_to_her_new_address(browse: Browse, db: Session, cast: Cast) -> None:
    hers, his = await browse(cast.ayesha), await browse(cast.bilal)
    sent = {"email": "new@test.example", "password": PASSWORD}
    await hers.submit("/account/address", sent, shown_on="/account/address")
    link = await _mailed_link(db, "change_email", "new@test.example")
    assert (await his.get(link)).status_code == 410
    assert (await his.submit(link)).status_code == 410
    assert (await hers.get(link)).status_code == 200


async def test_an_address_taken_meanwhile_is_refused(browse: Browse, db: Session, cast: Cast) -> None:
    browser = await browse(cast.ayesha)
    await browser.submit(
        "/account/address", {"email": "new@test.example", "password": PASSWORD}, shown_on="/account/address"
    )
    link = await _mailed_link(db, "change_email", "new@test.example")
    cast.bilal.email = "New@test.example"
    await db.commit()
    assert (await browser.submit(link, shown_on=link)).status_code == 409
    await db.refresh(cast.ayesha)
    assert cast.ayesha.email == "ayesha@test.example"


async def test_changes_ask_for_the_present_password(browse: Browse, db: Session, cast: Cast) -> None:
    browser = await browse(cast.ayesha)
    for path, sent in (
        ("/account/address", {"email": "new@test.example", "password": "wrong one here"}),
        ("/account/password", {"present": "wrong one here", "password": "a new and better one"}),
    ):
        answer = await browser.submit(path, sent, shown_on=path)
        assert answer.status_code == 422 and "This is not your present password." in answer.text, path
    await db.refresh(cast.ayesha)
    assert cast.ayesha.email == "ayesha@test.example"


async def test_a_new_password_signs_out_the_other_devices_only(browse: Browse, cast: Cast) -> None:
    here, there = await browse(cast.ayesha), await browse(cast.ayesha)
    stolen = here.cookies["session"]
    sent = {"present": PASSWORD, "password": "a new and better one"}
    assert (await here.submit("/account/password", sent, shown_on="/account/password")).status_code == 303
    assert (await here.get("/account")).status_code == 200
    assert (await there.get("/account")).status_code == 303
    there.wear(stolen)
    assert (await there.get("/account")).status_code == 303, "the secret before the step-up is worth nothing"


async def test_she_lists_and_ends_her_sessions(browse: Browse, db: Session, cast: Cast) -> None:
    here, there, his = await browse(cast.ayesha), await browse(cast.ayesha), await browse(cast.bilal)
    ends = re.findall(r'action="(/account/sessions/\w{26}/end)"', (await here.get("/account")).text)
    assert len(ends) == 1
    assert (await his.submit(ends[0])).status_code == 404, "not his"
    assert (await here.submit(ends[0])).status_code == 303
    assert (await there.get("/account")).status_code == 303
    assert (await here.submit(ends[0])).status_code == 404, "over is over"
    await browse(cast.ayesha)
    assert (await here.submit("/account/sessions/end-others")).status_code == 303
    assert await db.scalar(select(func.count()).where(UserSession.user_id == cast.ayesha.id)) == 1


async def test_she_makes_an_organisation_once_and_acts_for_it(browse: Browse, db: Session, cast: Cast) -> None:
    browser = await browse(cast.bilal)
    shown = (await browser.get("/organisations/new")).text
    hidden = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', shown)[1] for name in ("_csrf_token", "submission")
    }
    sent = {**hidden, "name": "RuralPay", "kinds": ["employer", "training_provider"]}
    for _ in range(2):
        assert (await browser.post("/organisations", data=sent)).headers["location"] == "/account"
    made = (await db.scalars(select(Organisation).where(Organisation.name == "RuralPay"))).one()
    role = await db.scalar(select(Membership.role).where(Membership.organisation_id == made.id))
    assert role == "owner" and made.kinds == ["employer", "training_provider"]
    account = (await browser.get("/account")).text
    assert re.search(rf'value="{ids.short(made.id)}" aria-pressed="true"', account)


async def test_he_switches_hats_among_his_own_only(browse: Browse, db: Session, cast: Cast) -> None:
    browser = await browse(cast.bilal)
    foreign = await browser.submit("/account/hat", {"organisation": ids.short(cast.park.id)})
    assert foreign.status_code == 404
    chosen = await browser.submit("/account/hat", {"organisation": ids.short(cast.agritrack.id), "next": "/gigs"})
    assert chosen.headers["location"] == "/gigs"
    session = select(UserSession.organisation_id).where(UserSession.user_id == cast.bilal.id)
    assert await db.scalar(session) == cast.agritrack.id


async def test_another_verification_mail_makes_the_first_link_old(browse: Browse, db: Session, cast: Cast) -> None:
    cast.ayesha.email_verified_at = None
    await db.commit()
    browser = await browse(cast.ayesha)
    links = []
    for _ in range(2):
        assert (await browser.submit("/account/verification", shown_on="/account")).status_code == 303
        links.append(await _mailed_link(db, "verify_email", cast.ayesha.email))
    assert (await browser.get(links[0])).status_code == 410
    assert (await browser.get(links[1])).status_code == 200
