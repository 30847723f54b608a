"""Events of Stripe: stored once, handled by the object's present state, however they come."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from marketplace.engines.payments import inbox, outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentUnavailable
from marketplace.engines.payments.events import StripeObjectChanged
from marketplace.engines.payments.models import WebhookEvent
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.events import within
from marketplace.kernel.ids import parse, short
from marketplace.kernel.queue import Services, defer, drain
from tests.engines.payments.sandbox_server import SandboxServer
from tests.engines.payments.steps import (
    begin_a_new_hour,
    fresh,
    intent_of,
    new_account,
    open_session,
    paid_charge,
    ready_account,
)

HEARD: list[StripeObjectChanged] = []
REFUSES: list[bool] = []


@within(StripeObjectChanged)
async def hear(_db: Session, event: StripeObjectChanged) -> None:
    if REFUSES:
        raise ZeroDivisionError
    HEARD.append(event)


@pytest.fixture(autouse=True)
def _forget() -> None:
    HEARD.clear()
    REFUSES.clear()


@pytest.fixture
async def services(database: Database, client: PaymentClient) -> AsyncIterator[Services]:
    services = Services()
    services.add(database, Database)
    services.add(client)
    return services


async def events_about(client: PaymentClient, object_id: str) -> list[dict[str, Any]]:
    """Stripe's events about an object, oldest first."""
    since = clock.now() - timedelta(seconds=30)
    found = [each async for each in client.events(since=since) if each["data"]["object"]["id"] == object_id]
    return found[::-1]


async def receive(database: Database, event: dict[str, Any]) -> bool:
    async with database.write.begin() as db:
        return await inbox.receive(db, event)


async def stored(database: Database, event_id: str) -> WebhookEvent:
    async with database.read() as db:
        return (await db.execute(select(WebhookEvent).where(WebhookEvent.id == event_id))).scalar_one()


async def paid_session(client: PaymentClient, sandbox: SandboxServer) -> dict[str, Any]:
    session = await open_session(client)
    await sandbox.pay(session["url"])
    return session


async def test_an_event_is_told_once_with_the_object_as_it_is(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    session = await paid_session(client, sandbox)
    [event] = await events_about(client, session["id"])
    assert [await receive(database, event) for _ in range(5)] == [True, False, False, False, False]
    await drain(services)
    [change] = HEARD
    assert (change.type, change.object_kind, change.object_id, change.account) == (
        "checkout.session.completed",
        "checkout.session",
        session["id"],
        None,
    )
    assert change.object["payment_status"] == "paid"
    assert await inbox.process(database, client, event["id"]) is False
    assert len(HEARD) == 1


async def test_an_old_event_tells_the_present_state(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    """Reordered: the late news of a refusal must not undo the payment that came after it."""
    session = await open_session(client)
    await sandbox.pay(session["url"], card="4000000000000002")
    await sandbox.pay(session["url"])
    events = await events_about(client, (await intent_of(client, session))["id"])
    assert [each["type"].rpartition(".")[2] for each in events] == ["created", "payment_failed", "succeeded"]
    for event in reversed(events):
        await receive(database, event)
    await drain(services)
    assert {change.object["status"] for change in HEARD} == {"succeeded"}


async def test_what_the_event_says_is_not_believed(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    session = await paid_session(client, sandbox)
    [event] = await events_about(client, session["id"])
    event["data"]["object"]["amount_total"] = 1
    await receive(database, event)
    await drain(services)
    assert HEARD[0].object["amount_total"] == 10_000


async def test_an_event_of_a_connected_account_is_looked_up_there(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox)
    body = {"amount": 5_000, "currency": "usd", "destination": account, "source_transaction": charge["id"]}
    await client.execute("transfers.create", body, key=fresh("transfer"))
    payout = await client.execute(
        "payouts.create", {"amount": 5_000, "currency": "usd"}, key=fresh("payout"), account=account
    )
    event = {"id": fresh("evt"), "type": "payout.created", "account": account, "data": {"object": payout}}
    await receive(database, event)
    await drain(services)
    assert (HEARD[0].account, HEARD[0].object_kind, HEARD[0].object["amount"]) == (account, "payout", 5_000)


async def test_a_thin_event_of_accounts_v2_tells_the_account(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    account = await new_account(client)
    event = {
        "id": fresh("evt"),
        "object": "v2.core.event",
        "type": "v2.core.account[requirements].updated",
        "context": account,
        "related_object": {"id": account, "type": "v2.core.account", "url": f"/v2/core/accounts/{account}"},
    }
    await receive(database, event)
    await drain(services)
    assert (HEARD[0].object_kind, HEARD[0].account, HEARD[0].object["payouts_enabled"]) == ("account", account, False)


async def test_unknown_types_and_missing_objects_are_kept_and_done_with(
    database: Database, client: PaymentClient, services: Services
) -> None:
    unknown = {"id": fresh("evt"), "type": "invoice.paid", "data": {"object": {"object": "invoice", "id": "in_1"}}}
    gone = {"id": fresh("evt"), "type": "transfer.created", "data": {"object": {"object": "transfer", "id": "tr_x"}}}
    for event in (unknown, gone):
        await receive(database, event)
    await drain(services)
    assert HEARD == []
    assert (await stored(database, unknown["id"])).error is None
    assert "resource_missing" in ((await stored(database, gone["id"])).error or "")
    assert (await stored(database, gone["id"])).processed_at


async def test_while_stripe_can_not_be_asked_the_event_waits(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    session = await paid_session(client, sandbox)
    [event] = await events_about(client, session["id"])
    await receive(database, event)
    await sandbox.fault("GET /v1/checkout/sessions/{id}", "503_before")
    with pytest.raises(PaymentUnavailable):
        await drain(services)
    assert (await stored(database, event["id"])).processed_at is None
    assert await inbox.process(database, client, event["id"])
    assert len(HEARD) == 1


async def test_a_subscriber_that_raises_leaves_the_event_open_and_the_sweep_brings_it_back(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    await begin_a_new_hour(database)
    session = await paid_session(client, sandbox)
    [event] = await events_about(client, session["id"])
    await receive(database, event)
    REFUSES.append(True)
    with pytest.raises(ZeroDivisionError):
        await drain(services)
    REFUSES.clear()
    clock.advance(timedelta(minutes=3))
    async with database.write.begin() as db:
        await defer(db, "payments.sweep")
    await drain(services)
    assert (await stored(database, event["id"])).attempts == 2
    assert len([change for change in HEARD if change.object_id == session["id"]]) == 1


async def test_the_poller_finds_what_no_webhook_told(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    await begin_a_new_hour(database)
    session = await paid_session(client, sandbox)
    for _ in range(2):
        async with database.write.begin() as db:
            await defer(db, "payments.poll")
        await drain(services)
    assert [change.type for change in HEARD if change.object_id == session["id"]] == ["checkout.session.completed"]


async def test_the_poller_reads_the_lists_of_accounts_we_acted_as(
    database: Database, client: PaymentClient, sandbox: SandboxServer, services: Services
) -> None:
    await begin_a_new_hour(database)
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox)
    body = {"amount": 5_000, "currency": "usd", "destination": account, "source_transaction": charge["id"]}
    await client.execute("transfers.create", body, key=fresh("transfer"))
    async with database.write.begin() as db:
        subject = ("test.payout", parse(short((await db.execute(select(func.uuidv7()))).scalar_one())))
        payout = {"amount": 5_000, "currency": "usd"}
        await outbox.send(
            db, operation="payouts.create", key=fresh("payout"), body=payout, subject=subject, account=account
        )
    await drain(services)
    clock.advance(timedelta(seconds=3))
    async with database.write.begin() as db:
        await db.execute(text("DELETE FROM pgqueuer"))
        await defer(db, "payments.poll")
    await drain(services)
    changes = {change.type: change for change in HEARD if change.account == account}
    assert changes["payout.paid"].object["status"] == "paid"
    assert changes["account.updated"].object_kind == "account"
