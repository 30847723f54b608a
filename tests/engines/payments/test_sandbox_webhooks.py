"""Signed webhooks: what is told, to which endpoint, again and again until it is heard."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentUnavailable
from marketplace.kernel import clock
from tests.engines.payments.contract import Contract
from tests.engines.payments.receiver import Receiver
from tests.engines.payments.sandbox_server import SandboxServer
from tests.engines.payments.steps import fresh, open_session, paid_charge, ready_account, transfer_body

pytestmark = pytest.mark.slow  # starts and kills servers: seconds each


@pytest.fixture(scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def teller(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """A sandbox of its own that tells `receiver`."""
    with SandboxServer(tmp_path_factory.mktemp("teller"), webhook_url=receiver.url) as server:
        yield server


@pytest.fixture
async def telling(teller: SandboxServer) -> AsyncIterator[tuple[SandboxServer, PaymentClient]]:
    clock.use_offset_file(teller.clock_file)
    client = PaymentClient(teller.api_key, address=teller.url)
    yield teller, client
    await client.close()


async def _whole_story(sandbox: SandboxServer, client: PaymentClient) -> None:
    await sandbox.settings(payout_seconds=0)
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox)
    transfer = await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    await client.execute(
        "transfers.reversals.create", {"transfer": transfer["id"], "amount": 1_000}, key=fresh("reversal")
    )
    await client.execute("refunds.create", {"charge": charge["id"], "amount": 500}, key=fresh("refund"))
    payout = {"amount": 2_000, "currency": "usd"}
    await client.execute("payouts.create", payout, key=fresh("payout"), account=account)
    declined = await open_session(client)
    await sandbox.pay(declined["url"], card="4000000000000002")
    await client.execute("checkout.sessions.expire", {"session": declined["id"]}, key=fresh("expire"))


TOLD = (
    *("v2.core.account.created", "account.updated", "account.external_account.created"),
    *("v2.core.account[requirements].updated", "v2.core.account[configuration.recipient].capability_status_updated"),
    *("payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"),
    *("transfer.created", "transfer.reversed", "refund.created", "charge.refunded", "payout.created", "payout.paid"),
    *("charge.failed", "payment_intent.payment_failed", "checkout.session.expired"),
)


async def test_the_whole_story_is_told(
    receiver: Receiver, telling: tuple[SandboxServer, PaymentClient], contract: Contract | None
) -> None:
    await _whole_story(*telling)
    kinds = contract.document["x-event-types"] if contract else {}
    for event in await receiver.wait_for(*TOLD):
        of_account = event["type"].startswith(("account", "payout", "v2.core.account"))
        assert bool(event.get("account") or event.get("context")) == of_account, event["type"]
        if event["object"] == "v2.core.event":
            assert event["related_object"]["type"] == "v2.core.account"
        elif contract:
            contract.check_object(event, "event")
            if event["type"] != "account.external_account.created":  # that kind is a union without a schema
                contract.check_object(event["data"]["object"], kinds[event["type"]])


async def test_what_is_not_heard_is_told_again(
    receiver: Receiver, telling: tuple[SandboxServer, PaymentClient]
) -> None:
    session = await open_session(telling[1])
    receiver.answers[session["id"]] = [500]
    await _expire(telling[1], session)
    events = await receiver.wait_for("checkout.session.expired", about=session["id"], times=2)
    assert len({event["id"] for event in events}) == 1


async def test_what_was_not_heard_before_a_kill_is_told_after_it(
    receiver: Receiver, telling: tuple[SandboxServer, PaymentClient]
) -> None:
    sandbox, client = telling
    session = await open_session(client)
    receiver.answers[session["id"]] = [500]
    await _expire(client, session)
    await receiver.wait_for("checkout.session.expired", about=session["id"])
    sandbox.kill()
    sandbox.start()
    events = await receiver.wait_for("checkout.session.expired", about=session["id"], times=2)
    assert len({event["id"] for event in events}) == 1


async def test_a_webhook_may_come_twice_on_request(
    receiver: Receiver, telling: tuple[SandboxServer, PaymentClient]
) -> None:
    sandbox, client = telling
    session = await open_session(client)
    await _expire(client, session)
    [event] = await receiver.wait_for("checkout.session.expired", about=session["id"])
    await sandbox.redeliver(event["id"])
    both = await receiver.wait_for("checkout.session.expired", about=session["id"], times=2)
    assert {each["id"] for each in both} == {event["id"]}


async def _expire(client: PaymentClient, session: dict[str, Any]) -> None:
    await client.execute("checkout.sessions.expire", {"session": session["id"]}, key=fresh("expire"))


async def test_events_are_doubled_or_lost_by_switch(
    receiver: Receiver, telling: tuple[SandboxServer, PaymentClient]
) -> None:
    """A lost one still stands in Stripe's list, where the poll finds it."""
    sandbox, client = telling
    sessions = [await open_session(client) for _ in range(3)]
    for events, session in zip(("lost", "doubled", ""), sessions, strict=True):
        await sandbox.settings(events=events)
        await _expire(client, session)
        if events != "lost":
            times = 2 if events else 1
            await receiver.wait_for("checkout.session.expired", about=session["id"], times=times)
    heard = [event["data"]["object"]["id"] for event in receiver.events if event["type"] == "checkout.session.expired"]
    assert [heard.count(session["id"]) for session in sessions] == [0, 2, 1]
    listed = [event async for event in client.events(since=clock.now().replace(hour=0, minute=0))]
    assert sessions[0]["id"] in {event["data"]["object"]["id"] for event in listed}


async def test_too_many_calls_a_second_are_refused(telling: tuple[SandboxServer, PaymentClient]) -> None:
    sandbox, client = telling
    await sandbox.settings(requests_per_second=2)
    for _ in range(2):
        await client.balance()
    with pytest.raises(PaymentUnavailable):
        await client.balance()
    await sandbox.settings(requests_per_second=0)
    await client.balance()
