"""A transfer that is confirmed by its receipt: by two, for no more than is missing, and booked once."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from marketplace.engines.files.models import StoredFile
from marketplace.engines.ledger import queries as ledger
from marketplace.escrow import accounts, actions
from marketplace.escrow.errors import OtherMoneyHeld, OwnReceipt, SamePerson, TooManyReceipts, UnpaidReceipt
from marketplace.escrow.models import Hold
from marketplace.escrow.rails import matching, pay_ins, receipts, undoing
from marketplace.escrow.rails.models import PayInReceipt
from marketplace.escrow.rules import MoveRefused
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from tests.escrow.rails.paying import Rails, camt, entry


def pkr(amount: int) -> Money:
    return Money(amount * 100, "PKR")


class Payer:
    """AgriTrack has transferred for a hold of PKR 1,000."""

    def __init__(self, rails: Rails, hold: Hold, reference: str) -> None:
        self.rails, self.hold, self.reference, self.lines = rails, hold, reference, 0

    @classmethod
    async def of(cls, rails: Rails) -> "Payer":
        return cls(rails, *await rails.to_be_paid())

    async def hands_in(self) -> UUID:
        by = self.rails.cast.bilal.id
        async with self.rails.database.write.begin() as db:
            kept = {"media_type": "image/png", "size_bytes": 1, "uploaded_by": by, "created_at": clock.now()}
            file = StoredFile(sha256=uuid4().hex * 2, name="receipt.png", **kept)
            db.add(file)
            await db.flush()
            return (await receipts.hand_in(db, self.hold, file, by=by, at=clock.now())).id

    async def read(self, receipt: UUID, amount: int, by: UUID) -> str:
        async with self.rails.database.write.begin() as db:
            return (await receipts.say_amount(db, receipt, pkr(amount), by=by, at=clock.now())).state

    async def never_came(
        self, receipt: UUID, by: UUID, *, is_relied_on: bool = False, why: str = "No such line."
    ) -> str:
        async with self.rails.database.write.begin() as db:
            now, said = clock.now(), undoing.say_never_came
            return (await said(db, receipt, why, is_relied_on=is_relied_on, by=by, at=now)).state

    async def confirmed(self, amount: int) -> UUID:
        receipt = await self.hands_in()
        for by in (self.rails.farah.id, self.rails.imran.id):
            await self.read(receipt, amount, by)
        return receipt

    async def statement(self, amount: int) -> str:
        """A line of the bank's statement with the reference; what is said of it."""
        self.lines += 1
        told = (self.reference, f"{amount}.00", "")
        await self.rails.read(camt(entry("CRDT", f"{amount}.00", [told], key=f"L{self.lines}")))
        last = (await self.rails.lines())[-1]
        return f"{last.state} {last.hint}".strip()

    async def stands(self) -> tuple[str, Money, Money]:
        """The hold's state, what is held, and what is between receipts and statements."""
        async with self.rails.database.write.begin() as db:
            hold = await db.get_one(Hold, self.hold.id, populate_existing=True)
        held = await self.rails.ledger(accounts.hold(self.hold.id), "PKR")
        return hold.state, held, await self.rails.ledger(accounts.clearing("PKR"), "PKR")


@pytest.fixture
async def payer(rails: Rails) -> Payer:
    return await Payer.of(rails)


async def test_two_who_read_the_same_fund_it_and_the_statement_does_not_book_it_again(payer: Payer) -> None:
    farah, imran = payer.rails.farah.id, payer.rails.imran.id
    receipt = await payer.hands_in()
    assert await payer.read(receipt, 1_000, farah) == "waiting"
    with pytest.raises(SamePerson):
        await payer.read(receipt, 1_000, farah)
    assert await payer.stands() == ("pending", pkr(0), pkr(0))
    assert await payer.read(receipt, 1_000, imran) == "confirmed"
    assert await payer.stands() == ("held", pkr(1_000), pkr(-1_000))
    assert await payer.statement(1_000) == "matched"
    assert await payer.stands() == ("held", pkr(1_000), pkr(0))
    async with payer.rails.database.write.begin() as db:
        assert await receipts.without_line(db) == [] and await pay_ins.to_send_back(db) == []
    assert await payer.statement(1_000) == "matched", "a second transfer is one more"
    async with payer.rails.database.write.begin() as db:
        assert [each.money for each in await pay_ins.to_send_back(db)] == [pkr(1_000)]


async def test_what_is_released_is_hers_from_then_on_and_not_before(payer: Payer) -> None:
    await payer.statement(1_000)
    before, hers = clock.now(), accounts.payable(payer.rails.ayesha, "PKR")
    clock.advance(timedelta(days=9))
    async with payer.rails.database.write.begin() as db:
        hold, by = await db.get_one(Hold, payer.hold.id), payer.rails.cast.bilal.id
        await actions.release(db, hold, pkr(1_000), by=by, cause="accepted", at=clock.now())
        assert await ledger.balance_at(db, hers, before) == pkr(0), "dated back to the funding"
        kept = await ledger.balance_at(db, hers, clock.now())
    assert kept is not None and kept.amount_minor > 0


async def test_a_statement_that_is_faster_has_booked_it(payer: Payer) -> None:
    farah, imran = payer.rails.farah.id, payer.rails.imran.id
    receipt = await payer.hands_in()
    await payer.read(receipt, 400, farah)
    await payer.statement(400)
    assert await payer.read(receipt, 400, imran) == "confirmed"
    assert await payer.stands() == ("pending", pkr(0), pkr(0))
    async with payer.rails.database.write.begin() as db:
        assert await pay_ins.arrived_for(db, payer.hold) == pkr(400)


async def test_two_readings_that_differ_confirm_nothing(payer: Payer) -> None:
    farah, imran = payer.rails.farah.id, payer.rails.imran.id
    receipt = await payer.hands_in()
    await payer.read(receipt, 1_000, farah)
    assert await payer.read(receipt, 100, imran) == "waiting"
    assert await payer.stands() == ("pending", pkr(0), pkr(0))
    assert await payer.read(receipt, 100, farah) == "confirmed"
    async with payer.rails.database.write.begin() as db:
        assert await pay_ins.arrived_for(db, payer.hold) == pkr(100)


async def test_a_line_over_another_amount_waits_for_a_person(payer: Payer) -> None:
    farah, imran = payer.rails.farah.id, payer.rails.imran.id
    receipt = await payer.hands_in()
    for each in (farah, imran):
        await payer.read(receipt, 1_000, each)
    assert await payer.statement(995) == "open receipt"
    [line] = await payer.rails.lines()
    async with payer.rails.database.write.begin() as db:
        why = "The bank of the payer took PKR 5"
        await matching.explain(db, line.id, "other", why, by=farah, at=clock.now())
    assert await payer.stands() == ("held", pkr(1_000), pkr(-5))


async def test_what_nobody_can_confirm(payer: Payer) -> None:
    """More than is missing, one's own, a receipt that was refused, and not a fourth at once."""
    cast, farah, at = payer.rails.cast, payer.rails.farah.id, clock.now()
    receipt = await payer.hands_in()
    with pytest.raises(Invalid):
        await payer.read(receipt, 1_001, farah)
    for own in (cast.bilal.id, payer.rails.ayesha):
        with pytest.raises(OwnReceipt):
            await payer.read(receipt, 1_000, own)
    async with payer.rails.database.write.begin() as db:
        with pytest.raises(Invalid):
            await receipts.refuse(db, receipt, " ", by=farah, at=at)
        await receipts.refuse(db, receipt, "It is of another month.", by=farah, at=at)
    with pytest.raises(MoveRefused):
        await payer.read(receipt, 1_000, farah)
    for _ in range(receipts.MOST_WAITING):
        await payer.hands_in()
    with pytest.raises(TooManyReceipts):
        await payer.hands_in()


async def test_receipt_and_statement_at_once_book_it_once(real_rails: Rails) -> None:
    """With real commits: the second reading and the bank's line come together."""
    payer = await Payer.of(real_rails)
    receipt = await payer.hands_in()
    await payer.read(receipt, 600, payer.rails.farah.id)
    await asyncio.gather(payer.read(receipt, 600, payer.rails.imran.id), payer.statement(600))
    async with real_rails.database.write.begin() as db:
        assert await pay_ins.arrived_for(db, payer.hold) == pkr(600)
        assert (await db.get_one(PayInReceipt, receipt)).line_id is not None
    assert await payer.rails.ledger(accounts.clearing("PKR"), "PKR") == pkr(0)


async def test_what_never_came_is_taken_back_by_two_and_the_late_transfer_funds_it(payer: Payer) -> None:
    farah, imran = payer.rails.farah.id, payer.rails.imran.id
    part, rest = await payer.confirmed(400), await payer.confirmed(600)
    assert await payer.stands() == ("held", pkr(1_000), pkr(-1_000))
    with pytest.raises(Invalid):
        await payer.never_came(rest, farah, why=" ")
    assert await payer.never_came(rest, farah) == "confirmed"
    with pytest.raises(SamePerson):
        await payer.never_came(rest, farah)
    assert await payer.stands() == ("held", pkr(1_000), pkr(-1_000)), "one alone moves nothing"
    assert await payer.never_came(rest, imran) == "undone"
    assert await payer.stands() == ("pending", pkr(0), pkr(-400))
    with pytest.raises(MoveRefused):
        await payer.never_came(rest, imran)
    await payer.statement(400)
    with pytest.raises(MoveRefused):
        await payer.never_came(part, farah)
    await payer.statement(600)
    assert await payer.stands() == ("held", pkr(1_000), pkr(0)), "funded a second time, by a key of its own"
    assert await payer.rails.problems() == []


async def test_where_work_relied_on_it_the_reserve_stands_in_until_it_comes(payer: Payer) -> None:
    farah, imran, reserve = payer.rails.farah.id, payer.rails.imran.id, accounts.reserve("PKR")
    receipt = await payer.confirmed(1_000)
    await payer.never_came(receipt, farah, is_relied_on=True)
    assert await payer.never_came(receipt, imran, is_relied_on=True) == "undone"
    assert await payer.stands() == ("held", pkr(1_000), pkr(0)), "she is protected as she was promised"
    assert await payer.rails.ledger(reserve, "PKR") == pkr(-1_000)
    with pytest.raises(UnpaidReceipt):
        await (await Payer.of(payer.rails)).hands_in()
    # What goes back now goes to the reserve: nobody has paid it.
    async with payer.rails.database.write.begin() as db:
        hold = await db.get_one(Hold, payer.hold.id)
        await actions.refund(db, hold, pkr(300), by=payer.rails.cast.bilal.id, cause="part", at=clock.now())
        assert await pay_ins.to_send_back(db) == []
    assert await payer.rails.ledger(reserve, "PKR") == pkr(-700)
    # Late after all: the reserve has what it paid, and the payer gets hers, then and from now on.
    await payer.statement(1_000)
    assert await payer.rails.ledger(reserve, "PKR") == pkr(0)
    async with payer.rails.database.write.begin() as db:
        assert await receipts.borne(db) == []
        await actions.refund(db, hold, pkr(200), by=payer.rails.cast.bilal.id, cause="part", at=clock.now())
        assert [each.money for each in await pay_ins.to_send_back(db)] == [pkr(300), pkr(200)]
    assert await payer.rails.problems() == []


async def test_what_came_too_much_covers_a_receipt_that_never_came(payer: Payer) -> None:
    """Nobody has to pay anew, and nothing goes back that was never there."""
    farah, imran = payer.rails.farah.id, payer.rails.imran.id
    receipt = await payer.confirmed(400)
    for amount in (600, 500):
        assert await payer.statement(amount) == "open receipt"
    for line in await payer.rails.lines():
        async with payer.rails.database.write.begin() as db:
            await matching.match_by_hand(db, line.id, payer.reference, by=farah, at=clock.now())
    for by in (farah, imran):
        await payer.never_came(receipt, by)
    assert await payer.stands() == ("held", pkr(1_000), pkr(0))
    async with payer.rails.database.write.begin() as db:
        assert [each.money for each in await pay_ins.to_send_back(db)] == [pkr(100)]


async def test_what_never_came_for_a_hold_that_was_given_up_is_not_sent_back(payer: Payer) -> None:
    receipt = await payer.confirmed(400)
    async with payer.rails.database.write.begin() as db:
        await actions.cancel_hold(db, payer.hold, by=payer.rails.cast.bilal.id, at=clock.now())
    for by in (payer.rails.farah.id, payer.rails.imran.id):
        await payer.never_came(receipt, by, is_relied_on=True)
    assert await payer.stands() == ("cancelled", pkr(0), pkr(0))
    assert await payer.rails.ledger(accounts.reserve("PKR"), "PKR") == pkr(0)
    async with payer.rails.database.write.begin() as db:
        assert await pay_ins.to_send_back(db) == []


async def test_the_reserve_does_not_stand_in_beside_money_that_was_really_paid(payer: Payer) -> None:
    farah, imran = payer.rails.farah.id, payer.rails.imran.id
    await payer.statement(400)
    receipt = await payer.confirmed(600)
    await payer.never_came(receipt, farah, is_relied_on=True)
    with pytest.raises(OtherMoneyHeld):
        await payer.never_came(receipt, imran, is_relied_on=True)
