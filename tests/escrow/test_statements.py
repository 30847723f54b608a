"""Statements, receipts and certificates say what the ledger says, to the cent."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from marketplace.escrow import accounts, splitting
from marketplace.escrow.statements import KINDS, Whose, months_of, receipt_of, span, statements_of
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from tests.escrow.rails.conftest import rails as rails
from tests.escrow.rails.paying import BY_HAND, Rails
from tests.escrow.world import World, usd


async def _busy(world: World) -> tuple[Whose, Whose]:
    await world.onboard()
    hold = await world.funded(usd(99.99))
    await world.release(hold, usd(33.33))
    await world.release(hold, usd(16.66))
    await world.refund(hold)
    await world.listen()
    await world.pay_out(usd(20))
    await world.settle()
    return Whose(user_id=world.cast.ayesha.id), Whose(organisation_id=world.cast.agritrack.id)


async def test_both_sides_read_the_ledgers_figures(world: World) -> None:
    hers, theirs = await _busy(world)
    since, until = span(f"{clock.now():%Y-%m}")
    async with world.database.write.begin() as db:
        [mine] = await statements_of(db, hers, since=since, until=until)
        [other] = await statements_of(db, theirs, since=since, until=until)
    said = [(line.change.kind, line.gross, line.fee, line.change.money) for line in mine.lines]
    assert said == [
        ("release", usd(33.33), usd(3.33), usd(30)),
        ("release", usd(16.66), usd(1.66), usd(15)),
        ("payout", usd(-20), usd(0), usd(-20)),
    ]
    assert mine.fees == await world.ledger("platform:fees:USD") == usd(4.99)
    balance = await world.balance()
    assert (mine.opening, mine.closing) == (usd(0), balance.owed + balance.available)
    kinds = [(line.change.kind, line.change.money) for line in other.lines]
    assert kinds == [
        ("fund", usd(99.99)),
        ("release", usd(-33.33)),
        ("release", usd(-16.66)),
        ("refund", usd(-50)),
    ]
    assert (other.opening, other.closing) == (usd(0), usd(0))


async def test_one_month_ends_with_what_the_next_begins_with(world: World) -> None:
    hold = await world.funded(usd(100))
    await world.release(hold, usd(40))
    first = clock.now()
    clock.advance(timedelta(days=33))
    await world.release(hold, usd(60))
    hers = Whose(user_id=world.cast.ayesha.id)
    async with world.database.write.begin() as db:
        months = await months_of(db, hers, at=clock.now())
        assert months[0] == f"{clock.now():%Y-%m}" and months[-1] == f"{first:%Y-%m}"
        found = [(await statements_of(db, hers, since=a, until=b))[0] for a, b in map(span, reversed(months))]
    assert [each.opening for each in found[1:]] == [each.closing for each in found[:-1]]
    assert found[-1].closing == (await world.balance()).owed == usd(90)


async def test_a_receipt_is_for_both_sides_and_for_nobody_else(world: World) -> None:
    hers, theirs = await _busy(world)
    async with world.database.write.begin() as db:
        query = "SELECT kind, id FROM ledger_transactions WHERE kind IN ('fund', 'release', 'refund') ORDER BY id"
        ids = [(kind, id) for kind, id in await db.execute(text(query))]
        shown = [await receipt_of(db, id, whose=[theirs]) for _kind, id in ids]
        assert [(each.kind, each.gross, each.fee) for each in shown] == [
            ("fund", usd(99.99), usd(0)),
            ("release", usd(33.33), usd(3.33)),
            ("release", usd(16.66), usd(1.66)),
            ("refund", usd(50), usd(0)),
        ]
        assert all((each.payer, each.payee) == ("AgriTrack", world.cast.ayesha.name) for each in shown)
        assert (await receipt_of(db, ids[1][1], whose=[hers])).net == usd(30)
        for stranger in (Whose(user_id=world.cast.hina.id), Whose(user_id=world.cast.bilal.id)):
            for _kind, id in ids:
                with pytest.raises(NotFound):
                    await receipt_of(db, id, whose=[stranger])


async def test_a_settlement_has_its_words_and_its_receipt(world: World) -> None:
    hold = await world.funded(usd(100))
    async with world.database.write.begin() as db:
        await splitting.split(db, hold, usd(60), settlement_id=uuid4(), by=None, at=clock.now())
    hers, theirs = Whose(user_id=world.cast.ayesha.id), Whose(organisation_id=world.cast.agritrack.id)
    since, until = span(f"{clock.now():%Y-%m}")
    async with world.database.write.begin() as db:
        [mine] = await statements_of(db, hers, since=since, until=until)
        [other] = await statements_of(db, theirs, since=since, until=until)
        [line] = mine.lines
        shown = [await receipt_of(db, line.change.id, whose=[each]) for each in (hers, theirs)]
    assert (mine.net, mine.fees, line.purpose, line.words) == (usd(54), usd(6), hold.purpose, KINDS["settlement"])
    assert [each.words for each in other.lines] == [KINDS["fund"], KINDS["settlement"]]
    assert [(each.gross, each.refunded, each.fee, each.net) for each in shown] == [
        (usd(100), usd(40), usd(6), usd(54))
    ] * 2


async def test_money_kept_here_and_its_payout_stand_in_her_statement(rails: Rails) -> None:
    await rails.method(BY_HAND)
    await rails.earn(usd(100))
    await rails.ask(usd(60), "manual")
    since, until = span(f"{clock.now():%Y-%m}")
    async with rails.database.write.begin() as db:
        [mine] = await statements_of(db, Whose(user_id=rails.ayesha), since=since, until=until)
    assert [(line.change.kind, line.change.money) for line in mine.lines] == [
        ("release", usd(100)),
        ("payout", usd(-60)),
    ]
    assert mine.closing == usd(40)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26", "x", "", "2026-1", "2026-", "-2026", "0000", "٢٠٢٦"])
def test_what_is_no_month_and_no_year_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        span(text)


def test_december_ends_with_the_year() -> None:
    assert span("2026-12")[1] == span("2026")[1] == span("2027-01")[0]
    assert accounts.stripe("USD") and Money(0, "USD") == usd(0)
