"""Saved cards: kept with a payment, charged with one press, refused, removed; and never charged twice."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from marketplace.engines.payments.models import Command
from marketplace.escrow import actions, cards, charging
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.errors import AlreadyFunded, CardBusy, CardInUse
from marketplace.escrow.events import CardRemoved, CardSaved, HoldExpired, HoldFunded
from marketplace.escrow.models import Checkout, Hold, Refund
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from tests.engines.payments.sandbox_server import GOOD_CARD
from tests.escrow.world import SITE, World, usd

CHALLENGED = "4000002500003155"


async def page_for(world: World, hold: Hold, *, keeps_card: bool = True) -> dict[str, Any]:
    """The pay page, with the wish that the card be kept."""
    async with world.database.write.begin() as db:
        command_id = await actions.start_checkout(
            db,
            hold,
            success_url=f"{SITE}/paid",
            cancel_url=f"{SITE}/back",
            keeps_card=keeps_card,
            by=world.cast.bilal.id,
            at=clock.now(),
        )
    command = await world.dispatch(command_id)
    assert command.result is not None, command.error
    return command.result


async def kept(world: World, card: str = GOOD_CARD) -> SavedCard:
    """AgriTrack has paid with a card and keeps it."""
    hold = await world.hold(usd(100))
    session = await page_for(world, hold)
    await world.sandbox.pay(session["url"], card=card)
    if card == CHALLENGED:
        await world.sandbox.approve(session["url"])
    await world.listen()
    async with world.database.write.begin() as db:
        return (await db.execute(select(SavedCard).order_by(SavedCard.id.desc()).limit(1))).scalar_one()


async def press(world: World, hold: Hold, card: SavedCard) -> Checkout:
    async with world.database.write.begin() as db:
        return await charging.start(db, hold, card, by=world.cast.bilal.id, at=clock.now())


async def pay(world: World, hold: Hold, card: SavedCard) -> Checkout:
    """Press, and see Stripe's answer."""
    made = await press(world, hold, card)
    assert made.command_id is not None
    await world.dispatch(made.command_id)
    return await world.fresh(Checkout, made.id)


async def charged(world: World, hold: Hold) -> int:
    """How often its payer was really charged, by Stripe's books."""
    charges = (await world.sandbox.books())["charges"]
    return sum(each["status"] == "succeeded" and each["metadata"].get("hold") == str(hold.id) for each in charges)


async def listed(world: World, reader: User) -> list[SavedCard]:
    async with world.database.write.begin() as db:
        return await cards.cards_of(db, world.cast.agritrack.id, reader=reader.id)


async def remove(world: World, card: SavedCard, by: UUID | None = None) -> None:
    async with world.database.write.begin() as db:
        await cards.remove(db, card.id, by=by or world.cast.bilal.id, at=clock.now())


class TestKeeping:
    async def test_a_card_is_kept_only_when_that_was_asked(self, world: World, heard: list[object]) -> None:
        await world.funded(usd(50))
        assert await listed(world, world.cast.bilal) == []
        card = await kept(world)
        assert [
            (each.title, each.last4, each.exp_month, each.exp_year) for each in await listed(world, world.cast.bilal)
        ] == [("Visa", "4242", 12, 2034)]
        assert heard[-1] == CardSaved(card_id=card.id)

    async def test_the_same_card_is_kept_once_and_its_former_copy_is_forgotten(
        self, world: World, heard: list[object]
    ) -> None:
        first = await kept(world)
        second = await kept(world)
        await world.settle()
        assert first.id == second.id and first.stripe_payment_method_id != second.stripe_payment_method_id
        old = await world.client.retrieve("payment_method", first.stripe_payment_method_id)
        new = await world.client.retrieve("payment_method", second.stripe_payment_method_id)
        assert (old["customer"], new["customer"]) == (None, second.stripe_customer_id)
        assert heard.count(CardSaved(card_id=first.id)) == 1

    async def test_another_wish_closes_the_page_that_was_open(self, world: World) -> None:
        hold = await world.hold(usd(100))
        plain = await page_for(world, hold, keeps_card=False)
        keeping = await page_for(world, hold)
        await world.settle()
        assert plain["id"] != keeping["id"]
        assert (await world.client.retrieve("checkout.session", plain["id"]))["status"] == "expired"
        assert (await page_for(world, hold))["id"] == keeping["id"]

    async def test_only_those_who_pay_there_find_it(self, world: World) -> None:
        card, cast = await kept(world), world.cast
        for stranger in (cast.ayesha, cast.hina, cast.omar):
            assert await listed(world, stranger) == []
            async with world.database.write.begin() as db:
                with pytest.raises(NotFound):
                    await cards.card_for(db, card.id, by=stranger.id)
                with pytest.raises(NotFound):
                    await cards.remove(db, card.id, by=stranger.id, at=clock.now())


class TestPaying:
    async def test_one_press_funds_the_hold_as_the_page_does(self, world: World, heard: list[object]) -> None:
        card, hold = await kept(world), await world.hold(usd(250))
        tried = await pay(world, hold, card)
        assert (tried.state, (await world.fresh(Hold, hold.id)).state) == ("paid", "held")
        assert heard[-1] == HoldFunded(hold_id=hold.id)
        assert await world.ledger(f"hold:{hold.id}") == usd(250)
        assert await world.ledger("platform:processor_fees:USD") == usd(-3.20 - 7.55)
        with pytest.raises(AlreadyFunded):
            await press(world, hold, card)
        await world.release(hold)
        await world.listen()
        assert await charged(world, hold) == 1

    async def test_what_was_paid_by_card_goes_back_to_it(self, world: World) -> None:
        card, hold = await kept(world), await world.hold(usd(40))
        await pay(world, hold, card)
        refund = await world.fresh(Refund, await world.refund(await world.fresh(Hold, hold.id)))
        await world.settle()
        assert (await world.fresh(Refund, refund.id)).state == "sent"

    @pytest.mark.parametrize(
        ("number", "bank", "code"),
        [(CHALLENGED, "", "authentication_required"), (GOOD_CARD, "insufficient_funds", "card_declined")],
    )
    async def test_a_refused_card_charges_nothing_and_the_page_is_open_at_once(
        self, world: World, heard: list[object], number: str, bank: str, code: str
    ) -> None:
        card, hold = await kept(world, number), await world.hold(usd(40))
        await world.sandbox.settings(saved_cards=bank)
        tried = await pay(world, hold, card)
        assert (tried.state, tried.failure) == ("failed", code)
        assert heard[-1] == HoldExpired(hold_id=hold.id, card_id=card.id)
        session = await page_for(world, hold, keeps_card=False)
        await world.sandbox.pay(session["url"])
        await world.listen()
        assert (await world.fresh(Hold, hold.id)).state == "held"
        assert await charged(world, hold) == 1

    async def test_the_card_of_another_organisation_is_not_found(self, world: World) -> None:
        card, hold = await kept(world), await world.hold(usd(40))
        async with world.database.write.begin() as db:
            await db.execute(
                text(
                    "UPDATE saved_cards SET organisation_id = (SELECT id FROM organisations WHERE id <> :own LIMIT 1)"
                ),
                {"own": world.cast.agritrack.id},
            )
        with pytest.raises(NotFound):
            await press(world, hold, card)


class TestNeverTwice:
    async def test_a_page_that_is_open_is_closed_before_the_card_is_charged(self, world: World) -> None:
        card, hold = await kept(world), await world.hold(usd(40))
        session = await page_for(world, hold, keeps_card=False)
        made = await press(world, hold, card)
        first = made.command_id
        assert first is not None
        assert (await world.dispatch(first)).operation == "checkout.sessions.expire"
        assert (await world.sandbox.pay(session["url"])).status_code == 410
        tried = await world.fresh(Checkout, made.id)
        assert tried.command_id not in (None, first)
        await world.settle()
        assert (await world.fresh(Hold, hold.id)).state == "held"
        assert await charged(world, hold) == 1

    async def test_a_page_that_was_paid_a_moment_before_leaves_the_card_alone(self, world: World) -> None:
        card, hold = await kept(world), await world.hold(usd(40))
        session = await page_for(world, hold, keeps_card=False)
        await world.sandbox.pay(session["url"])
        tried = await pay(world, hold, card)
        assert (tried.state, tried.failure) == ("failed", charging.PAGE_PAID)
        await world.listen()
        assert (await world.fresh(Hold, hold.id)).state == "held"
        assert await charged(world, hold) == 1

    async def test_while_the_card_has_no_answer_no_page_opens_and_it_is_not_removed(self, world: World) -> None:
        card, hold = await kept(world), await world.hold(usd(40))
        await press(world, hold, card)
        with pytest.raises(CardInUse):
            await page_for(world, hold)
        with pytest.raises(CardBusy):
            await remove(world, card)

    @pytest.mark.parametrize("fault", ["drop_after", "500_after", "503_before", "stall"])
    async def test_an_answer_that_is_lost_is_found_again(self, world: World, fault: str) -> None:
        """Whatever came between, it is one charge: by the same key, by a look-up, or by the webhook."""
        card, hold = await kept(world), await world.hold(usd(40))
        await world.sandbox.fault("POST /v1/payment_intents", fault, seconds=0.2)
        await pay(world, hold, card)
        await world.settle()
        assert (await world.fresh(Hold, hold.id)).state == "held"
        assert await charged(world, hold) == 1

    async def test_the_webhook_may_come_before_the_answer(self, world: World, heard: list[object]) -> None:
        card, hold = await kept(world), await world.hold(usd(40))
        made = await press(world, hold, card)
        async with world.database.write.begin() as db:
            command = await db.get_one(Command, made.command_id)
        intent = await world.client.execute("payment_intents.create", command.body, key=command.idempotency_key)
        for _ in range(2):
            await world.told("charge", intent["latest_charge"]["id"])
        assert (await world.fresh(Hold, hold.id)).state == "held"
        assert made.command_id is not None
        await world.dispatch(made.command_id)
        assert heard.count(HoldFunded(hold_id=hold.id)) == 1
        assert await charged(world, hold) == 1


async def test_two_presses_at_once_are_one_payment(real_world: World) -> None:
    """On two connections, with real commits; the webhook comes between."""
    world = real_world
    card, hold = await kept(world), await world.hold(usd(40))

    async def tap() -> None:
        made = await press(world, hold, card)
        assert made.command_id is not None
        await world.dispatch(made.command_id)

    outcomes = await asyncio.gather(*(tap() for _ in range(4)), world.listen(), return_exceptions=True)
    assert {type(each) for each in outcomes if each is not None} <= {AlreadyFunded}
    await world.settle()
    assert (await world.fresh(Hold, hold.id)).state == "held"
    assert await charged(world, hold) == 1
    async with world.database.write.begin() as db:
        made = select(func.count()).where(Command.operation == "payment_intents.create")
        assert (await db.execute(made)).scalar_one() == 1


async def test_a_removed_card_is_forgotten_here_and_at_stripe(world: World, heard: list[object]) -> None:
    card, hold = await kept(world), await world.hold(usd(40))
    await remove(world, card)
    await remove(world, card)
    await world.settle()
    assert heard.count(CardRemoved(card_id=card.id)) == 1
    assert await listed(world, world.cast.bilal) == []
    assert (await world.client.retrieve("payment_method", card.stripe_payment_method_id))["customer"] is None
    with pytest.raises(NotFound):
        await press(world, hold, card)
    again = await kept(world)
    assert again.id != card.id
