"""From held money to her balance: less the fee, once, and never while she can't receive it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from marketplace.engines.payments.client import PaymentClient
from marketplace.escrow import actions, queries
from marketplace.escrow.errors import NotHeld
from marketplace.escrow.events import PayoutAccountReady, ReleaseMade, TransferSent, TransferWaiting
from marketplace.escrow.models import Hold, PayoutAccount, Release
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from tests.escrow.world import World, usd


async def at_stripe(world: World, hold: Hold) -> list[dict[str, Any]]:
    return await world.at_stripe("transfers", lambda transfer: transfer["transfer_group"] == f"hold:{hold.id}")


class TestReleasing:
    async def test_without_an_account_it_stays_owed_until_she_connects_one(
        self, world: World, heard: list[object]
    ) -> None:
        hold = await world.funded(usd(250))
        release = await world.release(hold)
        transfer = await world.transfer(release)
        ayesha = world.cast.ayesha.id
        assert heard[1:] == [
            ReleaseMade(hold_id=hold.id, release_id=release.id, user_id=ayesha),
            TransferWaiting(transfer_id=transfer.id, user_id=ayesha, reason="no_payout_account"),
        ]
        assert (release.amount_minor, release.fee_minor) == (250_00, 25_00)
        assert (await world.fresh(Hold, hold.id)).state == "closed"
        assert (await world.balance()).owed == usd(225)
        assert await world.ledger("platform:fees:USD") == usd(25)

        account = await world.onboard()
        assert (account.state, account.can_pay_out, account.bank_last4) == ("active", True, "6702")
        await world.listen()
        balance = await world.balance()
        assert (balance.owed, balance.available) == (usd(0), usd(225))
        assert heard[3:] == [
            PayoutAccountReady(payout_account_id=account.id, user_id=ayesha),
            TransferSent(transfer_id=transfer.id, user_id=ayesha),
        ]
        [sent] = await at_stripe(world, hold)
        assert (sent["amount"], sent["key"]) == (225_00, f"release:{release.id}:transfer:1")

    async def test_an_account_with_open_questions_is_not_paid_to(self, world: World) -> None:
        hold = await world.funded(usd(250))
        await world.connect()
        await world.release(hold)
        await world.listen()
        assert (await world.balance()).owed == usd(225)
        assert await at_stripe(world, hold) == []

    async def test_each_part_bears_what_is_missing_of_the_fee_and_the_last_closes_the_hold(self, world: World) -> None:
        await world.onboard()
        hold = await world.funded(usd(100.05))
        for part, fee, state in ((33.33, 3_33, "held"), (33.33, 3_33, "held"), (33.39, 3_34, "closed")):
            release = await world.release(hold, usd(part))
            assert release.fee_minor == fee
            assert (await world.fresh(Hold, hold.id)).state == state
        await world.listen()
        assert (await world.balance()).available == usd(100.05 - 10.00)

    async def test_more_than_is_held_is_refused(self, world: World) -> None:
        hold = await world.funded(usd(100))
        with pytest.raises(NotHeld):
            await world.release(hold, usd(100.01))
        await world.release(hold)
        with pytest.raises(NotHeld):
            await world.release(hold, usd(0.01))

    async def test_a_release_that_is_all_fee_sends_nothing(self, world: World) -> None:
        hold = await world.funded(usd(100), fee_basis_points=10_000)
        await world.release(hold)
        assert await world.ledger("platform:fees:USD") == usd(100)
        assert (await world.fresh(Hold, hold.id)).state == "closed"


class TestFailure:
    async def test_what_stripe_refuses_stays_owed_and_goes_out_once_she_has_mended_it(
        self, world: World, heard: list[object]
    ) -> None:
        hold = await world.funded(usd(100))
        account = await world.connect()
        async with world.database.write.begin() as db:  # we believe that she is active; Stripe does not
            await db.execute(text("UPDATE payout_accounts SET state = 'active'"))
        release = await world.release(hold)
        await world.listen()
        transfer = await world.transfer(release)
        assert (transfer.state, transfer.failure) == ("failed", "insufficient_capabilities_for_transfer")
        assert isinstance(heard[-1], TransferWaiting)
        assert (await world.balance()).owed == usd(90)

        await world.onboard()
        await world.listen()
        transfer = await world.transfer(release)
        assert (transfer.state, transfer.epoch, transfer.failure) == ("sent", 2, "")
        assert (await world.balance()).available == usd(90)
        assert (await world.fresh(PayoutAccount, account.id)).state == "active"

    async def test_an_account_that_is_restricted_waits_again(self, world: World) -> None:
        account = await world.onboard()
        assert account.stripe_account_id
        await world.told("account", account.stripe_account_id, capabilities={"transfers": "inactive"})
        assert (await world.fresh(PayoutAccount, account.id)).state == "restricted"
        hold = await world.funded(usd(100))
        async with world.database.write.begin() as db:
            await db.execute(text("UPDATE payout_accounts SET state = 'restricted'"))
        await world.release(hold)
        assert (await world.balance()).owed == usd(90)
        await world.told("account", account.stripe_account_id)
        await world.listen()
        assert (await world.balance()).available == usd(90)


class TestOnce:
    @pytest.mark.parametrize("fault", ["drop_after", "garbage", "500_after", "503_before", "429"])
    async def test_a_lost_answer_pays_once(self, world: World, fault: str) -> None:
        await world.onboard()
        hold = await world.funded(usd(100))
        await world.sandbox.fault("POST /v1/transfers", fault)
        await world.release(hold)
        await world.settle()
        [sent] = await at_stripe(world, hold)
        assert sent["amount"] == 90_00
        assert (await world.balance()).available == usd(90)

    async def test_every_event_again_and_again(self, world: World) -> None:
        await world.onboard()
        hold = await world.funded(usd(100))
        await world.release(hold)
        await world.listen()
        [sent] = await at_stripe(world, hold)
        for _ in range(3):
            await world.told("transfer", sent["id"])
        assert (await world.balance()).available == usd(90)

    async def test_the_event_may_come_before_our_own_record(self, world: World) -> None:
        await world.onboard()
        hold = await world.funded(usd(100))
        release = await world.release(hold)
        transfer = await world.transfer(release)
        async with world.database.write.begin() as db:
            row = await db.execute(
                text("SELECT idempotency_key, body FROM payment_commands WHERE id = :id"), {"id": transfer.command_id}
            )
            key, body = row.one()
        made = await world.client.execute("transfers.create", body, key=key)
        await world.told("transfer", made["id"])
        assert (await world.transfer(release)).state == "sent"
        await world.listen()
        assert len(await at_stripe(world, hold)) == 1

    async def test_without_our_keys_a_lost_answer_pays_twice_and_the_check_is_red(self, world: World) -> None:
        """The twin: take the guard away, and the books must disagree. Our ledger alone still balances.

        Of a whole release Stripe itself refuses the second transfer: more than the charge that it comes from.
        """
        await world.onboard()
        hold = await world.funded(usd(100))
        world.services.add(Keyless(world.client), PaymentClient)
        await world.sandbox.fault("POST /v1/transfers", "drop_after")
        await world.release(hold, usd(40))
        await world.settle()
        assert len(await at_stripe(world, hold)) == 2
        problems = await world.problems()
        assert len(problems) == 2
        assert "in the ledger" in problems[0]
        world.expected_problems = problems


class Keyless:
    """The client with a fresh key at every call and no look-up: what everybody writes first."""

    def __init__(self, client: PaymentClient) -> None:
        self._client, self._count = client, 0

    async def execute(self, operation: str, body: Any, *, key: str, account: str | None = None) -> Any:
        self._count += 1
        return await self._client.execute(operation, body, key=f"{key}:{self._count}", account=account)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class TestRaces:
    async def test_accepted_and_released_by_the_deadline_at_once(self, real_world: World) -> None:
        hold = await real_world.funded(usd(100))
        results = await asyncio.gather(
            *(_release_all(real_world.database, hold, cause) for cause in ("accepted", "deadline") * 4),
            return_exceptions=True,
        )
        assert sum(isinstance(result, Release) for result in results) == 1, results
        assert all(isinstance(result, Release | NotHeld) for result in results), results
        assert (await real_world.balance()).owed == usd(90)

    async def test_released_and_refunded_at_once(self, real_world: World) -> None:
        hold = await real_world.funded(usd(100))
        results = await asyncio.gather(
            _release_all(real_world.database, hold, "accepted"),
            real_world.refund(hold, usd(100)),
            return_exceptions=True,
        )
        assert sum(isinstance(result, NotHeld) for result in results) == 1, results

    async def test_released_while_her_account_becomes_active(self, real_world: World) -> None:
        """Whichever comes first: the transfer goes out."""
        for _ in range(3):
            account = await real_world.connect()
            assert account.stripe_account_id
            hold = await real_world.funded(usd(100))
            async with real_world.database.write.begin() as db:
                await db.execute(text("UPDATE payout_accounts SET state = 'restricted'"))
            link = await real_world.client.account_link(
                account.stripe_account_id, return_url="https://a.example", refresh_url="https://b.example"
            )
            await real_world.sandbox.onboard(link)
            await asyncio.gather(
                _release_all(real_world.database, hold, "accepted"),
                real_world.told("account", account.stripe_account_id),
            )
            await real_world.listen()
            assert (await real_world.balance()).owed == usd(0)


async def _release_all(database: Database, hold: Hold, cause: str) -> Release:
    async with database.write.begin() as db:
        left = await queries.left_in(db, hold.id)
        return await actions.release(db, hold, left or usd(100), by=None, cause=cause, at=clock.now())
