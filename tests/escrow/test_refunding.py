"""Refunds that a bank sent back: they wait on a list, and a person gives the money back once more, once."""

from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.escrow import actions, refunding
from marketplace.escrow.errors import SamePerson
from marketplace.escrow.models import Hold, Refund
from marketplace.escrow.rails import pay_ins
from marketplace.escrow.rules import MoveRefused
from marketplace.kernel import clock
from tests.escrow.world import World, usd

COMES_BACK = "4000000000005126"


async def _failed(world: World) -> tuple[Hold, Refund]:
    hold = await world.funded(usd(80), card=COMES_BACK)
    refund_id = await world.refund(hold)
    await world.settle()
    return await world.fresh(Hold, hold.id), await world.fresh(Refund, refund_id)


async def _again(world: World, refund_id: UUID, *, is_by_hand: bool) -> Refund:
    async with world.database.write.begin() as db:
        return await refunding.give_back_again(
            db, refund_id, is_by_hand=is_by_hand, by=world.cast.bilal.id, at=clock.now()
        )


async def _listed(world: World) -> list[UUID]:
    async with world.database.write.begin() as db:
        return [each.refund_id for each in await refunding.failed_refunds(db)]


async def test_it_waits_on_the_list_and_is_tried_again(world: World) -> None:
    hold, failed = await _failed(world)
    assert (hold.state, failed.state) == ("held", "failed")
    assert await _listed(world) == [failed.id]
    again = await _again(world, failed.id, is_by_hand=False)
    assert await _listed(world) == []
    await world.settle()
    assert await _listed(world) == [again.id], "this card sends everything back"
    at_stripe = await world.at_stripe("refunds", lambda each: each["charge"] == hold.charge_id)
    assert len({each["id"] for each in at_stripe}) == 2


async def test_by_hand_another_person_says_that_it_is_sent(world: World) -> None:
    hold, failed = await _failed(world)
    again = await _again(world, failed.id, is_by_hand=True)
    with pytest.raises(MoveRefused):
        await _again(world, failed.id, is_by_hand=False)
    async with world.database.write.begin() as db:
        assert [each.refund_id for each in await pay_ins.to_send_back(db)] == [again.id]
        with pytest.raises(SamePerson):
            await pay_ins.sent_back(db, hold.id, again.id, by=world.cast.bilal.id, at=clock.now())
    async with world.database.write.begin() as db:
        await pay_ins.sent_back(db, hold.id, again.id, by=world.cast.sana.id, at=clock.now())
    assert (await world.fresh(Refund, again.id)).state == "sent"
    assert await world.ledger("platform:clearing:USD") == usd(80)
    assert (await world.fresh(Hold, hold.id)).state == "closed"


async def test_a_payment_that_no_hold_could_take_is_given_back_again_too(world: World) -> None:
    """Paid after it was cancelled, and the card sends its refund back: that money was in no hold."""
    hold = await world.hold(usd(50))
    page = await world.pay_page(hold)
    await world.sandbox.pay(page["url"], card=COMES_BACK)
    async with world.database.write.begin() as db:
        await actions.cancel_hold(db, hold, by=world.cast.bilal.id, at=clock.now())
    await world.settle()
    await world.settle()
    async with world.database.write.begin() as db:
        [failed] = (await db.execute(select(Refund).where(Refund.hold_id == hold.id))).scalars()
    assert (failed.cause, failed.state) == ("late_payment", "failed")
    assert await world.problems() != [], "a person has to give it back"
    again = await _again(world, failed.id, is_by_hand=True)
    assert await world.ledger(f"refund_transit:{again.id}") == usd(50)
    assert await world.ledger(f"refund_transit:{failed.id}") == usd(0)
    assert await world.problems() == []
