"""Stripe's books beside ours: what matches is silent, what does not stays until a person says what it was."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from marketplace.engines.ledger import journal
from marketplace.engines.ledger import queries as ledger
from marketplace.engines.payments.models import BalanceMovement
from marketplace.engines.payments.movements import fetch_movements
from marketplace.escrow import accounts
from marketplace.escrow.models import BookDifference, Refund, Transfer
from marketplace.escrow.reconciling import (
    NotBookable,
    ReasonNeeded,
    book_difference,
    close_difference,
    open_differences,
    reconcile,
)
from marketplace.identity import audit
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from tests.escrow.world import World, usd

NOW = timedelta(seconds=-5)
"""Everything counts, also what just happened."""


async def _differences(world: World, sources: Iterable[str] | None = None) -> dict[str, tuple[int | None, int | None]]:
    """What differs among these objects of Stripe (the sandbox serves other tests too)."""
    await fetch_movements(world.database, world.client)
    async with world.database.write.begin() as db:
        await reconcile(db, at=clock.now(), grace=NOW)
        found = await open_differences(db, limit=10_000)
    known = set(await _sources(world) if sources is None else sources)
    return {each.source_id: (each.stripe_minor, each.ledger_minor) for each in found if each.source_id in known}


async def _sources(world: World) -> list[str]:
    async with world.database.write.begin() as db:
        transfers = (await db.execute(select(Transfer.stripe_transfer_id))).scalars().all()
        refunds = (await db.execute(select(Refund.stripe_refund_id))).scalars().all()
        charges = (await db.execute(text("SELECT charge_id FROM checkouts"))).scalars().all()
    return [each for each in (*transfers, *refunds, *charges) if each]


async def _busy(world: World) -> None:
    """Charges, a transfer, a refund that arrives and one that comes back."""
    await world.onboard()
    hold = await world.funded(usd(100))
    await world.release(hold, usd(60))
    await world.refund(hold, usd(15))
    other = await world.funded(usd(33.33))
    await world.refund(other)
    await world.settle()


async def test_books_that_agree_are_silent(world: World) -> None:
    await _busy(world)
    assert len(await _sources(world)) == 5
    assert await _differences(world) == {}
    async with world.database.write.begin() as db:
        kinds = (await db.execute(select(BalanceMovement.type).distinct())).scalars().all()
    assert {"charge", "transfer", "refund"} <= set(kinds)


async def test_what_only_stripe_knows_is_named(world: World) -> None:
    """A movement whose webhook never came and whose posting is missing."""
    await _busy(world)
    hold = await world.hold(usd(12))
    session = await world.pay_page(hold)
    await world.sandbox.pay(session["url"])
    charge = (await world.at_stripe("charges", lambda each: each["transfer_group"] == f"hold:{hold.id}"))[0]
    assert await _differences(world, [charge["id"]]) == {charge["id"]: (12_00 - 65, None)}
    await world.listen()
    assert await _differences(world, [charge["id"]]) == {charge["id"]: (12_00 - 65, None)}, "nothing heals silently"
    async with world.database.write.begin() as db:
        row = (await db.execute(select(BookDifference).where(BookDifference.source_id == charge["id"]))).scalar_one()
        assert row.gone_at is not None


async def test_what_only_the_ledger_knows_is_named(world: World) -> None:
    await _busy(world)
    async with world.database.write.begin() as db:
        lines = accounts.move("world:stripe:USD", "platform:fees:USD", usd(7))
        await journal.post(db, key="made:up", kind="test", lines=lines, at=clock.now(), subject=("test", uuid4()))
    assert await _differences(world, ["made:up"]) == {"made:up": (None, 7_00)}
    world.expected_problems = await world.problems()
    assert world.expected_problems


async def test_another_amount_is_named(world: World) -> None:
    await _busy(world)
    assert await _differences(world) == {}
    async with world.database.write.begin() as db:
        [first] = (await db.execute(select(Transfer.stripe_transfer_id))).scalars()
        await db.execute(
            text("UPDATE balance_movements SET net_minor = net_minor - 1 WHERE source_id = :id"), {"id": first}
        )
    assert await _differences(world) == {first: (-54_01, -54_00)}


async def test_a_person_closes_with_a_reason_and_it_does_not_come_back(world: World) -> None:
    async with world.database.write.begin() as db:
        lines = accounts.move("world:stripe:USD", "platform:fees:USD", usd(7))
        await journal.post(db, key="made:up", kind="test", lines=lines, at=clock.now(), subject=("test", uuid4()))
    assert await _differences(world, ["made:up"])
    moderator = world.cast.sana.id
    async with world.database.write.begin() as db:
        [row] = [each for each in await open_differences(db, limit=10_000) if each.source_id == "made:up"]
        with pytest.raises(ReasonNeeded):
            await close_difference(db, row.id, "  ", by=moderator, at=clock.now())
        await close_difference(db, row.id, "A test of the books", by=moderator, at=clock.now())
        with pytest.raises(NotFound):
            await close_difference(db, row.id, "Again", by=moderator, at=clock.now())
        [line] = await audit.lines_of(db, ("book_difference", row.id))
        assert line.why == "A test of the books"
    assert await _differences(world, ["made:up"]) == {}
    async with world.database.write.begin() as db:
        await journal.post(db, key="made:up:2", kind="test", lines=lines, at=clock.now(), subject=("test", uuid4()))
    assert await _differences(world, ["made:up", "made:up:2"]) == {"made:up:2": (None, 7_00)}
    world.expected_problems = await world.problems()


async def test_chargebacks_and_refunds_that_came_back_match(world: World) -> None:
    hold = await world.funded(usd(40))
    lost, won = [await world.sandbox.dispute(each.charge_id) for each in (hold, await world.funded(usd(50)))]
    failing = await world.funded(usd(60), card="4000000000005126")
    await world.refund(failing)
    await world.settle()
    await world.sandbox.decide(lost["id"], "lost")
    await world.sandbox.decide(won["id"], "won")
    await world.listen()
    assert await _differences(world, [*await _sources(world), lost["id"], won["id"]]) == {}


async def test_what_stripe_did_without_us_is_booked_by_a_person(world: World) -> None:
    """The platform's own money goes from Stripe to its bank: in no book of ours until somebody says what it was."""
    async with world.database.write.begin() as db:
        at = clock.now() - timedelta(hours=2)
        db.add(
            BalanceMovement(
                id="txn_own", type="payout", source_id="po_own", currency="USD", amount_minor=-30_00, fee_minor=0,
                net_minor=-30_00, created_at=at, available_at=at,
            )
        )  # fmt: skip
    assert await _differences(world, ["po_own"]) == {"po_own": (-30_00, None)}
    async with world.database.write.begin() as db:
        [row] = [each for each in await open_differences(db, limit=10_000) if each.source_id == "po_own"]
        told = {"by": world.cast.sana.id, "at": clock.now()}
        with pytest.raises(ReasonNeeded):
            await book_difference(db, row.id, "own_transfer", " ", **told)
        await book_difference(db, row.id, "own_transfer", "Fees of October to our bank", **told)
    assert await world.ledger("platform:own_transfers:USD") == usd(-30)
    assert await _differences(world, ["po_own"]) == {}
    async with world.database.write.begin() as db:
        lines = accounts.move("world:stripe:USD", "platform:fees:USD", usd(7))
        await journal.post(db, key="ours", kind="test", lines=lines, at=clock.now(), subject=("test", uuid4()))
    await _differences(world, ["ours"])
    async with world.database.write.begin() as db:
        [row] = [each for each in await open_differences(db, limit=10_000) if each.source_id == "ours"]
    with pytest.raises(NotBookable):
        async with world.database.write.begin() as db:
            await book_difference(db, row.id, "stripe_fee", "No", **told)
    world.expected_problems = await world.problems()


async def test_what_is_young_waits_an_hour(world: World) -> None:
    async with world.database.write.begin() as db:
        lines = accounts.move("world:stripe:USD", "platform:fees:USD", usd(7))
        await journal.post(db, key="young", kind="test", lines=lines, at=clock.now(), subject=("test", uuid4()))
    async with world.database.write.begin() as db:
        await reconcile(db, at=clock.now())
        assert "young" not in {each.source_id for each in await open_differences(db, limit=10_000)}
    world.expected_problems = await world.problems()


async def test_balances_and_the_trial_balance_at_a_moment(world: World) -> None:
    hold = await world.funded(usd(100))
    before = clock.now()
    clock.advance(timedelta(days=1))
    await world.release(hold)
    async with world.database.write.begin() as db:
        code = accounts.hold(hold.id)
        assert await ledger.balance_at(db, code, before) == usd(100)
        assert await ledger.balance_at(db, code, clock.now()) == usd(0)
        assert await ledger.balance_at(db, code, world.began_at - timedelta(days=1)) == usd(0)
        assert await ledger.balance_at(db, "hold:nobody", before) is None
        then, now = await ledger.trial_lines(db, before), await ledger.trial_lines(db, clock.now())
    assert sum(line.money.amount_minor for line in then) == sum(line.money.amount_minor for line in now) == 0
    kinds = {line.kind: line.money for line in now}
    assert (kinds["owed"], kinds["platform:fees"], kinds["hold"]) == (usd(90), usd(10), usd(0))
    assert "owed" not in {line.kind for line in then}


async def test_money_in_transit_for_too_long_is_listed(world: World) -> None:
    hold = await world.funded(usd(100))
    refund_id = await world.refund(hold)
    async with world.database.write.begin() as db:
        assert await ledger.resting(db, ["refund_transit:"], before=clock.now() - timedelta(days=3)) == []
        clock.advance(timedelta(days=3, seconds=1))
        [found] = await ledger.resting(db, ["refund_transit:"], before=clock.now() - timedelta(days=3))
    assert (found.code, found.money) == (f"refund_transit:{refund_id}", usd(100))
