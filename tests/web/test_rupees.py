"""A contract in rupees from the gig to the release, and rupees beside dollars: dated, or not at all."""

from datetime import timedelta
from pathlib import Path

from marketplace.contracts import actions
from marketplace.contracts.notices import path_of
from marketplace.demo.rails import incoming
from marketplace.engines.files.folder import Folder
from marketplace.engines.ledger import queries as ledger
from marketplace.escrow.rails import statements
from marketplace.escrow.rails.rates import import_rates
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast, user_named
from tests.contracts import scenes
from tests.escrow.rails.paying import HOUSE
from tests.gigs.writing import proposed
from tests.postings.writing import opened
from tests.visitors import Browse


async def test_a_contract_in_rupees_is_paid_in_by_transfer(db: Session, cast: Cast, browse: Browse) -> None:
    now = clock.now()
    pay = {"currency": "PKR", "pay_min_minor": 45_000_00, "pay_max_minor": 60_000_00}
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, now, **pay)
    await db.commit()
    hers, his = await browse(cast.ayesha), await browse(cast.bilal)
    assert "PKR" in (await hers.get(f"/gigs/{gig.slug}/propose")).text
    assert "PKR 18,000" in (await hers.get(f"/gigs/{gig.slug}/propose/fee?milestones-0-amount=20000")).text

    proposal = await proposed(db, gig, cast.ayesha_profile, now)
    contract = await actions.accept_proposal(db, proposal, by=cast.bilal.id, at=now)
    await db.commit()
    path = path_of(contract.id, 1)
    assert "Fund PKR 100 by bank or wallet" in (await his.get(path)).text
    refused = await his.submit(f"{path}/fund", shown_on=f"{path}/transfer")
    assert (refused.status_code, refused.headers["location"]) == (303, f"{path}/transfer")

    part = await scenes.milestone(db, contract)
    pay_in = await actions.fund_by_transfer(db, part, by=cast.bilal.id, at=now)
    given = incoming(pay_in.reference, part.amount_minor)
    await statements.import_statement(db, given, HOUSE.by_slug["bank-pkr"], by=None, at=now)
    await db.commit()
    assert (await scenes.milestone(db, contract)).state == "funded"
    released = await his.submit(f"{path}/part-releases", {"amount": "40.01"}, shown_on=f"{path}/parts")
    assert released.status_code == 303, released.text
    assert await ledger.balance(db, "platform:fees:PKR", currency="PKR") == Money(4_00, "PKR")
    payable = f"payable:{cast.ayesha.id}:PKR"
    assert await ledger.balance(db, payable, currency="PKR") == Money(36_01, "PKR")
    assert "PKR 36.01" in (await hers.get("/money?as=freelancer")).text
    assert "PKR 59.99" in (await his.get("/money?as=employer")).text


async def test_dollars_are_estimated_by_a_dated_rate_and_never_by_an_old_one(
    db: Session, cast: Cast, browse: Browse
) -> None:
    now = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, now)
    old = now.date() - timedelta(days=9)
    await import_rates(db, f"date,base,quote,rate\n{old},USD,PKR,270\n", source="State Bank", by=None, at=now)
    await db.commit()
    hers = await browse(cast.ayesha)
    assert "About PKR" not in (await hers.get(f"/gigs/{gig.slug}")).text
    rate = f"date,base,quote,rate\n{now.date()},USD,PKR,278.50\n"
    await import_rates(db, rate, source="State Bank", by=None, at=now)
    await db.commit()
    shown = (await hers.get(f"/gigs/{gig.slug}")).text
    assert "About PKR 50,130: 1 USD = 278.5 PKR (State Bank," in shown  # 180 after the fee


async def test_a_transfer_is_confirmed_by_its_receipt(
    db: Session, cast: Cast, browse: Browse, services: Services, tmp_path: Path
) -> None:
    services.add(Folder(tmp_path / "files"))
    contract = await scenes.agreed(db, cast)
    finance = [await user_named(db, name, staff_role="finance") for name in ("Farah Zaidi", "Imran Ali")]
    await db.commit()
    his, hers, path = await browse(cast.bilal), await browse(cast.ayesha), path_of(contract.id, 1)
    farah, imran = [await browse(each) for each in finance]
    await his.submit(f"{path}/transfer", shown_on=f"{path}/transfer")
    file = {"file": ("receipt.pdf", b"%PDF-1.4 paid", "application/pdf")}
    sent = await his.submit(f"{path}/receipts", files=file, shown_on=f"{path}/transfer")
    assert sent.headers["location"] == f"{path}/transfer"
    assert "We are looking at it." in (await his.get(f"{path}/transfer")).text
    assert (await hers.get("/ops/receipts")).status_code == 404

    page = (await farah.get("/ops/receipts")).text
    receipt = page.split('href="/ops/receipts/')[1].split("/")[0]
    assert (await farah.get(f"/ops/receipts/{receipt}/file")).content == b"%PDF-1.4 paid"
    assert "USD 100 missing" in page
    refused = await farah.submit(f"/ops/receipts/{receipt}/amount", {"amount": "101"}, shown_on="/ops/receipts")
    assert "no more than is missing" in (await farah.get(refused.headers["location"])).text
    for reader in (farah, farah, imran):
        await reader.submit(f"/ops/receipts/{receipt}/amount", {"amount": "100"}, shown_on="/ops/receipts")
    assert (await scenes.milestone(db, contract)).state == "funded"
    assert "Booked, and on no statement yet" in (await imran.get("/ops/receipts")).text

    second = path_of(contract.id, 2)
    await his.submit(f"{second}/transfer", shown_on=f"{second}/transfer")
    await his.submit(f"{second}/receipts", files=file, shown_on=f"{second}/transfer")
    page = (await farah.get("/ops/receipts")).text
    receipt = page.split('href="/ops/receipts/')[1].split("/")[0]
    await farah.submit(f"/ops/receipts/{receipt}/refuse", {"why": "It names no reference."}, shown_on="/ops/receipts")
    await drain(services)
    assert "It names no reference." in (await his.get(f"{second}/transfer")).text
    assert (await scenes.told(db, cast.bilal.id))[-1] == "receipt_refused"

    # The money of the first one never came: nothing was handed in, so both are told to wait.
    desk = "/ops/receipts"
    first = (await farah.get(desk)).text.split(f'action="{desk}/')[1].split("/")[0]
    for reader, why in ((farah, "The bank knows no such transfer."), (imran, "")):
        await reader.submit(f"{desk}/{first}/undo", {"why": why}, shown_on=desk)
        assert why in (await imran.get(desk)).text
    assert (await scenes.milestone(db, contract)).state == "planned"
    assert "the transfer never came" in (await his.get(path_of(contract.id))).text
    await drain(services)
    assert (await scenes.told(db, cast.bilal.id))[-1] == "receipt_undone"
    assert (await scenes.told(db, cast.ayesha.id))[-1] == "payment_missing"


async def test_the_platform_stands_in_for_work_that_was_handed_in(
    db: Session, cast: Cast, browse: Browse, services: Services, tmp_path: Path
) -> None:
    services.add(Folder(tmp_path / "files"))
    contract = await scenes.agreed(db, cast)
    finance = [await user_named(db, name, staff_role="finance") for name in ("Farah Zaidi", "Imran Ali")]
    await db.commit()
    his, path, desk = await browse(cast.bilal), path_of(contract.id, 1), "/ops/receipts"
    farah, imran = [await browse(each) for each in finance]
    await his.submit(f"{path}/transfer", shown_on=f"{path}/transfer")
    file = {"file": ("receipt.pdf", b"%PDF-1.4 paid", "application/pdf")}
    await his.submit(f"{path}/receipts", files=file, shown_on=f"{path}/transfer")
    receipt = (await farah.get(desk)).text.split(f'href="{desk}/')[1].split("/")[0]
    for reader in (farah, imran):
        await reader.submit(f"{desk}/{receipt}/amount", {"amount": "100"}, shown_on=desk)
    part = await scenes.milestone(db, contract)
    await actions.deliver(db, part, text="Here it is.", by=cast.ayesha.id, at=clock.now())
    await db.commit()
    for reader in (farah, imran):
        await reader.submit(f"{desk}/{receipt}/undo", {"why": "No such transfer."}, shown_on=desk)
    assert (await scenes.milestone(db, contract)).state == "delivered"
    assert "the reserve stands in" in (await farah.get(desk)).text
    accepted = await his.submit(f"{path}/release", shown_on=path)
    assert accepted.status_code == 303 and (await scenes.milestone(db, contract)).state == "released"
