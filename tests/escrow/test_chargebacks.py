"""Payers' banks ask back, before and after release, told in any order: books agree, nobody's balance falls."""

import random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from marketplace.escrow import chargebacks, splitting
from marketplace.escrow.chargeback_models import Chargeback
from marketplace.escrow.errors import HoldFrozen
from marketplace.escrow.events import ChargebackClosed, ChargebackOpened
from marketplace.escrow.models import Hold, Refund
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.escrow.world import World, usd


async def only(world: World, model: Any = Chargeback) -> Any:
    async with world.database.write.begin() as db:
        return (await db.execute(select(model).execution_options(populate_existing=True))).scalar_one()


async def disputed(world: World, amount: float = 100, **how: Any) -> tuple[Hold, dict[str, Any]]:
    """Money is held, and the payer's bank asks for it back."""
    hold = await world.funded(usd(amount))
    dispute = await world.sandbox.dispute(hold.charge_id, **how)
    await world.listen()
    return await world.fresh(Hold, hold.id), dispute


async def test_it_freezes_what_is_held(world: World, heard: list[object]) -> None:
    hold, _dispute = await disputed(world)
    assert hold.frozen_at is not None
    for step in (world.release, world.refund):
        with pytest.raises(HoldFrozen):
            await step(hold, usd(1))
    assert await world.ledger(f"hold:{hold.id}") == usd(100)
    chargeback = await only(world)
    assert await world.ledger(f"platform:disputed:{chargeback.id}") == usd(-100)
    assert [type(event) for event in heard if isinstance(event, ChargebackOpened)] == [ChargebackOpened]


async def test_won_it_goes_on_as_before(world: World, heard: list[object]) -> None:
    hold, dispute = await disputed(world)
    await world.sandbox.decide(dispute["id"], "won")
    await world.listen()
    hold = await world.fresh(Hold, hold.id)
    assert (hold.frozen_at, hold.is_reserve_backed) == (None, False)
    assert await world.ledger("platform:reserve:USD") == usd(0)
    await world.release(hold)
    assert [event.is_lost for event in heard if isinstance(event, ChargebackClosed)] == [False]


async def test_lost_the_reserve_stands_in_and_she_is_paid(world: World) -> None:
    await world.onboard()
    hold, dispute = await disputed(world)
    await world.sandbox.decide(dispute["id"], "lost")
    await world.listen()
    hold = await world.fresh(Hold, hold.id)
    assert hold.is_reserve_backed
    assert await world.ledger("platform:reserve:USD") == usd(-100)
    await world.sandbox.settings(settle_seconds=0)
    await world.funded(usd(200))  # the platform's own balance at Stripe must reach for the transfer
    await world.release(hold)
    await world.settle()
    assert (await world.balance()).available == usd(90)


async def test_what_a_lost_hold_refunds_goes_to_the_reserve(world: World) -> None:
    hold, dispute = await disputed(world)
    await world.sandbox.decide(dispute["id"], "lost")
    await world.listen()
    await world.refund(await world.fresh(Hold, hold.id))
    assert (await only(world, Refund)).state == "sent"
    assert await world.ledger("platform:reserve:USD") == usd(0)
    assert await world.at_stripe("refunds", lambda each: each["charge"] == hold.charge_id) == []


async def test_fault_lets_the_hold_cover_the_loss(world: World) -> None:
    hold, dispute = await disputed(world)
    chargeback = await only(world)
    async with world.database.write.begin() as db:
        by = world.cast.sana.id
        await chargebacks.decide_fault(db, chargeback.id, reason="Stolen work.", by=by, at=clock.now())
    await world.sandbox.decide(dispute["id"], "lost")
    await world.listen()
    assert (await world.fresh(Hold, hold.id)).state == "closed"
    assert (await only(world)).covered_minor == 100_00
    assert await world.ledger("platform:reserve:USD") == usd(0)


async def test_after_release_her_balance_does_not_fall(world: World) -> None:
    await world.onboard()
    hold = await world.funded(usd(100))
    await world.release(hold)
    await world.settle()
    before = await world.balance()
    dispute = await world.sandbox.dispute(hold.charge_id)
    await world.listen()
    await world.sandbox.decide(dispute["id"], "lost")
    await world.listen()
    assert await world.balance() == before
    assert await world.ledger("platform:reserve:USD") == usd(-100)


async def test_an_inquiry_freezes_and_takes_nothing(world: World) -> None:
    hold, dispute = await disputed(world, is_inquiry=True)
    assert hold.frozen_at is not None
    assert (await only(world)).taken_minor == 0
    await world.sandbox.decide(dispute["id"], "lost")
    await world.listen()
    assert (await only(world)).state == "closed"
    assert (await world.fresh(Hold, hold.id)).frozen_at is None


@pytest.mark.parametrize("outcome", ["won", "lost"])
@pytest.mark.parametrize("seed", range(3))
async def test_events_come_in_any_order_and_twice(world: World, outcome: str, seed: int) -> None:
    hold = await world.funded(usd(100))
    dispute = await world.sandbox.dispute(hold.charge_id)
    await world.sandbox.decide(dispute["id"], outcome)
    events = await world.events()
    events += events
    random.Random(seed).shuffle(events)
    await world.hear(events)
    chargeback = await only(world)
    assert chargeback.state == outcome
    assert await world.ledger("platform:reserve:USD") == usd(-100 if outcome == "lost" else 0)
    assert (await world.ledger("platform:processor_fees:USD")).amount_minor == -(3_20 + 15_00)


async def test_the_bank_gets_one_answer(world: World) -> None:
    _hold, dispute = await disputed(world)
    chargeback = await only(world)

    async def answer() -> UUID:
        async with world.database.write.begin() as db:
            by = world.cast.sana.id
            return await chargebacks.submit_evidence(db, chargeback.id, text="Delivered.", by=by, at=clock.now())

    command_id = await answer()
    with pytest.raises(chargebacks.ChargebackOver):
        await answer()
    await world.dispatch(command_id)
    await world.listen()
    shown = await world.client.retrieve("dispute", dispute["id"])
    assert shown["status"] == "under_review"
    assert shown["evidence"]["uncategorized_text"] == "Delivered."
    assert (await only(world)).evidence_sent_at is not None


async def test_a_split_waits_too(world: World) -> None:
    hold, _dispute = await disputed(world)
    with pytest.raises(HoldFrozen):
        async with world.database.write.begin() as db:
            await splitting.split(db, hold, usd(40), settlement_id=uuid4(), by=None, at=clock.now())


async def test_a_split_is_one_journal_transaction(world: World) -> None:
    await world.onboard()
    hold = await world.funded(Money(100_01, "USD"))
    async with world.database.write.begin() as db:
        await splitting.split(db, hold, Money(33_33, "USD"), settlement_id=uuid4(), by=None, at=clock.now())
    await world.settle()
    assert (await world.balance()).available == Money(33_33 - 3_33, "USD")
    assert [each["amount"] for each in await world.at_stripe("refunds", lambda e: e["charge"] == hold.charge_id)] == [
        66_68
    ]
    assert (await world.fresh(Hold, hold.id)).state == "closed"
