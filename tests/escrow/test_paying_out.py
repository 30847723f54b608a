"""From her balance to her bank, and back once when the bank refuses. And back to the payer."""

import asyncio

import pytest

from marketplace.escrow import actions
from marketplace.escrow.errors import BelowMinimum, MoreThanAvailable, NoPayoutAccount, PayoutsPaused
from marketplace.escrow.events import PayoutConfirmed, PayoutFailed, PayoutSent
from marketplace.escrow.models import Hold, Payout, PayoutAccount, Refund
from marketplace.escrow.tasks import sweep
from marketplace.kernel import clock
from marketplace.kernel.queue import drain
from tests.escrow.world import FAILING_IBAN, World, usd


class TestPayouts:
    async def test_it_is_requested_sent_and_confirmed(self, world: World, heard: list[object]) -> None:
        await world.rich(usd(100))
        payout = await world.pay_out(usd(60))
        balance = await world.balance()
        assert (payout.state, balance.available, balance.on_its_way) == ("requested", usd(40), usd(60))
        await world.listen()
        await world.settle()
        payout = await world.fresh(Payout, payout.id)
        balance = await world.balance()
        assert (payout.state, balance.available, balance.on_its_way) == ("confirmed", usd(40), usd(0))
        ayesha = world.cast.ayesha.id
        assert heard[-2:] == [
            PayoutSent(payout_id=payout.id, user_id=ayesha),
            PayoutConfirmed(payout_id=payout.id, user_id=ayesha),
        ]
        assert await world.ledger("world:bank:USD") == usd(60)

    async def test_a_bank_that_refuses_gives_it_back_once(self, world: World, heard: list[object]) -> None:
        await world.rich(usd(100), iban=FAILING_IBAN)
        payout = await world.pay_out(usd(60))
        await world.settle()
        payout = await world.fresh(Payout, payout.id)
        assert (payout.state, payout.failure) == ("failed", "account_closed")
        account = await world.fresh(PayoutAccount, payout.payout_account_id)
        for _ in range(3):
            await world.told("payout", payout.stripe_payout_id or "", account=account.stripe_account_id)
        assert (await world.balance()).available == usd(100)
        assert [type(event) for event in heard].count(PayoutFailed) == 1

    async def test_what_stripe_refuses_is_back_at_once(self, world: World) -> None:
        """Our ledger says it is available, Stripe does not agree yet: her 24 hours, say."""
        await world.rich(usd(100))
        account = (await world.connect()).stripe_account_id
        body = {"amount": 50_00, "currency": "usd"}
        await world.client.execute("payouts.create", body, key=f"elsewhere:{account}", account=account)
        payout = await world.pay_out(usd(60))
        await world.settle()
        payout = await world.fresh(Payout, payout.id)
        assert payout.state == "failed"
        assert (await world.balance()).available == usd(100)
        world.expected_problems = [f"balance of {account} at Stripe: 5000 there, 10000 in the ledger"]

    async def test_a_confirmed_payout_that_comes_back_is_returned_once(self, world: World, heard: list[object]) -> None:
        await world.rich(usd(100))
        payout = await world.pay_out(usd(60))
        await world.settle()
        payout = await world.fresh(Payout, payout.id)
        account = (await world.connect()).stripe_account_id
        stripe_id = payout.stripe_payout_id or ""
        for _ in range(2):
            await world.told("payout", stripe_id, account=account, status="failed", failure_code="no_account")
        await world.told("payout", stripe_id, account=account)  # an old event, late
        payout = await world.fresh(Payout, payout.id)
        assert (payout.state, payout.failure) == ("returned", "no_account")
        assert (await world.balance()).available == usd(100)
        assert isinstance(heard[-1], PayoutFailed)
        world.expected_problems = [f"balance of {account} at Stripe: 4000 there, 10000 in the ledger"]

    async def test_the_confirmation_may_come_before_our_own_record(self, world: World) -> None:
        await world.rich(usd(100))
        payout = await world.pay_out(usd(60))
        account = (await world.connect()).stripe_account_id
        body = {"amount": 60_00, "currency": "usd", "metadata": {"payout": str(payout.id)}}
        shown = await world.client.execute("payouts.create", body, key=f"early:{payout.id}", account=account)
        await world.told("payout", shown["id"], account=account, status="paid")
        assert (await world.fresh(Payout, payout.id)).state == "confirmed"
        await world.settle()
        # What was sent under our own key is refused by Stripe: the 40 that are left do not cover it.
        assert (await world.fresh(Payout, payout.id)).state == "returned"
        world.expected_problems = [f"balance of {account} at Stripe: 4000 there, 10000 in the ledger"]


class TestLimits:
    async def test_there_is_a_smallest_payout_and_no_more_than_the_balance(self, world: World) -> None:
        await world.rich(usd(100))
        with pytest.raises(BelowMinimum):
            await world.pay_out(usd(9.99))
        with pytest.raises(MoreThanAvailable):
            await world.pay_out(usd(100.01))
        assert (await world.balance()).available == usd(100)

    async def test_she_needs_an_account_that_may_pay_out(self, world: World) -> None:
        with pytest.raises(NoPayoutAccount):
            await world.pay_out(usd(20))
        await world.connect()
        with pytest.raises(PayoutsPaused):
            await world.pay_out(usd(20))

    async def test_two_tabs_do_not_pay_out_the_same_money(self, real_world: World) -> None:
        await real_world.rich(usd(100))
        results = await asyncio.gather(*(real_world.pay_out(usd(60)) for _ in range(4)), return_exceptions=True)
        assert sum(isinstance(result, Payout) for result in results) == 1, results
        assert all(isinstance(result, Payout | MoreThanAvailable) for result in results), results


class TestAccounts:
    async def test_connecting_twice_makes_one_account(self, world: World) -> None:
        first, second = await world.connect(), await world.connect()
        assert (first.id, first.stripe_account_id) == (second.id, second.stripe_account_id)

    async def test_the_news_of_an_account_may_be_faster_than_our_record(self, world: World) -> None:
        ayesha = world.cast.ayesha
        async with world.database.write.begin() as db:
            account = await actions.connect_account(db, ayesha.id, country="PK", by=ayesha.id, at=clock.now())
        marks = {"payout_account": str(account.id)}
        stripe_id = await world.client.create_account(
            key=actions.account_key(account), country="PK", email=ayesha.email, name=ayesha.name, metadata=marks
        )
        await world.told("account", stripe_id)
        account = await world.fresh(PayoutAccount, account.id)
        assert (account.stripe_account_id, account.state) == (stripe_id, "started")
        assert "external_account" in account.due

    async def test_a_lost_webhook_is_made_up_for_by_the_sweep(self, world: World) -> None:
        account = await world.connect()
        release = await world.release(await world.funded(usd(100)))
        link = await world.client.account_link(
            account.stripe_account_id or "", return_url="https://a.example", refresh_url="https://b.example"
        )
        await world.sandbox.onboard(link)
        for _ in range(2):  # finds that the account is active; sends nothing a second time
            async with world.database.write.begin() as db:
                await sweep(db)
            await drain(world.services)
        assert (await world.fresh(PayoutAccount, account.id)).state == "active"
        assert (await world.transfer(release)).state == "sent"

    async def test_another_account_does_not_take_the_place_of_hers(self, world: World) -> None:
        account = await world.onboard()
        hina = await world.connect(world.cast.hina)
        stripe_id = account.stripe_account_id
        await world.told("account", hina.stripe_account_id or "", metadata={"payout_account": str(account.id)})
        account = await world.fresh(PayoutAccount, account.id)
        assert (account.state, account.stripe_account_id) == ("active", stripe_id)


class TestRefunds:
    async def test_a_refund_goes_back_to_the_card(self, world: World) -> None:
        hold = await world.funded(usd(100))
        refund_id = await world.refund(hold)
        await world.listen()
        assert (await world.fresh(Hold, hold.id)).state == "closed"
        assert (await world.fresh(Refund, refund_id)).state == "sent"
        assert await world.ledger("platform:fees:USD") == usd(0)

    async def test_in_part_the_rest_can_be_released(self, world: World) -> None:
        hold = await world.funded(usd(100))
        await world.refund(hold, usd(30))
        assert (await world.fresh(Hold, hold.id)).state == "held"
        await world.release(hold)
        assert (await world.balance()).owed == usd(63)

    async def test_a_refund_that_comes_back_is_held_again(self, world: World) -> None:
        hold = await world.funded(usd(100), card="4000000000005126")
        refund_id = await world.refund(hold)
        await world.listen()
        assert (await world.fresh(Hold, hold.id)).state == "closed"
        await world.settle()
        assert (await world.fresh(Refund, refund_id)).state == "failed"
        assert (await world.fresh(Hold, hold.id)).state == "held"
        assert await world.ledger(f"hold:{hold.id}") == usd(100)

    async def test_a_refund_that_stripe_refuses_is_held_again(self, world: World) -> None:
        hold = await world.funded(usd(100))
        body = {"charge": hold.charge_id}
        await world.client.execute("refunds.create", body, key=f"by hand:{hold.id}")
        refund_id = await world.refund(hold)
        await world.listen()
        refund = await world.fresh(Refund, refund_id)
        assert (refund.state, refund.failure) == ("failed", "charge_already_refunded")
        assert (await world.fresh(Hold, hold.id)).state == "held"
        problems = await world.problems()
        assert [line.split(":")[0] for line in problems] == ["balance at Stripe"]
        world.expected_problems = problems
