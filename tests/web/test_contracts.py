"""Contracts as pages: both sides act, third persons find nothing, nothing is lost from a refused form."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from marketplace.contracts import actions
from marketplace.contracts.models import Contract
from marketplace.contracts.notices import path_of
from marketplace.engines.files.folder import Folder
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services
from tests.cast import Cast
from tests.contracts import scenes
from tests.gigs.writing import proposed
from tests.postings.writing import opened
from tests.visitors import Browse, Statements


@pytest.fixture
def services(services: Services, tmp_path: Path) -> Services:
    services.add(Folder(tmp_path / "files"))
    return services


@pytest.fixture
async def contract(db: Session, cast: Cast) -> Contract:
    made = await scenes.agreed(db, cast)
    await db.commit()
    return made


async def state(db: Session, contract: Contract, number: int = 1) -> str:
    return (await scenes.milestone(db, contract, number)).state


def png() -> bytes:
    target = BytesIO()
    Image.new("RGB", (1000, 500), "#0b4f8a").save(target, "PNG")
    return target.getvalue()


async def test_accepting_twice_leads_to_the_one_contract(db: Session, cast: Cast, browse: Browse) -> None:
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now())
    proposal = await proposed(db, gig, cast.ayesha_profile, clock.now())
    await db.commit()
    browser = await browse(cast.bilal)
    path = f"/proposals/{ids.short(proposal.id)}/accept"

    first = await browser.submit(path, {"seen": proposal.updated_at.isoformat()})
    second = await browser.submit(path, {"seen": proposal.updated_at.isoformat()})

    assert first.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert (await browser.get(first.headers["location"])).status_code == 200


async def test_a_proposal_changed_since_it_was_read_is_not_accepted(db: Session, cast: Cast, browse: Browse) -> None:
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now())
    proposal = await proposed(db, gig, cast.ayesha_profile, clock.now())
    await db.commit()
    browser = await browse(cast.bilal)

    seen = (proposal.updated_at - timedelta(seconds=1)).isoformat()
    answer = await browser.submit(f"/proposals/{ids.short(proposal.id)}/accept", {"seen": seen})

    assert answer.status_code == 409
    assert "was changed since you read it" in answer.text


async def test_others_can_not_accept(db: Session, cast: Cast, browse: Browse) -> None:
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now())
    proposal = await proposed(db, gig, cast.ayesha_profile, clock.now())
    await db.commit()

    for person in (cast.ayesha, cast.hina, cast.omar):
        answer = await (await browse(person)).submit(f"/proposals/{ids.short(proposal.id)}/accept")
        assert answer.status_code == 404


async def test_both_sides_see_their_contract_in_their_own_words(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    hers, theirs = await browse(cast.ayesha), await browse(cast.bilal)

    listed = (await hers.get("/contracts")).text
    assert "for AgriTrack" in listed
    assert "you hired Ayesha Khan" in (await theirs.get("/contracts")).text
    page = (await hers.get(path_of(contract.id))).text
    assert "You work for AgriTrack" in page
    assert "only funded work is protected" in page
    assert "USD 270.01" in page
    page = (await theirs.get(path_of(contract.id))).text
    assert "Fund USD 100" in page
    milestone = (await hers.get(path_of(contract.id, 1))).text
    assert "You get <strong>USD 90</strong> of USD 100 (fee USD 10)" in milestone
    assert "Fund USD" not in milestone


async def test_a_third_person_gets_404_everywhere_and_changes_nothing(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    await scenes.delivered(db, cast, contract)
    await db.commit()
    browser = await browse(cast.hina)
    path = path_of(contract.id)

    for page in ("", "/milestones/1", "/milestones/1/paid", "/cancel"):
        assert (await browser.get(path + page)).status_code == 404
    for step in ("milestones/1/fund", "milestones/1/deliveries", "milestones/1/revisions", "milestones/1/release"):
        assert (await browser.submit(f"{path}/{step}", {"text": "x", "missing": "x"})).status_code == 404
    assert (await browser.submit(f"{path}/cancel")).status_code == 404
    assert await state(db, contract) == "delivered"


async def test_each_side_is_refused_what_is_the_others(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    await scenes.delivered(db, cast, contract)
    await db.commit()
    hers, theirs, path = await browse(cast.ayesha), await browse(cast.bilal), path_of(contract.id, 1)

    assert (await hers.submit(f"{path}/release")).status_code == 403
    assert (await hers.submit(f"{path}/revisions", {"missing": "x"})).status_code == 403
    assert (await hers.submit(f"{path}/fund")).status_code == 403
    assert (await hers.get(f"{path}/paid")).status_code == 403
    assert (await theirs.submit(f"{path}/deliveries", {"text": "x"})).status_code == 403
    assert await state(db, contract) == "delivered"


async def test_unfunded_work_is_refused_with_409(db: Session, cast: Cast, contract: Contract, browse: Browse) -> None:
    browser = await browse(cast.ayesha)

    answer = await browser.submit(f"{path_of(contract.id, 1)}/deliveries", {"text": "Done already"})

    assert answer.status_code == 409
    assert "not funded yet" in answer.text
    assert await state(db, contract) == "planned"


async def test_a_delivery_with_files_is_seen_by_both_and_by_nobody_else(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    await scenes.funded(db, cast, contract)
    await db.commit()
    hers, theirs, path = await browse(cast.ayesha), await browse(cast.bilal), path_of(contract.id, 1)

    logo = png()
    sent = await hers.submit(
        f"{path}/deliveries",
        {"text": "The **logo**."},
        shown_on=path,
        files=[("files", ("logo.jpg", logo, "image/jpeg")), ("files", ("notes.txt", b"hello", "text/plain"))],
    )
    assert (sent.status_code, sent.headers["location"]) == (303, path)

    view = (await scenes.seen_by(db, contract, cast.bilal.id)).milestone(1)
    assert [file.name for file in view.deliveries[0].files] == ["logo.png", "notes.txt"]
    page = (await theirs.get(path)).text
    assert "<strong>logo</strong>" in page
    address = f"/files/{ids.short(view.deliveries[0].files[0].id)}/logo.png"
    assert address in page

    got = await theirs.get(address)
    assert got.content == logo
    assert got.headers["content-disposition"].startswith('attachment; filename="logo.png"')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    small = await theirs.get(f"{address}?width=160")
    with Image.open(BytesIO(small.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (160, 80))
    assert (await theirs.get(f"{address}?width=161")).status_code == 404
    assert (await (await browse(cast.hina)).get(address)).status_code == 404
    assert (await (await browse()).get(address)).status_code == 303  # to sign in


async def test_what_is_refused_keeps_what_was_typed(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    await scenes.funded(db, cast, contract)
    await db.commit()
    browser, path = await browse(cast.ayesha), path_of(contract.id, 1)
    exe = ("files", ("invoice.pdf", b"MZ\x90\x00\x03" + b"\x00" * 99, "application/pdf"))

    refused = await browser.submit(f"{path}/deliveries", {"text": "My long text"}, shown_on=path, files=[exe])
    assert refused.status_code == 422
    assert "This kind of file is not taken" in refused.text
    assert "My long text" in refused.text
    empty = await browser.submit(f"{path}/deliveries", {"text": " "}, shown_on=path)
    assert empty.status_code == 422
    assert "Write what you deliver, or add a file." in empty.text
    assert await state(db, contract) == "funded"


async def test_six_files_are_too_many(db: Session, cast: Cast, contract: Contract, browse: Browse) -> None:
    await scenes.funded(db, cast, contract)
    await db.commit()
    browser, path = await browse(cast.ayesha), path_of(contract.id, 1)

    six = [("files", (f"{n}.txt", b"%d" % n, "text/plain")) for n in range(6)]
    refused = await browser.submit(f"{path}/deliveries", {"text": "Here"}, shown_on=path, files=six)

    assert refused.status_code == 422
    assert "At most 5 files" in refused.text


async def test_a_double_click_delivers_once(db: Session, cast: Cast, contract: Contract, browse: Browse) -> None:
    await scenes.funded(db, cast, contract)
    await db.commit()
    browser, path = await browse(cast.ayesha), path_of(contract.id, 1)
    page = (await browser.get(path)).text
    hidden = {
        "_csrf_token": page.split('name="_csrf_token" value="')[1].split('"')[0],
        "submission": page.split('name="submission" type="hidden" value="')[1].split('"')[0],
    }

    answers = [await browser.post(f"{path}/deliveries", data={**hidden, "text": "Here"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len((await scenes.seen_by(db, contract, cast.ayesha.id)).milestone(1).deliveries) == 1


async def test_revision_and_release_by_form(db: Session, cast: Cast, contract: Contract, browse: Browse) -> None:
    await scenes.delivered(db, cast, contract)
    await db.commit()
    theirs, hers, path = await browse(cast.bilal), await browse(cast.ayesha), path_of(contract.id, 1)

    page = (await theirs.get(path)).text
    assert "You have time to answer until" in page
    assert "Accept and release USD 100" in page
    assert (await theirs.submit(f"{path}/revisions", {"missing": "  "}, shown_on=path)).status_code == 422
    sent = await theirs.submit(f"{path}/revisions", {"missing": "The cart page."}, shown_on=path)
    assert sent.status_code == 303
    assert (await theirs.submit(f"{path}/revisions", {"missing": "Again."}, shown_on="/contracts")).status_code == 303
    assert "Again." not in (await hers.get(path)).text
    assert "The cart page." in (await hers.get(path)).text

    part = await scenes.milestone(db, contract)
    await actions.deliver(db, part, text="With it.", by=cast.ayesha.id, at=clock.now())
    await db.commit()
    done = await theirs.submit(f"{path}/release", shown_on=path)
    assert (done.status_code, done.headers["location"]) == (303, path_of(contract.id))
    again = await theirs.submit(f"{path}/release", shown_on="/contracts")
    assert again.status_code == 303
    assert await state(db, contract) == "released"
    late = await theirs.submit(f"{path}/revisions", {"missing": "And the footer."}, shown_on="/contracts")
    assert late.status_code == 409
    assert "as soon as your payout account is connected" in (await hers.get(path)).text


async def test_cancelling_says_what_it_means_and_does_it(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    browser, path = await browse(cast.bilal), path_of(contract.id)

    assert "can't be undone" in (await browser.get(f"{path}/cancel")).text
    done = await browser.submit(f"{path}/cancel", {"reason": "Plans have changed."}, shown_on=f"{path}/cancel")

    assert done.status_code == 303
    page = (await browser.get(path)).text
    assert "Plans have changed." in page
    assert "Contract cancelled" in page


async def test_a_missed_date_offers_the_payer_the_way_out(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    await scenes.funded(db, cast, contract)
    await db.commit()
    browser, path = await browse(cast.bilal), path_of(contract.id, 1)
    assert "Nothing came in time" not in (await browser.get(path)).text
    clock.advance(timedelta(days=400))
    late = await browse(cast.bilal)
    assert f'{path_of(contract.id)}/cancel">' in (await late.get(path)).text
    hers, out = await browse(cast.ayesha), f"{path_of(contract.id)}/cancel"
    assert "Nothing came in time" not in (await hers.get(path)).text
    assert (await late.submit(out, {"reason": ""}, shown_on=out)).status_code == 303
    money = (await hers.get("/money")).text
    assert ("No longer held" in money, "Released to you" in money) == (True, False), "it went back, not to her"


@pytest.mark.parametrize(("path", "most"), [("/contracts", 2), ("{}", 10), ("{}/milestones/1", 7)])
async def test_pages_need_few_queries(
    db: Session, cast: Cast, contract: Contract, browse: Browse, statements: Statements, path: str, most: int
) -> None:
    for _ in range(3):
        await scenes.agreed(db, cast)
    await scenes.delivered(db, cast, contract)
    await db.commit()
    browser = await browse(cast.bilal)
    statements.clear()

    assert (await browser.get(path.format(path_of(contract.id)))).status_code == 200

    assert len(statements) <= most, "\n\n".join(statements)


async def test_the_pages_are_said_in_urdu_too(db: Session, cast: Cast, contract: Contract, browse: Browse) -> None:
    cast.ayesha.locale = "ur"
    db.add(cast.ayesha)
    await db.commit()
    browser = await browse(cast.ayesha)

    for path in ("/contracts", path_of(contract.id), path_of(contract.id, 1), "/notices"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert 'dir="rtl"' in page.text
