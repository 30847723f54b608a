"""Commands: written with the decision, sent outside of any transaction, recorded once, whatever Stripe answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from marketplace.engines.payments import outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.events import CommandDone, CommandFailed
from marketplace.engines.payments.models import Command
from marketplace.engines.payments.pace import Pace
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import Services, defer, drain
from tests.engines.payments.sandbox_server import SandboxServer
from tests.engines.payments.steps import (
    begin_a_new_hour,
    fresh,
    paid_charge,
    ready_account,
    session_body,
    transfer_body,
)

KIND = "test.transfer"
HEARD: list[CommandDone | CommandFailed] = []


@within(CommandDone)
async def hear_done(_db: Session, event: CommandDone) -> None:
    if event.subject_kind == KIND:
        HEARD.append(event)


@within(CommandFailed)
async def hear_failed(_db: Session, event: CommandFailed) -> None:
    if event.subject_kind == KIND:
        HEARD.append(event)


@pytest.fixture(autouse=True)
def _forget() -> None:
    HEARD.clear()


@pytest.fixture
async def services(database: Database, client: PaymentClient) -> Services:
    services = Services()
    services.add(database, Database)
    services.add(client)
    return services


class Wish:
    """A transfer that somebody decided, and where to look whether it happened."""

    def __init__(self, database: Database, sandbox: SandboxServer, body: dict[str, object]) -> None:
        self.database, self.sandbox, self.body = database, sandbox, body
        self.subject_id = uuid4()

    async def decide(self) -> UUID:
        async with self.database.write.begin() as db:
            return await outbox.send(
                db,
                operation="transfers.create",
                key=f"transfer:{self.subject_id}",
                body=self.body,
                subject=(KIND, self.subject_id),
            )

    async def stored(self, command_id: UUID) -> Command:
        async with self.database.read() as db:
            return (await db.execute(select(Command).where(Command.id == command_id))).scalar_one()

    async def made(self) -> list[dict[str, object]]:
        transfers = (await self.sandbox.books())["transfers"]
        return [each for each in transfers if each["transfer_group"] == self.body["transfer_group"]]


@pytest.fixture
async def wish(database: Database, client: PaymentClient, sandbox: SandboxServer) -> AsyncIterator[Wish]:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    return Wish(database, sandbox, transfer_body(account, charge, 4_000))


async def test_a_command_is_sent_after_the_commit_and_recorded_with_its_event(wish: Wish, services: Services) -> None:
    command_id = await wish.decide()
    assert await wish.made() == []
    await drain(services)
    command = await wish.stored(command_id)
    [transfer] = await wish.made()
    assert (command.state, command.attempts, command.lease_until) == ("done", 1, None)
    assert (command.result_id, transfer["key"]) == (transfer["id"], f"transfer:{wish.subject_id}")
    assert transfer["metadata"] == {"command": str(command_id)}
    [event] = HEARD
    assert isinstance(event, CommandDone)
    assert (event.subject_id, event.result_id, event.result["amount"]) == (wish.subject_id, transfer["id"], 4_000)


async def test_a_rolled_back_decision_is_never_sent(wish: Wish, services: Services) -> None:
    with pytest.raises(ZeroDivisionError):
        async with wish.database.write.begin() as db:
            await outbox.send(
                db, operation="transfers.create", key=fresh("key"), body=wish.body, subject=(KIND, uuid4())
            )
            raise ZeroDivisionError
    assert await drain(services) == 0
    assert await wish.made() == []


async def test_one_decision_makes_one_command(wish: Wish) -> None:
    await wish.decide()
    with pytest.raises(IntegrityError):
        await wish.decide()


async def test_a_page_may_send_it_at_once_and_the_task_then_finds_it_done(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    async with database.write.begin() as db:
        command_id = await outbox.send(
            db,
            operation="checkout.sessions.create",
            key=fresh("fund"),
            body=session_body(),
            subject=(KIND, uuid4()),
        )
    command = await outbox.dispatch(database, client, command_id)
    assert command.state == "done" and command.result and command.result["url"].startswith(sandbox.url)
    await drain(services)
    assert (await outbox.dispatch(database, client, command_id)).attempts == 1
    assert len(HEARD) == 1


async def test_a_page_waits_for_the_worker_that_was_quicker(
    cloned_database: Database, client: PaymentClient, sandbox: SandboxServer
) -> None:
    async with cloned_database.write.begin() as db:
        body, subject = session_body(), (KIND, uuid4())
        command_id = await outbox.send(
            db, operation="checkout.sessions.create", key=fresh("fund"), body=body, subject=subject
        )
    await sandbox.fault("POST /v1/checkout/sessions", "stall", seconds=0.3)
    worker = asyncio.create_task(outbox.dispatch(cloned_database, client, command_id))
    async with asyncio.timeout(5):
        while (await _state(cloned_database, command_id)) == "pending":
            await asyncio.sleep(0.01)
    page = await outbox.dispatch(cloned_database, client, command_id, patience_seconds=5)
    assert page.state == "done" and page.result == (await worker).result
    assert page.attempts == 1


async def _state(database: Database, command_id: UUID) -> str:
    async with database.read() as db:
        return (await db.execute(select(Command.state).where(Command.id == command_id))).scalar_one()


async def test_a_page_does_not_wait_for_ever(
    wish: Wish, services: Services, database: Database, client: PaymentClient
) -> None:
    command_id = await wish.decide()
    await wish.sandbox.fault("POST /v1/transfers", "stall", seconds=0.6)
    command = await outbox.dispatch(database, client, command_id, patience_seconds=0.2)
    assert (command.state, command.error, command.lease_until) == ("sent", "no answer in time", None)
    await drain(services, later_too=True)  # told to wait (409) until the first call has ended, then answered
    assert (await wish.stored(command_id)).state == "done"
    assert len(await wish.made()) == 1


async def test_a_refusal_is_final_and_told(
    database: Database, client: PaymentClient, services: Services, wish: Wish
) -> None:
    wish.body["amount"] = 99_999
    command_id = await wish.decide()
    await drain(services)
    command = await wish.stored(command_id)
    assert command.state == "failed" and "must not exceed" in (command.error or "")
    [event] = HEARD
    assert isinstance(event, CommandFailed) and event.code == command.error_code
    assert (await outbox.dispatch(database, client, command_id)).attempts == 1


@pytest.mark.parametrize("kind", ["drop_after", "garbage", "503_before", "429", "500_before", "500_after"])
async def test_whatever_stripe_answers_the_money_moves_once(wish: Wish, services: Services, kind: str) -> None:
    await wish.sandbox.fault("POST /v1/transfers", kind)
    command_id = await wish.decide()
    await drain(services)
    assert (await wish.stored(command_id)).state == "sent"
    assert HEARD == []
    await drain(services, later_too=True)  # the saved failures of 500_… need a third try
    command = await wish.stored(command_id)
    assert command.state == "done"
    assert [each["id"] for each in await wish.made()] == [command.result_id]
    assert len(HEARD) == 1


async def test_a_saved_failure_that_acted_is_found_by_looking_up(wish: Wish, services: Services) -> None:
    await wish.sandbox.fault("POST /v1/transfers", "500_after")
    command_id = await wish.decide()
    await drain(services, later_too=True)
    assert (await wish.stored(command_id)).epoch == 1


async def test_a_saved_failure_that_did_not_act_gets_a_new_key(wish: Wish, services: Services) -> None:
    await wish.sandbox.fault("POST /v1/transfers", "500_before")
    command_id = await wish.decide()
    await drain(services, later_too=True)
    assert (await wish.stored(command_id)).epoch == 2
    [transfer] = await wish.made()
    assert transfer["key"] == f"transfer:{wish.subject_id}:2"


async def test_after_23_hours_it_is_looked_up_before_it_is_sent_again(
    wish: Wish, services: Services, client: PaymentClient
) -> None:
    """Stripe has forgotten the key by then: the same call would act a second time."""
    await wish.sandbox.fault("POST /v1/transfers", "drop_after")
    command_id = await wish.decide()
    await drain(services)
    clock.advance(timedelta(hours=25))
    await drain(services, later_too=True)
    command = await wish.stored(command_id)
    assert [each["id"] for each in await wish.made()] == [command.result_id]
    # The twin: without the look-up the money moves twice.
    await client.execute("transfers.create", command.body, key=command.idempotency_key)
    assert len(await wish.made()) == 2


async def test_a_lease_keeps_others_away_and_lapses(
    wish: Wish, services: Services, database: Database, client: PaymentClient
) -> None:
    command_id = await wish.decide()
    async with database.write.begin() as db:
        command = await db.get_one(Command, command_id)
        command.state, command.attempts, command.first_sent_at = "sent", 1, clock.now()
        command.lease_until = clock.now() + outbox.LEASE  # its holder was killed
    assert (await outbox.dispatch(database, client, command_id)).state == "sent"
    assert await wish.made() == []
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    await drain(services, later_too=True)
    assert (await wish.stored(command_id)).state == "done"
    assert len(await wish.made()) == 1


async def test_the_sweep_finds_what_no_task_knows_of(wish: Wish, services: Services, database: Database) -> None:
    await begin_a_new_hour(database)
    command_id = await wish.decide()
    async with database.write.begin() as db:
        await db.execute(text("DELETE FROM pgqueuer"))
        await defer(db, "payments.sweep")
    await drain(services)
    assert (await wish.stored(command_id)).state == "pending"  # too young: somebody is at it
    clock.advance(timedelta(minutes=3))
    async with database.write.begin() as db:
        await defer(db, "payments.sweep")
    await drain(services)
    assert (await wish.stored(command_id)).state == "done"


async def test_two_dispatchers_at_once_act_and_record_once(
    cloned_database: Database, client: PaymentClient, sandbox: SandboxServer
) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    wish = Wish(cloned_database, sandbox, transfer_body(account, charge, 4_000))
    command_id = await wish.decide()
    await asyncio.gather(*(outbox.dispatch(cloned_database, client, command_id) for _ in range(8)))
    assert (await wish.stored(command_id)).state == "done"
    assert len(await wish.made()) == 1
    assert len(HEARD) == 1


async def test_a_subscriber_that_raises_leaves_the_command_open(
    wish: Wish, services: Services, database: Database, client: PaymentClient
) -> None:
    command_id = await wish.decide()
    async with database.write.begin() as db:
        await db.execute(text("ALTER TABLE payment_commands ADD CONSTRAINT refuse CHECK (state <> 'done') NOT VALID"))
    with pytest.raises(IntegrityError):
        await outbox.dispatch(database, client, command_id)
    async with database.write.begin() as db:
        await db.execute(text("ALTER TABLE payment_commands DROP CONSTRAINT refuse"))
    assert (await wish.stored(command_id)).state == "sent"
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    await drain(services, later_too=True)
    assert (await wish.stored(command_id)).state == "done"
    assert len(await wish.made()) == 1


def test_commands_go_out_at_the_pace_that_stripe_takes() -> None:
    """Never more than 25 of one kind within a second; kinds do not wait for each other."""
    pace, at = Pace(), 100.0
    started = sorted(at + pace.delay("transfers.create", at) for _ in range(200))
    assert all(after - before > 1 for before, after in zip(started, started[25:], strict=False))
    assert started[199] - started[0] < 11
    assert pace.delay("refunds.create", at) == 0
