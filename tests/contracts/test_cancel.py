"""A contract ends without taking anything away from anybody."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.contracts import actions, rules
from marketplace.contracts.models import Contract
from marketplace.contracts.rules import Side
from marketplace.engines.payments.models import Command
from marketplace.escrow import queries as escrow
from marketplace.escrow.models import Hold, Refund
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from tests.cast import Cast
from tests.contracts import scenes


@pytest.fixture
async def contract(db: Session, cast: Cast) -> Contract:
    return await scenes.agreed(db, cast)


async def cancel(db: Session, cast: Cast, contract: Contract, side: Side, reason: str = "Plans have changed.") -> None:
    by = {"employer": cast.bilal.id, "freelancer": cast.ayesha.id}[side]
    await actions.cancel_contract(db, contract, side=side, reason=reason, by=by, at=clock.now())


async def states(db: Session, cast: Cast, contract: Contract) -> list[str]:
    return [part.state for part in (await scenes.seen_by(db, contract, cast.ayesha.id)).milestones]


@pytest.mark.parametrize("side", ["employer", "freelancer"])
async def test_what_is_only_planned_is_cancelled_by_either_side(
    db: Session, cast: Cast, contract: Contract, side: Side
) -> None:
    await cancel(db, cast, contract, side)

    assert (contract.state, await states(db, cast, contract)) == ("cancelled", ["cancelled", "cancelled"])
    for user in (cast.ayesha, cast.bilal):
        assert (await scenes.told(db, user.id))[-1] == "contract_cancelled"


async def test_an_open_pay_page_is_closed(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.milestone(db, contract)
    await scenes.asked_to_pay(db, cast, part)

    await cancel(db, cast, contract, "employer")

    assert (await db.get_one(Hold, part.hold_id)).state == "cancelled"
    await scenes.stripe_says(db, part)  # somebody pays on the page that was still open
    assert await states(db, cast, contract) == ["cancelled", "cancelled"]
    assert (await db.execute(select(Refund.cause))).scalar_one() == "late_payment"


async def test_a_page_that_ran_out_does_not_keep_the_contract(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.milestone(db, contract)
    await scenes.asked_to_pay(db, cast, part)
    await scenes.stripe_says(db, part, status="expired", payment_status="unpaid")

    await cancel(db, cast, contract, "freelancer")

    assert (await db.get_one(Hold, part.hold_id)).state == "cancelled"


async def test_she_gives_back_what_she_has_not_delivered(db: Session, cast: Cast, contract: Contract) -> None:
    await scenes.funded(db, cast, contract)

    await cancel(db, cast, contract, "freelancer")

    refund = (await db.execute(select(Refund))).scalar_one()
    assert (refund.amount_minor, refund.cause) == (100_00, "cancelled")
    assert (await escrow.balance_of(db, cast.ayesha.id)).held == Money(0, "USD")
    operations = (await db.execute(select(Command.operation).order_by(Command.id))).scalars().all()
    assert operations == ["checkout.sessions.create", "refunds.create"]


async def test_the_employer_can_not_take_money_from_under_her_work(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.funded(db, cast, contract)

    with pytest.raises(rules.HeldWork):
        await cancel(db, cast, contract, "employer")
    assert await states(db, cast, contract) == ["funded", "planned"]

    clock.advance(timedelta(days=part.days, seconds=1))
    await cancel(db, cast, contract, "employer")
    assert await states(db, cast, contract) == ["cancelled", "cancelled"]


@pytest.mark.parametrize("side", ["employer", "freelancer"])
async def test_a_delivery_gets_its_answer_first(db: Session, cast: Cast, contract: Contract, side: Side) -> None:
    await scenes.delivered(db, cast, contract)

    with pytest.raises(rules.DeliveryWaits):
        await cancel(db, cast, contract, side)


async def test_what_was_released_stays_hers(db: Session, cast: Cast, contract: Contract) -> None:
    part = await scenes.delivered(db, cast, contract)
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())

    await cancel(db, cast, contract, "employer")

    assert await states(db, cast, contract) == ["released", "cancelled"]
    assert (await escrow.balance_of(db, cast.ayesha.id)).owed == Money(90_00, "USD")


async def test_it_ends_once(db: Session, cast: Cast, contract: Contract) -> None:
    await cancel(db, cast, contract, "employer")

    with pytest.raises(rules.ContractOver):
        await cancel(db, cast, contract, "freelancer")
    with pytest.raises(rules.MilestoneMoveRefused):
        await scenes.asked_to_pay(db, cast, await scenes.milestone(db, contract))


@pytest.mark.parametrize("side", ["employer", "freelancer"])
def test_a_dispute_is_settled_first(side: Side) -> None:
    with pytest.raises(rules.Disputed):
        rules.check_cancel(side, [("disputed", None), ("delivered", None)], at=clock.now())
