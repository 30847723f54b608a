"""A receipt whose transfer never came, and money that came too much."""

from sqlalchemy import select

from marketplace.contracts import actions
from marketplace.contracts.receipts import say_never_came
from marketplace.escrow.models import Hold
from marketplace.escrow.rails import matching, receipts, statements
from marketplace.escrow.rails.models import StatementLine
from marketplace.escrow.rails.statements import Given
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from tests.cast import Cast, user_named
from tests.contracts import scenes
from tests.engines.banking.writing import camt, entry
from tests.escrow.rails.paying import HOUSE
from tests.escrow.receipts_model import stored_file


async def test_where_too_much_has_come_the_milestone_stays_funded(db: Session, cast: Cast) -> None:
    contract, now, bilal = await scenes.agreed(db, cast), clock.now(), cast.bilal.id
    farah, imran = [(await user_named(db, name, staff_role="finance")).id for name in ("Farah Zaidi", "Imran Ali")]
    part = await scenes.milestone(db, contract)
    pay_in = await actions.fund_by_transfer(db, part, by=bilal, at=now)
    hold = await db.get_one(Hold, pay_in.hold_id)
    receipt = await receipts.hand_in(db, hold, await stored_file(db, bilal), by=bilal, at=now)
    for by in (farah, imran):
        await receipts.say_amount(db, receipt.id, Money(60_00, "USD"), by=by, at=now)
    house = HOUSE.by_slug["bank-usd"]
    line = entry("CRDT", "100.00", [(pay_in.reference, "100.00", "")], key="L1", currency="USD")
    await statements.import_statement(db, Given("statement", camt(line, iban=house.iban)), house, by=farah, at=now)
    line_id = (await db.execute(select(StatementLine.id))).scalar_one()
    await matching.match_by_hand(db, line_id, pay_in.reference, by=farah, at=now)
    told = await scenes.told(db, cast.ayesha.id)
    for by in (farah, imran):
        receipt = await say_never_came(db, receipt.id, "No such line.", by=by, at=now)
    assert (receipt.state, receipt.is_borne) == ("undone", False)
    assert (await scenes.milestone(db, contract)).state == "funded"
    assert await scenes.told(db, cast.ayesha.id) == told, "nothing has changed for her"
