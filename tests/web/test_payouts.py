"""Her details, a quote and what arrived; finance: two people, a statement, a line nobody knows, the switch."""

import re

import pytest

from marketplace.kernel.database import Database, Session
from marketplace.kernel.money import Money
from tests.contracts import scenes
from tests.escrow.rails.paying import BANK, BY_HAND, IBAN, Rails, camt, credit, debit, entry
from tests.escrow.world import usd
from tests.visitors import Browse, prove


@pytest.fixture
async def rails(database: Database) -> Rails:
    return await Rails.of(database)


async def test_new_details_ask_for_a_proof_and_she_is_told(db: Session, rails: Rails, browse: Browse) -> None:
    hers = await browse(rails.cast.ayesha)
    asked = await hers.get("/money/methods/new/bank")
    assert asked.headers["location"] == "/account/confirm?next=/money/methods/new/bank"
    await prove(rails.database, rails.ayesha, has_factor=False)
    where = "/money/methods/new/bank"
    wrong = await hers.submit(where, {"holder": "Ayesha Khan", "number": IBAN[:-1] + "9"}, shown_on=where)
    assert (wrong.status_code, "is wrong. Look again" in wrong.text, IBAN[:-1] + "9" in wrong.text) == (422, True, True)
    saved = await hers.submit(where, {"holder": "Ayesha Khan", "number": IBAN}, shown_on=where)
    assert saved.headers["location"] == "/money/methods"
    shown = (await hers.get("/money/methods")).text
    assert "bank account ending in 6702" in shown
    assert "Can be paid from" in shown
    assert await scenes.told(db, rails.ayesha) == ["payout_method_added"]
    assert (await hers.get("/money/methods/new/stripe")).status_code == 404


async def test_a_payout_from_the_quote_to_what_arrived(rails: Rails, browse: Browse) -> None:
    await rails.rates()
    await rails.method(BANK)
    await rails.earn(usd(100))
    hers, farah, imran = await browse(rails.cast.ayesha), await browse(rails.farah), await browse(rails.imran)
    for person in (rails.ayesha, rails.farah.id, rails.imran.id):
        await prove(rails.database, person)

    page = "/money/payout?way=USD-bank&amount=60"
    quote = (await hers.get(page)).text
    assert "You receive <strong>PKR 16,710</strong>" in quote
    assert "1 USD = 278.5 PKR (State Bank" in quote
    expects = re.search(r'name="expects"[^>]*value="([^"]+)"', quote)
    assert expects and expects[1] == "1671000 PKR"
    form = {"way": "USD-bank", "amount": "60", "expects": expects[1]}
    await rails.rates("270")
    late = await hers.submit("/payouts", form, shown_on=page)
    assert (late.status_code, "rate has changed" in late.text) == (422, True)
    asked = await hers.submit("/payouts", {**form, "expects": "1620000 PKR"}, shown_on=page)
    shown = asked.headers["location"]
    assert "Cancel this payout" in (await hers.get(shown)).text

    assert "1 payout" in (await farah.get("/ops/payouts")).text
    prepared = await farah.submit("/ops/payouts/batches/bank", shown_on="/ops/payouts")
    batch = prepared.headers["location"]
    assert "PKR 16,200" in (await farah.get(batch)).text
    early = await farah.submit(f"{batch}/file", shown_on=batch, headers={"referer": f"http://127.0.0.1:8000{batch}"})
    assert (early.status_code, f'<a class="button" href="{batch}"' in early.text) == (409, True)
    await farah.submit(f"{batch}/approve", shown_on=batch)
    assert "Somebody else has to be the second" in (await farah.get(batch)).text
    await imran.submit(f"{batch}/approve", shown_on=batch)
    file = await imran.submit(f"{batch}/file", shown_on=batch)
    assert (file.status_code, b"pain.001.001.09" in file.content) == (200, True)
    assert "attachment" in file.headers["content-disposition"]

    async with rails.database.read() as db:
        from sqlalchemy import select

        from marketplace.escrow.models import Payout

        payout = (await db.execute(select(Payout))).scalar_one()
    content = camt(debit(payout))
    upload = {"file": ("statement.xml", content)}
    read = await farah.submit("/ops/statements", {"house": "bank-pkr"}, shown_on="/ops/statements", files=upload)
    assert read.headers["location"] == "/ops/lines"
    assert "1 new lines were read." in (await farah.get("/ops/lines")).text
    again = await farah.submit("/ops/statements", {"house": "bank-pkr"}, shown_on="/ops/statements", files=upload)
    assert again.status_code == 303
    assert "nothing has changed" in (await farah.get("/ops/lines")).text
    arrived = (await hers.get(shown)).text
    assert arrived.count("PKR 16,200") == 3  # promised, arrived, before the fee
    assert "Arrived" in arrived

    back = {"file": ("back.xml", camt(credit(payout)))}
    await farah.submit("/ops/statements", {"house": "bank-pkr"}, shown_on="/ops/statements", files=back)
    assert "AC04" in (await hers.get(shown)).text
    assert await rails.here() == usd(100)
    assert await rails.problems() == []


async def test_a_line_nobody_knows_and_the_switch(rails: Rails, browse: Browse) -> None:
    farah, hers = await browse(rails.farah), await browse(rails.cast.ayesha)
    await rails.read(camt(entry("DBIT", "25.00", [("CHARGES", "25.00", "")], key="F1")))
    page = (await farah.get("/ops/lines")).text
    assert "There is no reference of ours in it" in page
    action = re.search(r'action="(/ops/lines/\w+)/explain"', page)
    assert action
    wrong = await farah.submit(f"{action[1]}/match", {"reference": "PO7KQ2M8XW4"}, shown_on="/ops/lines")
    assert (wrong.status_code, "Nobody has this reference" in wrong.text) == (422, True)
    said = {"explanation": "bank_fee", "why": "Monthly"}
    assert (await farah.submit(f"{action[1]}/explain", said, shown_on="/ops/lines")).status_code == 303
    assert "Every line is understood" in (await farah.get("/ops/lines")).text

    assert (await farah.submit("/ops/payouts/freeze", {"why": ""}, shown_on="/ops/payouts")).status_code == 422
    await farah.submit("/ops/payouts/freeze", {"why": "A strange line"}, shown_on="/ops/payouts")
    assert "A strange line" in (await farah.get("/ops/payouts")).text
    assert "Payouts are paused for now" in (await hers.get("/money")).text
    await farah.submit("/ops/payouts/lift", shown_on="/ops/payouts")
    assert "A strange line" not in (await farah.get("/ops/payouts")).text


async def test_by_hand_with_a_receipt(rails: Rails, browse: Browse) -> None:
    payout = await rails.sent(usd(60), BY_HAND)
    farah = await browse(rails.farah)
    page = (await farah.get("/ops/payouts")).text
    assert "Western Union" in page
    action = re.search(r'action="(/ops/payouts/by-hand/\w+)/receipt"', page)
    assert action
    assert (await farah.submit(f"{action[1]}/receipt", shown_on="/ops/payouts")).status_code == 303
    assert (await rails.fresh(payout)).state == "sent"
    file = {"file": ("receipt.txt", b"Paid at the counter, number 77")}
    await farah.submit(f"{action[1]}/receipt", shown_on="/ops/payouts", files=file)
    payout = await rails.fresh(payout)
    assert (payout.state, payout.receipt_file_id is not None) == ("confirmed", True)
    assert await rails.ledger("platform:clearing:USD") == Money(60_00, "USD")  # until its line comes
    await rails.read(
        camt(debit(payout)).replace(b"PKR", b"USD").replace(b"7801", b"7802").replace(b"PK67", b"PK40"), "bank-usd"
    )
    assert await rails.ledger("platform:clearing:USD") == Money(0, "USD")


async def test_moderators_see_no_money_and_finance_no_cases(rails: Rails, browse: Browse) -> None:
    sana, farah, imran = await browse(rails.cast.sana), await browse(rails.farah), await browse(rails.imran)
    assert (await sana.get("/ops/payouts")).status_code == 404
    assert (await farah.get("/moderation")).status_code == 404
    assert (await imran.get("/ops/payouts")).status_code == (await imran.get("/moderation")).status_code == 200
