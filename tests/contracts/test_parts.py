"""A milestone in parts: some released early, some given back, an end that both want, dates, the limit of holding."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.contracts import actions, parts, rules
from marketplace.contracts.disputes import splits
from marketplace.contracts.disputes.models import Dispute
from marketplace.contracts.disputes.rules import OwnSplit
from marketplace.engines.deadlines import tasks as deadline_tasks
from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.ledger import queries as ledger
from marketplace.escrow.models import Hold, Refund, Release
from marketplace.escrow.queries import left_in
from marketplace.identity import audit
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from tests.cast import Cast
from tests.contracts import scenes


def usd(minor: int) -> Money:
    return Money(minor, "USD")


async def sums(db: Session) -> tuple[list[tuple[int, int, str]], list[tuple[int, str]]]:
    """Releases (amount, fee, cause) and refunds (amount, cause), in order."""
    released = select(Release.amount_minor, Release.fee_minor, Release.cause).order_by(Release.id)
    refunded = select(Refund.amount_minor, Refund.cause).order_by(Refund.id)
    return [tuple(row) for row in await db.execute(released)], [tuple(row) for row in await db.execute(refunded)]


async def pass_deadline(db: Session, kind: str, subject_id: object) -> None:
    query = select(Deadline.id).where(Deadline.kind == kind, Deadline.subject_id == subject_id)
    await deadline_tasks.pass_(db, deadline_id=(await db.execute(query)).scalar_one())


async def test_a_part_released_early_leaves_the_rest_for_the_end(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)

    await parts.release_part(db, part, usd(40_01), by=cast.bilal.id, at=clock.now())
    assert part.state == "funded"
    assert await left_in(db, part.hold_id) == usd(59_99)
    await actions.deliver(db, part, text="All.", by=cast.ayesha.id, at=clock.now())
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())

    released, refunded = await sums(db)
    assert released == [(40_01, 4_00, "part"), (59_99, 6_00, "accepted")]
    assert refunded == []
    assert part.state == "released"
    assert (await ledger.balance(db, "platform:fees:USD")).amount_minor == 10_00
    assert "part_released" in await scenes.told(db, cast.ayesha.id)


async def test_all_of_it_is_not_a_part(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)
    with pytest.raises(Invalid):
        await parts.release_part(db, part, usd(100_00), by=cast.bilal.id, at=clock.now())
    assert await left_in(db, part.hold_id) == usd(100_00)


async def test_what_is_given_back_comes_from_what_is_left(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.delivered(db, cast, contract)

    await parts.give_back(db, part, usd(30_00), by=cast.ayesha.id, at=clock.now())
    assert part.state == "delivered"
    with pytest.raises(Invalid):
        await parts.give_back(db, part, usd(70_01), by=cast.ayesha.id, at=clock.now())
    await parts.give_back(db, part, usd(70_00), by=cast.ayesha.id, at=clock.now())

    _released, refunded = await sums(db)
    assert refunded == [(30_00, "part"), (70_00, "cancelled")]
    assert part.state == "cancelled"
    assert (await db.get_one(Hold, part.hold_id)).state == "closed"


async def test_after_a_part_is_released_cancelling_gives_back_only_the_rest(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)
    await parts.release_part(db, part, usd(25_00), by=cast.bilal.id, at=clock.now())
    await actions.cancel_contract(db, contract, side="freelancer", by=cast.ayesha.id, at=clock.now())
    released, refunded = await sums(db)
    assert (released, refunded) == ([(25_00, 2_50, "part")], [(75_00, "cancelled")])


async def test_both_end_it_with_a_split(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)
    at = clock.now()

    split = await splits.propose(
        db, part, usd(40_00), text="Half is done.", side="freelancer", by=cast.ayesha.id, at=at
    )
    with pytest.raises(OwnSplit):
        await splits.accept(db, part, split.id, side="freelancer", by=cast.ayesha.id, at=at)
    assert part.state == "funded", "a proposal moves nothing"
    await splits.accept(db, part, split.id, side="employer", by=cast.bilal.id, at=at)

    released, refunded = await sums(db)
    assert (released, refunded) == ([(40_00, 4_00, "settlement")], [(60_00, "settlement")])
    assert part.state == "cancelled"
    kinds = [line.action for line in await audit.lines_of(db, ("hold", part.hold_id))]
    assert kinds.count("hold.settled") == 1
    assert await scenes.told(db, cast.bilal.id) != []


async def test_the_same_wish_of_both_is_an_agreement(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)
    at = clock.now()
    await splits.propose(db, part, usd(10_00), text="", side="employer", by=cast.bilal.id, at=at)
    await splits.propose(db, part, usd(20_00), text="", side="freelancer", by=cast.ayesha.id, at=at)
    assert part.state == "funded"
    await splits.propose(db, part, usd(20_00), text="", side="employer", by=cast.bilal.id, at=at)
    assert part.state == "cancelled"
    assert (await sums(db))[0] == [(20_00, 2_00, "settlement")]


async def test_a_replaced_split_can_not_be_accepted(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)
    at = clock.now()
    first = await splits.propose(db, part, usd(10_00), text="", side="employer", by=cast.bilal.id, at=at)
    await splits.propose(db, part, usd(20_00), text="", side="employer", by=cast.bilal.id, at=at)
    with pytest.raises(Exception, match="gone on"):
        await splits.accept(db, part, first.id, side="freelancer", by=cast.ayesha.id, at=at)
    assert await left_in(db, part.hold_id) == usd(100_00)


async def test_only_when_late_and_never_delivered_the_employer_takes_it_back_alone(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)
    with pytest.raises(rules.HeldWork):
        await parts.cancel_overdue(db, part, by=cast.bilal.id, at=clock.now())
    clock.advance(timedelta(days=part.days, seconds=1))
    await pass_deadline(db, rules.DUE, part.id)
    assert "milestone_overdue" in await scenes.told(db, cast.ayesha.id)
    assert "delivery_overdue" in await scenes.told(db, cast.bilal.id)

    await parts.cancel_overdue(db, part, by=cast.bilal.id, at=clock.now())
    assert part.state == "cancelled"
    assert contract.state == "active", "the second milestone is still to come"


async def test_more_time_makes_it_punctual_again(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.funded(db, cast, contract)
    clock.advance(timedelta(days=part.days, seconds=1))
    await parts.extend(db, part, days=5, by=cast.bilal.id, at=clock.now())
    with pytest.raises(rules.HeldWork):
        await parts.cancel_overdue(db, part, by=cast.bilal.id, at=clock.now())


@pytest.mark.parametrize(
    ("stage", "state", "message"),
    [("funded", "cancelled", "milestone_cancelled"), ("delivered", "released", "milestone_released")],
)
async def test_the_limit_of_holding_forces_an_end(
    db: Session, cast: Cast, stage: str, state: str, message: str
) -> None:
    contract = await scenes.agreed(db, cast)
    part = await getattr(scenes, stage)(db, cast, contract)
    clock.advance(rules.WARN_AFTER + timedelta(seconds=1))
    await pass_deadline(db, rules.HOLDING_WARNING, part.id)
    assert "holding_warning" in await scenes.told(db, cast.bilal.id)
    assert "holding_warning" in await scenes.told(db, cast.ayesha.id)
    clock.advance(rules.FORCE_AFTER - rules.WARN_AFTER)
    await pass_deadline(db, rules.HOLDING_LIMIT, part.id)
    assert part.state == state
    assert message in await scenes.told(db, cast.ayesha.id)


async def test_sent_back_work_at_the_limit_goes_to_a_moderator(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.delivered(db, cast, contract)
    await actions.ask_revision(db, part, missing="The logo.", by=cast.bilal.id, at=clock.now())
    clock.advance(rules.FORCE_AFTER + timedelta(seconds=1))
    await pass_deadline(db, rules.HOLDING_LIMIT, part.id)
    dispute = (await db.execute(select(Dispute))).scalar_one()
    assert (part.state, dispute.state, dispute.side) == ("disputed", "mediation", None)


async def test_the_limit_leaves_a_finished_milestone_alone(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    part = await scenes.delivered(db, cast, contract)
    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    clock.advance(rules.FORCE_AFTER + timedelta(seconds=1))
    await pass_deadline(db, rules.HOLDING_LIMIT, part.id)
    assert part.state == "released"
    assert len((await sums(db))[0]) == 1


async def test_the_last_milestone_cancelled_ends_the_contract(db: Session, cast: Cast) -> None:
    contract = await scenes.agreed(db, cast)
    for number in (1, 2):
        part = await scenes.funded(db, cast, contract, number)
        await parts.give_back(db, part, usd(part.amount_minor), by=cast.ayesha.id, at=clock.now())
    assert contract.state == "cancelled"
