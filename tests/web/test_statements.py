"""Statements as pages, PDF and CSV."""

import csv
import io

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from marketplace.contracts import actions
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.ids import short
from tests.cast import Cast
from tests.contracts import scenes
from tests.visitors import Browse


@pytest.fixture
async def month(db: Session, cast: Cast) -> str:
    """Bilal paid 100 in, Ayesha got 90."""
    contract = await scenes.agreed(db, cast)
    part = await scenes.delivered(db, cast, contract)
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    await db.commit()
    return f"{clock.now():%Y-%m}"


async def test_each_side_finds_its_statement(cast: Cast, browse: Browse, month: str) -> None:
    ayesha, bilal = await browse(cast.ayesha), await browse(cast.bilal)
    assert f"/money/statements/{month}" in (await ayesha.get("/money/statements")).text
    hers = (await ayesha.get(f"/money/statements/{month}")).text
    assert "Released to the freelancer" in hers and "USD 10" in hers and "USD 90" in hers
    theirs = (await bilal.get(f"/money/statements/{month}?as=employer")).text
    assert "Paid in and held" in theirs and "USD 100" in theirs
    assert "/money/statements" in (await ayesha.get("/money?as=freelancer")).text


async def test_the_pdf_says_what_the_page_says_in_both_languages(cast: Cast, browse: Browse, month: str) -> None:
    ayesha = await browse(cast.ayesha)
    answer = await ayesha.get(f"/money/statements/{month}?format=pdf")
    assert answer.headers["content-type"] == "application/pdf"
    said = _words(answer.content)
    assert "Statement" in said and "USD 100" in said and "USD 10" in said and "USD 90" in said
    year = _words((await ayesha.get(f"/money/certificates/{month[:4]}")).content)
    assert "Certificate of earnings" in year and "USD 90" in year
    await ayesha.submit("/language", {"locale": "ur", "next": "/money"}, shown_on="/money/statements")
    urdu = _words((await ayesha.get(f"/money/statements/{month}?format=pdf")).content)
    assert "USD 90" in urdu and "Statement" not in urdu


async def test_the_csv_adds_up(cast: Cast, browse: Browse, month: str) -> None:
    answer = await (await browse(cast.ayesha)).get(f"/money/statements/{month}?format=csv")
    [row] = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert (row["before_fee"], row["fee"], row["amount"], row["kind"]) == ("100.00", "10.00", "90.00", "release")


async def test_a_receipt_for_both_and_nobody_else(db: Session, cast: Cast, browse: Browse, month: str) -> None:
    id = (await db.execute(text("SELECT id FROM ledger_transactions WHERE kind = 'release'"))).scalar_one()
    for side in (cast.ayesha, cast.bilal):
        said = _words((await (await browse(side)).get(f"/money/receipts/{short(id)}")).content)
        assert "AgriTrack" in said and "Ayesha" in said and "USD 90" in said
    assert (await (await browse(cast.hina)).get(f"/money/receipts/{short(id)}")).status_code == 404


async def test_openings_are_her_own(cast: Cast, browse: Browse, month: str) -> None:
    answer = await (await browse(cast.ayesha)).get(f"/money/statements/{month}?format=openings")
    assert answer.json() == [], "nothing is sealed yet"


async def test_a_month_that_never_was(cast: Cast, browse: Browse) -> None:
    ayesha = await browse(cast.ayesha)
    assert (await ayesha.get("/money/statements/2026-13")).status_code == 404
    assert "Nothing moved" in (await ayesha.get("/money/statements/2020-01")).text


def _words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
