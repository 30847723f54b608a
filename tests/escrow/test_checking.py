"""`marketplace check` is red for each thing that can be wrong, and says which."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from marketplace.engines.ledger import journal
from marketplace.engines.payments import outbox
from marketplace.escrow import accounts
from marketplace.escrow.checking import check
from marketplace.kernel import clock
from tests.escrow.world import World, usd


async def busy(world: World) -> None:
    """One of everything: held, owed, in her balance, paid out, given back."""
    await world.onboard()
    await world.release(await world.funded(usd(100)))
    await world.listen()
    await world.pay_out(usd(30))
    await world.refund(await world.funded(usd(50)), usd(20))
    await world.release(await world.funded(usd(40), payee=world.cast.hina))
    await world.settle()


CHANGES = {
    "UPDATE holds SET state = 'closed', closed_at = now() WHERE state = 'held'": "is closed, but 3000 is held",
    "UPDATE holds SET state = 'held' WHERE state = 'closed' AND amount_minor = 4000": "is held, but 0 is held",
    "UPDATE releases SET amount_minor = 9999 WHERE amount_minor = 10000": "add up to 9999",
    "UPDATE refunds SET amount_minor = 1999": "add up to 4999",
    "UPDATE refunds SET state = 'pending'": "is pending, but 0 is in transit",
    "UPDATE transfers SET amount_minor = 1 WHERE state = 'pending'": "not sent add up to 1",
    "UPDATE transfers SET amount_minor = 1 WHERE state = 'sent'": "transfers less payouts add up to -2999",
    "UPDATE payouts SET state = 'failed'": "transfers less payouts add up to 9000",
    "UPDATE payouts SET state = 'sent'": "is sent, but 0 is in transit",
    "UPDATE payment_commands SET state = 'sent', result = NULL, created_at = now() - interval '1 day'": "command",
    "UPDATE webhook_events SET processed_at = NULL, received_at = now() - interval '1 day'": "event",
    "UPDATE webhook_events SET error = 'gone'": "could not be read: gone",
}


async def test_each_difference_is_named(world: World) -> None:
    await busy(world)
    assert await world.problems() == []
    for change, expected in CHANGES.items():
        async with world.database.write.begin() as db:
            savepoint = await db.begin_nested()
            await db.execute(text(change))
            found = await check(db, at=clock.now())
            await savepoint.rollback()
        assert any(expected in line for line in found), (change, found)


async def test_a_forged_posting_of_fees_that_adds_up_is_found_without_stripe(world: World) -> None:
    await busy(world)
    async with world.database.write.begin() as db:
        lines = accounts.move(accounts.fees("USD"), accounts.own_transfers("USD"), usd(5))
        await journal.post(db, key="forged", kind="release", lines=lines, at=clock.now(), subject=("hold", uuid4()))
        [found] = await check(db, at=clock.now())
    assert found == "account platform:fees:USD: balance 900, but the fees of what was released add up to 1400"
    world.expected_problems = [found]


async def test_a_cent_that_only_stripe_knows_of_is_found(world: World) -> None:
    await busy(world)
    charge = (await world.sandbox.books())["refunds"][-1]["charge"]
    await world.client.execute("refunds.create", {"charge": charge, "amount": 1}, key=f"by hand: {charge}")
    problems = await world.problems()
    assert len(problems) == 1
    assert problems[0].startswith("balance at Stripe")
    world.expected_problems = problems


async def test_a_young_command_is_no_problem_an_old_one_is(world: World) -> None:
    async with world.database.write.begin() as db:
        savepoint = await db.begin_nested()
        await outbox.send(
            db,
            operation="payouts.create",
            key="never answered",
            body={"amount": 1, "currency": "usd"},
            subject=("test", world.cast.ayesha.id),
        )
        assert await check(db, at=clock.now()) == []
        [found] = await check(db, at=clock.now() + timedelta(minutes=11))
        assert "payouts.create" in found
        await savepoint.rollback()


async def test_the_unsealed_tail_may_not_grow_old(real_world: World) -> None:
    await real_world.funded(usd(10))
    async with real_world.database.write.begin() as db:
        assert await check(db, at=clock.now()) == []
        await db.execute(text("SET LOCAL session_replication_role = replica"))
        await db.execute(text("UPDATE ledger_transactions SET created_at = created_at - interval '1 hour'"))
        [found] = await check(db, at=clock.now())
        assert found.startswith("hash chain: ")
        await db.rollback()
