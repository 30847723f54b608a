"""From her balance here to a file that two people have approved, and the bank's answer to it."""

import asyncio
from datetime import timedelta

import pytest

from marketplace.engines.banking.statements import NotAStatement
from marketplace.escrow.errors import (
    ApprovedAlready,
    BeingPaid,
    BelowMinimum,
    MoreThanAvailable,
    NoPayoutAccount,
    NoRate,
    NothingToPay,
    OwnPayout,
    PayoutsFrozen,
    QuoteChanged,
    TooFresh,
)
from marketplace.escrow.events import PayoutConfirmed, PayoutFailed, PayoutSent
from marketplace.escrow.models import Payout
from marketplace.escrow.rails import batches, freezing, matching
from marketplace.escrow.rails.rates import FarRate
from marketplace.escrow.rules import MoveRefused
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.escrow.rails.paying import BANK, BY_HAND, HOUSE, WALLET, Rails, camt, credit, debit, entry
from tests.escrow.world import usd


def pkr(amount: float) -> Money:
    return Money(round(amount * 100), "PKR")


class TestAsking:
    async def test_what_is_released_is_hers_here_and_leaves_at_the_rate_she_saw(self, rails: Rails) -> None:
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        assert await rails.here() == usd(100)
        payout = await rails.ask(usd(60), expects=pkr(16_710))
        assert (payout.state, payout.arrives_minor, payout.rate_source) == ("requested", 16_710_00, "State Bank")
        assert await rails.here() == usd(40)
        assert await rails.ledger("platform:fx:USD") == usd(60)
        assert await rails.ledger("platform:fx:PKR", "PKR") == pkr(-16_710)
        assert await rails.ledger(f"payout_transit:{payout.id}:PKR", "PKR") == pkr(16_710)

    async def test_money_that_waited_follows_her_first_details(self, rails: Rails) -> None:
        await rails.earn(usd(100))
        assert await rails.here() == usd(0)
        await rails.method(BANK)
        assert await rails.here() == usd(100)

    async def test_a_slip_of_the_comma_is_no_rate(self, rails: Rails) -> None:
        await rails.rates()
        with pytest.raises(FarRate, match=r"Line 2: this is far from 278\.5"):
            await rails.rates("27850")
        await rails.method(BANK)
        await rails.earn(usd(100))
        assert (await rails.ask(usd(60))).arrives_minor == 16_710_00

    async def test_another_rate_than_she_saw_is_no_payout(self, rails: Rails) -> None:
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        await rails.rates("277")
        with pytest.raises(QuoteChanged):
            await rails.ask(usd(60), expects=pkr(16_710))
        assert await rails.here() == usd(100)

    async def test_nothing_is_changed_at_an_old_rate_or_none(self, rails: Rails) -> None:
        await rails.method(BANK)
        await rails.earn(usd(100))
        with pytest.raises(NoRate):
            await rails.ask(usd(60))
        await rails.rates(on=(clock.now() - timedelta(days=9)).date())
        with pytest.raises(NoRate):
            await rails.ask(usd(60))

    async def test_new_details_wait_three_days(self, rails: Rails) -> None:
        await rails.rates()
        await rails.method(BANK, is_old=False)
        await rails.earn(usd(100))
        with pytest.raises(TooFresh):
            await rails.ask(usd(60))
        clock.advance(timedelta(hours=71, minutes=59))
        with pytest.raises(TooFresh):
            await rails.ask(usd(60))
        clock.advance(timedelta(minutes=2))
        assert (await rails.ask(usd(60))).state == "requested"

    async def test_limits(self, rails: Rails) -> None:
        with pytest.raises(NoPayoutAccount):
            await rails.ask(usd(60))
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        with pytest.raises(BelowMinimum):
            await rails.ask(usd(1))
        with pytest.raises(MoreThanAvailable):
            await rails.ask(usd(100.01))
        assert await rails.here() == usd(100)

    async def test_she_may_think_again_until_it_is_in_a_batch(self, rails: Rails, heard: list[object]) -> None:
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        payout = await rails.ask(usd(60))
        await rails.cancel(payout)
        assert ((await rails.fresh(payout)).state, await rails.here()) == ("failed", usd(100))
        assert await rails.ledger("platform:fx:USD") == usd(0)
        assert PayoutFailed not in map(type, heard)
        with pytest.raises(BeingPaid):
            await rails.cancel(payout)
        second = await rails.ask(usd(60))
        await rails.prepare()
        with pytest.raises(BeingPaid):
            await rails.cancel(second)


class TestBatches:
    async def test_two_people_and_then_it_is_sent(self, rails: Rails, heard: list[object]) -> None:
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        payout = await rails.ask(usd(60))
        batch = await rails.prepare()
        assert (batch.count, batch.total_minor, batch.file_name[-4:]) == (1, 16_710_00, ".xml")
        assert (payout.reference or "?").encode() in batch.content
        await rails.approve(batch)
        with pytest.raises(ApprovedAlready):
            await rails.approve(batch)
        assert (await rails.fresh(payout)).state == "requested"
        batch = await rails.approve(batch, rails.imran)
        assert (batch.state, (await rails.fresh(payout)).state) == ("approved", "sent")
        assert heard[-1] == PayoutSent(payout_id=payout.id, user_id=rails.ayesha)
        with pytest.raises(MoveRefused):
            await rails.approve(batch, rails.cast.sana)
        with pytest.raises(NothingToPay):
            await rails.prepare()

    async def test_nobody_approves_her_own_payout(self, rails: Rails) -> None:
        farah = rails.farah.id
        await rails.method(BY_HAND, user_id=farah)
        await rails.earn(usd(100), user_id=farah)
        await rails.ask(usd(60), "manual", user_id=farah)
        batch = await rails.prepare("manual")
        with pytest.raises(OwnPayout):
            await rails.approve(batch)

    async def test_a_discarded_one_leaves_its_payouts_waiting(self, rails: Rails) -> None:
        await rails.rates()
        await rails.method(WALLET)
        await rails.earn(usd(100))
        payout = await rails.ask(usd(60), "wallet")
        assert payout.rail_fee_minor == 15_00
        batch = await rails.prepare("wallet")
        async with rails.database.write.begin() as db:
            await batches.discard(db, batch.id, by=rails.imran.id, why="A wrong name", at=clock.now())
        with pytest.raises(MoveRefused):
            await rails.approve(batch)
        again = await rails.prepare("wallet")
        assert (again.count, again.operator) == (1, "raast")

    async def test_the_switch_stops_asking_preparing_and_approving(self, rails: Rails) -> None:
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        await rails.ask(usd(60))
        batch = await rails.prepare()
        await rails.approve(batch)
        async with rails.database.write.begin() as db:
            await freezing.freeze(db, "A strange line", by=rails.farah.id, at=clock.now())
        for step in (rails.ask(usd(20)), rails.prepare(), rails.approve(batch, rails.imran)):
            with pytest.raises(PayoutsFrozen):
                await step
        async with rails.database.write.begin() as db:
            await freezing.lift(db, by=rails.farah.id, at=clock.now())
        assert (await rails.approve(batch, rails.imran)).state == "approved"


class TestStatements:
    async def test_a_line_confirms_and_another_brings_it_back_once(self, rails: Rails, heard: list[object]) -> None:
        payout = await rails.sent(usd(60))
        assert (await rails.read(camt(debit(payout)))).statement.new_lines == 1
        payout = await rails.fresh(payout)
        assert (payout.state, payout.arrived_minor, str(payout.arrived_on)) == ("confirmed", 16_710_00, "2026-12-01")
        assert heard[-1] == PayoutConfirmed(payout_id=payout.id, user_id=rails.ayesha)
        assert await rails.ledger("world:house:bank-pkr:PKR", "PKR") == pkr(16_710)
        assert await rails.ledger("platform:clearing:PKR", "PKR") == pkr(0)

        await rails.read(camt(credit(payout)))
        payout = await rails.fresh(payout)
        assert (payout.state, payout.failure, await rails.here()) == ("returned", "AC04", usd(60))
        assert await rails.ledger("platform:fx:USD") == usd(0)
        await rails.read(camt(credit(payout, key="C2")))  # a second return of the same payout
        assert await rails.here() == usd(60)
        assert [type(event) for event in heard].count(PayoutFailed) == 1
        assert [(line.state, line.hint) for line in await rails.lines()] == [
            ("matched", ""),
            ("matched", ""),
            ("open", "over"),
        ]
        assert await rails.ledger("world:house:bank-pkr:PKR", "PKR") == pkr(-16_710)

    async def test_the_same_file_and_the_same_line_count_once(self, rails: Rails) -> None:
        payout = await rails.sent(usd(60))
        first = await rails.read(camt(debit(payout)))
        again = await rails.read(camt(debit(payout)))
        assert (first.is_new, again.is_new, again.statement.id) == (True, False, first.statement.id)
        overlapping = await rails.read(camt(debit(payout), number=2))
        assert (overlapping.is_new, overlapping.statement.new_lines) == (True, 0)
        assert await rails.ledger("world:house:bank-pkr:PKR", "PKR") == pkr(16_710)

    async def test_it_may_come_back_in_the_same_file_or_before_its_debit(self, rails: Rails) -> None:
        payout = await rails.sent(usd(60))
        await rails.read(camt(credit(payout)))
        assert [line.hint for line in await rails.lines()] == ["no_debit"]
        await rails.read(camt(debit(payout)))
        assert (await rails.fresh(payout)).state == "returned"
        assert await rails.here() == usd(60)

    async def test_a_payout_that_nobody_approved_is_never_confirmed(self, rails: Rails) -> None:
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        payout = await rails.ask(usd(60))
        await rails.read(camt(debit(payout)))
        assert ((await rails.fresh(payout)).state, (await rails.lines())[0].hint) == ("requested", "not_approved")

    async def test_paid_twice_stands_in_the_queue(self, rails: Rails) -> None:
        payout = await rails.sent(usd(60))
        await rails.read(camt(debit(payout), debit(payout, key="D2")))
        assert [(line.state, line.hint) for line in await rails.lines()] == [("matched", ""), ("open", "twice")]
        assert await rails.ledger("platform:clearing:PKR", "PKR") == pkr(-16_710)

    async def test_another_amount_needs_a_person(self, rails: Rails) -> None:
        payout = await rails.sent(usd(60))
        await rails.read(camt(debit(payout, amount="16700.00")))
        [line] = await rails.lines()
        assert (line.hint, (await rails.fresh(payout)).state) == ("amount", "sent")
        async with rails.database.write.begin() as db:
            reference = payout.reference or ""
            await matching.match_by_hand(db, line.id, reference, by=rails.imran.id, at=clock.now())
        payout = await rails.fresh(payout)
        assert (payout.state, payout.arrives_minor, payout.arrived_minor) == ("confirmed", 16_710_00, 16_700_00)
        assert await rails.ledger("platform:clearing:PKR", "PKR") == pkr(10)

    async def test_a_wallet_that_did_not_do_it_gives_it_back(self, rails: Rails) -> None:
        payout = await rails.sent(usd(60), WALLET)
        head = "Date,TID,Reference,Narration,Name,Amount,Status,Reason\n"
        row = f"2026-12-01,7,{payout.reference},,Ayesha,16695,Failed,Wallet blocked\n"
        await rails.read((head + row).encode(), "wallet-pkr")
        payout = await rails.fresh(payout)
        assert (payout.state, payout.failure, await rails.here()) == ("failed", "Wallet blocked", usd(60))
        assert await rails.ledger("platform:rail_fees:PKR", "PKR") == pkr(0)

    async def test_several_statements_in_a_file_are_not_half_read(self, rails: Rails) -> None:
        head, statement, end = camt(entry("CRDT", "700.00", [("HELLO", "700.00", "")])).partition(b"<Stmt>")
        body, close, rest = end.partition(b"</Stmt>")
        with pytest.raises(NotAStatement, match="one at a time"):
            await rails.read(head + 2 * (statement + body + close) + rest)

    async def test_by_hand_a_receipt_says_it(self, rails: Rails) -> None:
        payout = await rails.sent(usd(60), BY_HAND)
        async with rails.database.write.begin() as db:
            await matching.failed_by_hand(db, payout.id, "The agent is closed", by=rails.farah.id, at=clock.now())
        assert await rails.here() == usd(60)

    async def test_what_nobody_knows_is_explained_by_a_person(self, rails: Rails) -> None:
        from tests.escrow.rails.paying import entry

        await rails.read(camt(entry("DBIT", "25.00", [("CHARGES", "25.00", "")], key="F1")))
        await rails.read(camt(entry("CRDT", "1000.00", [("FROM US", "1000.00", "")], key="F2")))
        fee, own = await rails.lines()
        async with rails.database.write.begin() as db:
            await matching.explain(db, fee.id, "bank_fee", "Monthly", by=rails.farah.id, at=clock.now())
            await matching.explain(db, own.id, "own_transfer", "Top up", by=rails.farah.id, at=clock.now())
        assert await rails.ledger("platform:rail_fees:PKR", "PKR") == pkr(-25)
        assert await rails.ledger("platform:own_transfers:PKR", "PKR") == pkr(1000)
        assert await rails.ledger("platform:clearing:PKR", "PKR") == pkr(0)


class TestRaces:
    async def test_two_approvers_at_once_send_it_once(self, real_rails: Rails, heard: list[object]) -> None:
        rails = real_rails
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        await rails.ask(usd(60))
        batch = await rails.prepare()
        people = [rails.farah, rails.imran, rails.cast.sana, rails.farah]
        results = await asyncio.gather(*(rails.approve(batch, by) for by in people), return_exceptions=True)
        assert [type(event) for event in heard].count(PayoutSent) == 1
        assert sum(isinstance(each, MoveRefused | ApprovedAlready) for each in results) == 2, results

    async def test_cancelling_and_preparing_at_once_one_wins(self, real_rails: Rails) -> None:
        rails = real_rails
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(1_000))
        for _ in range(12):
            payout = await rails.ask(usd(20))
            results = await asyncio.gather(rails.cancel(payout), rails.prepare(), return_exceptions=True)
            payout = await rails.fresh(payout)
            assert (payout.state, payout.batch_id is None) in (("failed", True), ("requested", False))
            assert sum(isinstance(each, BaseException) for each in results) == 1, results

    async def test_two_clerks_with_one_file_book_it_once(self, real_rails: Rails) -> None:
        rails = real_rails
        payout = await rails.sent(usd(60))
        content = camt(debit(payout), credit(payout))
        results = await asyncio.gather(*(rails.read(content) for _ in range(4)))
        assert sum(each.is_new for each in results) == 1
        assert ((await rails.fresh(payout)).state, await rails.here()) == ("returned", usd(60))

    async def test_two_tabs_do_not_pay_out_the_same_money(self, real_rails: Rails) -> None:
        rails = real_rails
        await rails.rates()
        await rails.method(BANK)
        await rails.earn(usd(100))
        results = await asyncio.gather(*(rails.ask(usd(60)) for _ in range(4)), return_exceptions=True)
        assert sum(isinstance(each, Payout) for each in results) == 1, results
        assert all(isinstance(each, Payout | MoreThanAvailable) for each in results), results


def test_the_demo_has_an_account_for_every_rail() -> None:
    assert {rail for each in HOUSE.by_slug.values() for rail in each.pays} == {"bank", "wallet", "manual"}
