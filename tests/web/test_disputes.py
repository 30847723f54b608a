"""Disputes and parts as pages: each side finds its next step, the moderator hers, third persons nothing."""

import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from marketplace.contracts.disputes.models import Dispute
from marketplace.contracts.models import Contract
from marketplace.contracts.notices import path_of
from marketplace.engines.files.folder import Folder
from marketplace.escrow.models import Refund, Release
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services
from tests.cast import Cast
from tests.contracts import scenes
from tests.visitors import Browse


@pytest.fixture
def services(services: Services, tmp_path: Path) -> Services:
    services.add(Folder(tmp_path / "files"))
    return services


@pytest.fixture
async def contract(db: Session, cast: Cast) -> Contract:
    """Its first milestone is delivered."""
    made = await scenes.agreed(db, cast)
    await scenes.delivered(db, cast, made)
    await db.commit()
    return made


async def test_a_dispute_walks_from_the_milestone_to_the_money(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    part = path_of(contract.id, 1)
    hers, theirs, sana = await browse(cast.ayesha), await browse(cast.bilal), await browse(cast.sana)
    assert f'href="{part}/dispute"' in (await theirs.get(part)).text
    asked = await theirs.get(f"{part}/dispute")
    assert "within 14 days" in asked.text
    refused = await theirs.submit(f"{part}/dispute", {"text": ""})
    assert refused.status_code == 422
    opened = await theirs.submit(f"{part}/dispute", {"text": "It does not open on a phone."})
    address = opened.headers["location"]
    assert address.startswith("/disputes/")
    assert address in (await hers.get(part)).text

    page = (await hers.get(address)).text
    assert "You have time to answer until" in page
    assert "It does not open on a phone." in page
    assert "USD 100 goes to Ayesha Khan (less the fee) and USD 0 back to AgriTrack" in page, "the default, in advance"
    assert "If none does, the first decision is carried out" in page
    await hers.submit(f"{address}/statements", {"text": "It does, on mine."})
    assert "A moderator decides by" in (await theirs.get(address)).text

    assert (await sana.get(address)).status_code == 404
    assert f'action="{address}/take"' in (await sana.get("/moderation/disputes")).text
    await sana.submit(f"{address}/take")
    assert "It does, on mine." in (await sana.get(address)).text
    short = await sana.submit(f"{address}/decide", {"release": "60", "reason": ""})
    assert short.status_code == 422
    await sana.submit(f"{address}/decide", {"release": "60", "reason": "It opens on most."})
    assert "It opens on most." in (await hers.get(address)).text

    await hers.submit(f"{address}/waive")
    await theirs.submit(f"{address}/waive")
    assert (await db.execute(select(Release.amount_minor))).scalars().all() == [60_00]
    assert (await db.execute(select(Refund.amount_minor))).scalars().all() == [40_00]
    assert "USD 60 was released, USD 40 went back" in (await theirs.get(part)).text


async def test_the_pages_speak_urdu(db: Session, cast: Cast, contract: Contract, browse: Browse) -> None:
    part = path_of(contract.id, 1)
    cast.ayesha.locale = "ur"
    await db.commit()
    hers = await browse(cast.ayesha)
    opened = await hers.submit(f"{part}/dispute", {"text": "کوئی جواب نہیں دیتا۔"})
    page = (await hers.get(opened.headers["location"])).text
    assert 'dir="rtl"' in page
    assert "ثبوتوں کا پیکٹ" in page


async def test_the_evidence_pack_is_a_zip_for_those_of_the_dispute(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    hers, other = await browse(cast.ayesha), await browse(cast.hina)
    opened = await hers.submit(f"{path_of(contract.id, 1)}/dispute", {"text": "Pay me."})
    address = f"{opened.headers['location']}/evidence"
    answer = await hers.get(address)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {"contract.json", "milestone.json", "SHA256SUMS"} <= set(archive.namelist())
    assert (await other.get(address)).status_code == 404


async def test_a_part_is_released_once_however_often_it_is_sent(
    db: Session, cast: Cast, contract: Contract, browse: Browse
) -> None:
    part, browser = path_of(contract.id, 1), await browse(cast.bilal)
    form = {"amount": "30", "submission": "11111111-1111-4111-8111-111111111111"}
    for _ in range(2):
        assert (await browser.submit(f"{part}/part-releases", form)).status_code == 303
    assert (await db.execute(select(Release.amount_minor))).scalars().all() == [30_00]
    page = (await browser.get(part)).text
    assert "Released so far: USD 30. Given back: USD 0. Still held: USD 70." in page
    assert "Accept and release USD 70" in page
    refused = await browser.submit(f"{part}/part-releases", {"amount": "70"})
    assert refused.status_code == 422
    assert "accept the delivery" in refused.text


async def test_a_split_is_proposed_and_accepted(db: Session, cast: Cast, contract: Contract, browse: Browse) -> None:
    part = path_of(contract.id, 1)
    hers, theirs = await browse(cast.ayesha), await browse(cast.bilal)
    await hers.submit(f"{part}/splits", {"release": "", "text": "I fell ill."})
    page = (await theirs.get(part)).text
    assert "I fell ill." in page
    address = page.split(f'action="{part}/splits/', 1)[1].split("/", 1)[0]
    assert (await theirs.submit(f"{part}/splits/{address}/accept")).status_code == 303
    assert (await db.execute(select(Refund.amount_minor))).scalars().all() == [100_00]
    assert (await theirs.submit(f"{part}/splits/{address}/accept")).status_code == 409


async def test_a_second_dispute_leads_to_the_first(db: Session, cast: Cast, contract: Contract, browse: Browse) -> None:
    part, browser = path_of(contract.id, 1), await browse(cast.bilal)
    await browser.submit(f"{part}/dispute", {"text": "No."})
    dispute = (await db.execute(select(Dispute))).scalar_one()
    answer = await browser.get(f"{part}/dispute")
    assert answer.headers["location"] == f"/disputes/{ids.short(dispute.id)}"
