"""What an organisation's page of money adds up to, and where a hold belongs."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.contracts import actions, money
from marketplace.contracts.models import Contract
from marketplace.contracts.money import Place, Spending
from marketplace.escrow import refunding, settling
from marketplace.escrow.models import Refund
from marketplace.kernel import clock, working_days
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services, defer, drain
from tests.cast import Cast, user_named
from tests.contracts import scenes


@pytest.fixture
async def contract(db: Session, cast: Cast) -> Contract:
    return await scenes.agreed(db, cast)


def usd(held: int, released: int, refunded: int) -> Spending:
    return Spending(Money(held, "USD"), Money(released, "USD"), Money(refunded, "USD"))


async def test_what_was_paid_in_is_held_released_or_refunded(db: Session, cast: Cast, contract: Contract) -> None:
    async def spent() -> Spending:
        return (await money.spending_of(db, cast.agritrack.id))["USD"]

    part = await scenes.milestone(db, contract)
    await scenes.asked_to_pay(db, cast, part)
    assert await spent() == usd(0, 0, 0)

    await scenes.stripe_says(db, part)
    second = await scenes.funded(db, cast, contract, 2)
    assert await spent() == usd(300_01, 0, 0)

    await actions.deliver(db, part, text="Here.", by=cast.ayesha.id, at=clock.now())
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    assert await spent() == usd(200_01, 100_00, 0)

    clock.advance(timedelta(days=second.days, seconds=1))
    await actions.cancel_contract(db, contract, side="employer", by=cast.bilal.id, at=clock.now())
    assert await spent() == usd(0, 100_00, 200_01)
    assert await money.spending_of(db, cast.park.id) == {"USD": usd(0, 0, 0)}


async def test_the_payer_hears_of_a_refund_that_failed_and_of_the_next(
    db: Session, cast: Cast, contract: Contract, services: Services
) -> None:
    part = await scenes.funded(db, cast, contract)
    await actions.cancel_contract(db, contract, side="freelancer", reason="", by=cast.ayesha.id, at=clock.now())
    failed = (await db.execute(select(Refund))).scalar_one()
    await settling.refund_sent(db, failed.id, "re_1", clock.now())
    await settling.refund_failed(db, failed.id, code="expired_or_canceled_card", at=clock.now(), has_left=True)
    await drain(services)
    assert (await scenes.told(db, cast.bilal.id))[-1] == "refund_failed"

    # The mail promises two working days: then all of finance are told, once.
    farah = await user_named(db, "Farah Zaidi", staff_role="finance")
    [waits] = await refunding.failed_refunds(db)
    assert waits.until == working_days.end_of(clock.now(), 2)
    for days in (1, 5, 2):
        clock.advance(timedelta(days=days))
        await defer(db, "deadlines.sweep")
        await drain(services)
        assert await scenes.told(db, farah.id) == ([] if days == 1 else ["refund_overdue"])

    again = await refunding.give_back_again(db, failed.id, is_by_hand=False, by=cast.sana.id, at=clock.now())
    await settling.refund_sent(db, again.id, "re_2", clock.now())
    await drain(services)
    assert (await scenes.told(db, cast.bilal.id))[-1] == "refund_made_good"
    assert not {"refund_failed", "refund_made_good"} & set(await scenes.told(db, cast.ayesha.id))
    assert part.hold_id == failed.hold_id


async def test_a_refund_that_failed_is_held_again(db: Session, cast: Cast, contract: Contract) -> None:
    await scenes.funded(db, cast, contract)
    await actions.cancel_contract(db, contract, side="freelancer", by=cast.ayesha.id, at=clock.now())
    refund_id = (await db.execute(select(Refund.id))).scalar_one()
    await settling.refund_failed(db, refund_id, code="expired_or_canceled_card", at=clock.now(), has_left=False)

    assert await money.spending_of(db, cast.agritrack.id) == {"USD": usd(100_00, 0, 0)}


async def test_a_hold_belongs_to_its_milestone(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.funded(db, cast, contract, 2)

    assert await money.places_of(db, [part.hold_id]) == {part.hold_id: Place(contract.id, 2)}
    assert await money.places_of(db, []) == {}
