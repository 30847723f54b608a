"""From the pay page to held money: once, whatever Stripe says how often and in which order."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from marketplace.escrow import actions
from marketplace.escrow.errors import AlreadyFunded, NotHeld
from marketplace.escrow.events import HoldExpired, HoldFunded
from marketplace.escrow.models import Checkout, Hold, Refund
from marketplace.kernel import clock
from tests.escrow.world import World, usd


async def checkouts(world: World, hold: Hold) -> list[str]:
    async with world.database.write.begin() as db:
        query = select(Checkout.state).where(Checkout.hold_id == hold.id).order_by(Checkout.attempt)
        return list((await db.execute(query)).scalars())


async def refunds(world: World, hold: Hold) -> list[tuple[str, str, int]]:
    async with world.database.write.begin() as db:
        query = select(Refund.cause, Refund.state, Refund.amount_minor).where(Refund.hold_id == hold.id)
        return [tuple(row) for row in await db.execute(query)]


class TestPaying:
    async def test_a_paid_session_funds_the_hold(self, world: World, heard: list[object]) -> None:
        hold = await world.funded(usd(250))
        assert (hold.state, hold.charge_id is not None) == ("held", True)
        assert await world.ledger(f"hold:{hold.id}") == usd(250)
        assert await world.ledger("platform:processor_fees:USD") == usd(-7.55)
        assert await checkouts(world, hold) == ["paid"]
        assert heard == [HoldFunded(hold_id=hold.id)]

    async def test_nothing_is_held_before_the_payment(self, world: World) -> None:
        hold = await world.hold(usd(250))
        await world.pay_page(hold)
        await world.listen()
        assert (await world.fresh(Hold, hold.id)).state == "pending"
        with pytest.raises(NotHeld):
            await world.release(hold, usd(1))

    @pytest.mark.parametrize("card", ["4000000000000002", "4000000000009995"])
    async def test_a_declined_card_changes_nothing(self, world: World, card: str) -> None:
        hold = await world.funded(usd(250), card=card)
        assert hold.state == "pending"

    async def test_a_double_click_opens_one_page(self, world: World) -> None:
        hold = await world.hold(usd(250))
        first = await world.start_checkout(hold)
        assert await world.start_checkout(hold) == first
        session = (await world.dispatch(first)).result
        assert await world.start_checkout(hold) == first
        assert (await world.dispatch(first)).result == session

    async def test_a_funded_hold_is_not_paid_again(self, world: World) -> None:
        hold = await world.funded(usd(250))
        with pytest.raises(AlreadyFunded):
            await world.start_checkout(hold)

    async def test_the_body_says_what_is_paid_and_never_how(self, world: World) -> None:
        hold = await world.hold(usd(250))
        command = await world.dispatch(await world.start_checkout(hold))
        assert "payment_method_types" not in command.body
        assert command.body["payment_intent_data"]["transfer_group"] == f"hold:{hold.id}"
        early = (command.created_at + timedelta(hours=1)).timestamp() - command.body["expires_at"]
        assert 0 <= early < 2, "an hour from when it was asked, in whole seconds"
        assert command.result is not None and command.result["amount_total"] == 250_00


class TestExpiry:
    async def test_an_expired_page_is_told_and_the_next_attempt_works(self, world: World, heard: list[object]) -> None:
        hold = await world.hold(usd(40))
        old = await world.pay_page(hold)
        clock.advance(timedelta(hours=2))
        await world.listen()
        assert heard == [HoldExpired(hold_id=hold.id)]
        assert await checkouts(world, hold) == ["expired"]
        session = await world.pay_page(hold)
        assert session["id"] != old["id"]
        await world.sandbox.pay(session["url"])
        await world.listen()
        assert heard[1:] == [HoldFunded(hold_id=hold.id)]
        assert await checkouts(world, hold) == ["expired", "paid"]

    async def test_a_page_that_stripe_refused_to_make_is_told_too(self, world: World, heard: list[object]) -> None:
        hold = await world.hold(usd(40))
        command_id = await world.start_checkout(hold)
        clock.advance(timedelta(hours=2))  # the frozen expiry lies in the past by now
        command = await world.dispatch(command_id)
        assert command.state == "failed"
        assert heard == [HoldExpired(hold_id=hold.id)]
        assert await checkouts(world, hold) == ["failed"]
        assert (await world.pay_page(hold))["status"] == "open"

    async def test_the_expiry_of_an_old_page_does_not_close_the_new_one(
        self, world: World, heard: list[object]
    ) -> None:
        hold = await world.hold(usd(40))
        await world.pay_page(hold)
        clock.advance(timedelta(hours=2))
        await world.pay_page(hold)
        await world.listen()
        assert await checkouts(world, hold) == ["expired", "open"]
        assert heard == []


class TestAnyOrder:
    async def test_every_event_twice_in_any_order(self, world: World, heard: list[object]) -> None:
        for seed in range(6):
            hold = await world.hold(usd(100))
            session = await world.pay_page(hold)
            await world.sandbox.pay(session["url"])
            session = await world.client.retrieve("checkout.session", session["id"])
            intent = session["payment_intent"]
            news = [
                ("checkout.session", session["id"]),
                ("payment_intent", intent["id"]),
                ("charge", intent["latest_charge"]["id"]),
            ] * 2
            random.Random(seed).shuffle(news)
            for kind, id in news:
                await world.told(kind, id)
            assert await world.ledger(f"hold:{hold.id}") == usd(100)
        assert len(heard) == 6
        assert await world.ledger("platform:processor_fees:USD") == usd(-3.20 * 6)

    async def test_the_webhook_may_be_faster_than_our_own_record(self, world: World) -> None:
        hold = await world.hold(usd(100))
        command_id = await world.start_checkout(hold)
        async with world.database.write.begin() as db:
            found = await db.execute(
                text("SELECT idempotency_key, body FROM payment_commands WHERE id = :id"), {"id": command_id}
            )
            key, body = found.one()
        session = await world.client.execute("checkout.sessions.create", body, key=key)
        await world.sandbox.pay(session["url"])
        await world.told("checkout.session", session["id"])
        assert (await world.fresh(Hold, hold.id)).state == "held"
        await world.listen()
        assert await checkouts(world, hold) == ["paid"]

    async def test_the_processor_fee_may_be_known_later(self, world: World) -> None:
        hold = await world.hold(usd(100))
        session = await world.pay_page(hold)
        await world.sandbox.pay(session["url"])
        shown = (await world.client.retrieve("checkout.session", session["id"]))["payment_intent"]
        late = {**shown, "latest_charge": {**shown["latest_charge"], "balance_transaction": None}}
        await world.told("checkout.session", session["id"], payment_intent=late)
        assert await world.ledger("platform:processor_fees:USD") == usd(0)
        await world.told("charge", shown["latest_charge"]["id"])
        await world.told("charge", shown["latest_charge"]["id"])
        assert await world.ledger("platform:processor_fees:USD") == usd(-3.20)

    async def test_sessions_of_others_are_left_alone(self, world: World, heard: list[object]) -> None:
        hold = await world.hold(usd(100))
        session = await world.pay_page(hold)
        await world.sandbox.pay(session["url"])
        stranger = str(UUID(int=5))
        await world.told("checkout.session", session["id"], metadata={})
        await world.told("checkout.session", session["id"], metadata={"hold": stranger, "checkout": stranger})
        assert heard == []
        await world.listen()
        assert heard == [HoldFunded(hold_id=hold.id)]


class TestRefusedPayments:
    async def test_a_wrong_amount_is_refused_and_given_back(self, world: World, heard: list[object]) -> None:
        hold = await world.hold(usd(100))
        session = await world.pay_page(hold)
        async with world.database.write.begin() as db:
            await db.execute(text("UPDATE holds SET amount_minor = 10001"))
        await world.sandbox.pay(session["url"])
        await world.listen()
        assert (await world.fresh(Hold, hold.id)).state == "pending"
        assert await refunds(world, hold) == [("wrong_amount", "sent", 100_00)]
        assert heard == []
        assert await world.ledger(f"hold:{hold.id}") == usd(0)

    async def test_another_currency_is_refused(self, world: World) -> None:
        hold = await world.hold(usd(100))
        session = await world.pay_page(hold)
        async with world.database.write.begin() as db:
            await db.execute(text("UPDATE holds SET currency = 'EUR'"))
        await world.sandbox.pay(session["url"])
        await world.listen()
        assert await refunds(world, hold) == [("wrong_amount", "sent", 100_00)]

    async def test_paid_twice_the_second_payment_goes_back(self, world: World, heard: list[object]) -> None:
        """She pays on an old page whose news are late, then on the next one."""
        hold = await world.hold(usd(100))
        first = await world.pay_page(hold)
        await world.sandbox.pay(first["url"])
        clock.advance(timedelta(hours=2))
        second = await world.pay_page(hold)
        await world.sandbox.pay(second["url"])
        await world.listen()
        assert await world.ledger(f"hold:{hold.id}") == usd(100)
        assert await refunds(world, hold) == [("paid_twice", "sent", 100_00)]
        assert sorted(await checkouts(world, hold)) == ["paid", "refused"]
        assert heard == [HoldFunded(hold_id=hold.id)]

    async def test_a_second_session_for_one_checkout_is_counted_too(self, world: World) -> None:
        """Our keys rule it out; if it comes all the same, no cent is lost."""
        hold = await world.hold(usd(100))
        command = await world.dispatch(await world.start_checkout(hold))
        assert command.result is not None
        twin = await world.client.execute("checkout.sessions.create", command.body, key="another key")
        for session in (command.result, twin):
            await world.sandbox.pay(session["url"])
        await world.listen()
        assert await world.ledger(f"hold:{hold.id}") == usd(100)
        assert await refunds(world, hold) == [("paid_twice", "sent", 100_00)]

    async def test_a_cancelled_hold_closes_its_page(self, world: World) -> None:
        hold = await world.hold(usd(100))
        session = await world.pay_page(hold)
        await self._cancel(world, hold)
        await world.listen()
        assert (await world.client.retrieve("checkout.session", session["id"]))["status"] == "expired"
        with pytest.raises(NotHeld):
            await world.start_checkout(hold)

    async def test_a_payment_that_was_faster_than_the_cancelling_goes_back(self, world: World) -> None:
        hold = await world.hold(usd(100))
        session = await world.pay_page(hold)
        await world.sandbox.pay(session["url"])
        await self._cancel(world, hold)
        await world.listen()
        assert await refunds(world, hold) == [("late_payment", "sent", 100_00)]
        assert (await world.fresh(Hold, hold.id)).state == "cancelled"

    async def _cancel(self, world: World, hold: Hold) -> None:
        async with world.database.write.begin() as db:
            await actions.cancel_hold(db, hold, by=world.cast.bilal.id, at=clock.now())
