"""The page of an organisation, what its owners have checked, and who decides about documents."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from marketplace.engines.files.folder import Folder
from marketplace.engines.notify.models import Mail
from marketplace.identity.employers import actions, rules
from marketplace.identity.employers.models import OrganisationCheck
from marketplace.identity.models import Membership
from marketplace.identity.organisations import personal_organisation
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services
from marketplace.trust import blocks
from tests.cast import Cast
from tests.contracts.reviewing import one_released, reviewed
from tests.identity.test_employers import handed_in, has_website, vouches
from tests.postings.writing import draft, opened
from tests.visitors import Browse, Browser, Statements

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def services(services: Services, tmp_path: Path) -> Services:
    services.add(Folder(tmp_path / "files"))
    return services


async def upload(browser: Browser, kind: str, data: dict[str, str], content: bytes = PDF):
    hidden = await browser.hidden("/organisation")
    return await browser.post(
        f"/organisation/{kind}", data={**hidden, **data}, files={"document": ("ntn.pdf", content, "application/pdf")}
    )


async def test_its_page_says_who_they_are_what_is_known_and_what_is_open(
    db: Session, cast: Cast, client: Browser, browse: Browse, statements: Statements
) -> None:
    contract = await one_released(db, cast)
    await reviewed(db, cast, contract, "employer")
    await reviewed(db, cast, contract, "freelancer", score=4)
    await has_website(db, cast)
    await opened(db, cast.agritrack.id, cast.bilal.id, clock.now(), title="An open gig")
    await draft(db, cast.agritrack.id, cast.bilal.id, clock.now(), title="A secret draft")
    await db.commit()
    statements.clear()
    shown = (await client.get("/organisations/agritrack")).text
    assert len(statements) <= 7
    for words in ("AgriTrack", "We watch crops.", "An open gig", "4.00", "Has paid for work", "3 of 5 levels"):
        assert words in shown, words
    assert "A secret draft" not in shown
    assert 'rel="nofollow noopener ugc"' in shown
    assert "/report/organisation/" in shown
    owner = (await (await browse(cast.bilal)).get("/organisations/agritrack")).text
    assert 'href="/organisation"' in owner and "/report/organisation/" not in owner
    assert (await client.get("/organisations/nobody")).status_code == 404
    assert "Has paid for work" in (await client.get("/gigs")).text, "small, in lists too"


async def test_a_private_person_who_hires_is_not_there_for_whom_she_blocked(
    db: Session, cast: Cast, browse: Browse
) -> None:
    own = await personal_organisation(db, cast.hina.id, at=clock.now())
    await opened(db, cast.agritrack.id, cast.bilal.id, clock.now(), title="An open gig")
    await blocks.block(db, by=cast.hina.id, other=cast.ayesha.id, at=clock.now())
    await blocks.block(db, by=cast.bilal.id, other=cast.ayesha.id, at=clock.now())
    await db.commit()
    ayesha, omar = await browse(cast.ayesha), await browse(cast.omar)
    assert (await omar.get(f"/organisations/{own.slug}")).status_code == 200
    assert (await ayesha.get(f"/organisations/{own.slug}")).status_code == 404
    assert (await ayesha.get(f"/organisations/{own.slug}/reviews")).status_code == 404
    company = await ayesha.get("/organisations/agritrack")
    assert company.status_code == 200, "a company is not one person"
    assert "An open gig" not in company.text, "but who posted it has blocked her"
    assert "An open gig" in (await omar.get("/organisations/agritrack")).text


async def test_an_owner_describes_it_and_confirms_its_domain(db: Session, cast: Cast, browse: Browse) -> None:
    bilal = await browse(cast.bilal)
    refused = await bilal.submit("/organisation", {"website": "javascript:x"}, shown_on="/organisation")
    assert refused.status_code == 422 and "javascript:x" in refused.text
    await bilal.submit("/organisation", {"about": "Crops.", "website": "agritrack.pk"}, shown_on="/organisation")
    foreign = await bilal.submit("/organisation/domain", {"mailbox": "me@gmail.com"}, shown_on="/organisation")
    assert foreign.status_code == 422 and "must end with @agritrack.pk" in foreign.text
    await bilal.submit("/organisation/domain", {"mailbox": "info"}, shown_on="/organisation")
    mail = (await db.execute(select(Mail).where(Mail.message == "domain_code"))).scalar_one()
    wrong = await bilal.submit("/organisation/domain/confirm", {"code": "ABCDEFGH"}, shown_on="/organisation")
    assert wrong.status_code == 422
    tries = select(OrganisationCheck.code_tries).where(OrganisationCheck.kind == "domain")
    assert (await db.execute(tries)).scalar_one() == 1, "a wrong code costs a try though the page was refused"
    right = {"code": mail.values["code"]}
    assert (await bilal.submit("/organisation/domain/confirm", right, shown_on="/organisation")).status_code == 303
    assert "Domain confirmed" in (await bilal.get("/organisations/agritrack")).text


async def test_members_read_it_and_only_owners_change_it(db: Session, cast: Cast, browse: Browse) -> None:
    await db.execute(update(Membership).where(Membership.user_id == cast.bilal.id).values(role="hiring"))
    row = {"user_id": cast.hina.id, "organisation_id": cast.agritrack.id, "role": "owner"}
    db.add(Membership(**row, created_at=clock.now()))
    await db.commit()
    bilal = await browse(cast.bilal)
    shown = await bilal.get("/organisation")
    assert shown.status_code == 200 and 'action="/organisation' not in shown.text
    for path in ("", "/domain", "/domain/confirm"):
        data = {"_csrf_token": bilal.own_token(), "mailbox": "info", "code": "ABCDEFGH"}
        assert (await bilal.post(f"/organisation{path}", data=data)).status_code == 403, path
    data = {"_csrf_token": bilal.own_token(), "number": "1"}
    given = {"document": ("ntn.pdf", PDF, "application/pdf")}
    assert (await bilal.post("/organisation/registration", data=data, files=given)).status_code == 403


async def test_a_registration_is_handed_in_opened_with_a_reason_and_confirmed(
    db: Session, cast: Cast, browse: Browse
) -> None:
    bilal, sana, hina = await browse(cast.bilal), await browse(cast.sana), await browse(cast.hina)
    without = await bilal.submit("/organisation/registration", {"number": "NTN 1"}, shown_on="/organisation")
    assert without.status_code == 422 and "Choose the file." in without.text
    text = await upload(bilal, "registration", {"number": "NTN 1"}, b"just words\n")
    assert text.status_code == 422 and "Only a PDF or a picture" in text.text
    assert (await upload(bilal, "registration", {"number": "NTN 1"})).status_code == 303
    assert (await upload(bilal, "registration", {"number": "NTN 2"})).status_code == 422, "one waits already"
    check = (await db.execute(select(OrganisationCheck))).scalar_one()
    path = f"/checks/{ids.short(check.id)}"
    own = f"/organisation/documents/{ids.short(check.id)}"

    assert (await bilal.get(own)).content == PDF
    assert (await (await browse(cast.omar)).get(own)).status_code == 404
    assert "AgriTrack" in (await sana.get("/moderation/checks")).text
    for browser in (bilal, hina):
        assert (await browser.get(path)).status_code == 404
        for what in ("document", "decide"):
            data = {"_csrf_token": browser.own_token(), "why": "x", "outcome": "passed"}
            assert (await browser.post(f"{path}/{what}", data=data)).status_code == 404
    assert (await sana.submit(f"{path}/document", {"why": ""}, shown_on=path)).status_code == 422
    read = await sana.submit(f"{path}/document", {"why": "To compare the number."}, shown_on=path)
    assert read.content == PDF and "attachment" in read.headers["content-disposition"]
    assert "To compare the number." in (await bilal.get("/organisation")).text
    assert (await sana.submit(f"{path}/decide", {"outcome": "refused"}, shown_on=path)).status_code == 422
    done = await sana.submit(f"{path}/decide", {"outcome": "passed"}, shown_on=path)
    assert done.headers["location"] == "/moderation/checks"
    shown = (await hina.get("/organisations/agritrack")).text
    assert "Registration seen" in shown and "NTN 1" not in shown


async def test_a_park_that_was_asked_decides_about_a_badge(db: Session, cast: Cast, browse: Browse) -> None:
    await vouches(db, cast)
    await db.commit()
    bilal, omar = await browse(cast.bilal), await browse(cast.omar)
    assert "Dhanote IT Park" in (await bilal.get("/organisation")).text
    last_day = rules.today(clock.now()) + timedelta(days=90)
    given = {"zone_number": "STZA-7", "expires_on": last_day.isoformat(), "verifier": ids.short(cast.park.id)}
    over = await upload(bilal, "zone", {**given, "expires_on": "2020-01-01"})
    assert over.status_code == 422 and "must be valid today" in over.text
    assert (await upload(bilal, "zone", given)).status_code == 303
    check = (await db.execute(select(OrganisationCheck).where(OrganisationCheck.kind == "zone"))).scalar_one()
    path = f"/checks/{ids.short(check.id)}"
    assert "AgriTrack" in (await omar.get("/checks")).text
    assert "AgriTrack" not in (await bilal.get("/checks")).text.split("<main", 1)[1]
    await omar.submit(f"{path}/decide", {"outcome": "passed"}, shown_on=path)
    shown = (await bilal.get("/organisations/agritrack")).text
    assert "Zone enterprise" in shown and "STZA-7" in shown and "seen by Dhanote IT Park" in shown
    clock.advance(timedelta(days=91))
    assert "STZA-7" not in (await bilal.get("/organisations/agritrack")).text


async def test_what_is_decided_waits_no_more(db: Session, cast: Cast, browse: Browse) -> None:
    await handed_in(db, cast)
    await db.commit()
    sana = await browse(cast.sana)
    assert "AgriTrack" in (await sana.get("/moderation/checks")).text
    check = (await db.execute(select(OrganisationCheck))).scalar_one()
    at = clock.now()
    await actions.decide(db, check, is_passed=True, reason="", by=cast.sana.id, at=at)
    await db.commit()
    assert "Nothing waits" in (await sana.get("/moderation/checks")).text
