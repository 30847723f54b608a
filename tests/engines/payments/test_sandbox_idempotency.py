"""Idempotency as Stripe has it, and the twin that shows what the keys are for."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.kernel import clock
from tests.engines.payments.sandbox_server import SandboxServer
from tests.engines.payments.steps import fresh, new_account, paid_charge, ready_account, transfer_body


async def _transferred(sandbox: SandboxServer, group: str) -> list[int]:
    return [each["amount"] for each in (await sandbox.books())["transfers"] if each["transfer_group"] == group]


async def test_the_same_key_acts_once_and_answers_the_same(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    body, key = transfer_body(account, charge, 4_000), fresh("transfer")
    first = await client.execute("transfers.create", body, key=key)
    assert await client.execute("transfers.create", body, key=key) == first
    assert await _transferred(sandbox, charge["transfer_group"]) == [4_000]


async def test_twin_random_keys_double_the_transfer(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    body = transfer_body(account, charge, 4_000)
    for _ in range(2):
        await client.execute("transfers.create", body, key=fresh("random"))
    assert await _transferred(sandbox, charge["transfer_group"]) == [4_000, 4_000]


async def test_a_key_with_other_parameters_is_refused(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    key = fresh("transfer")
    await client.execute("transfers.create", transfer_body(account, charge, 4_000), key=key)
    with pytest.raises(PaymentUnavailable, match="same parameters") as answer:
        await client.execute("transfers.create", transfer_body(account, charge, 4_001), key=key)
    assert answer.value.is_saved  # look up before anything else
    assert await _transferred(sandbox, charge["transfer_group"]) == [4_000]


async def test_a_refusal_is_saved_too(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, charge = await new_account(client), await paid_charge(client, sandbox)
    body, key = transfer_body(account, charge), fresh("transfer")
    with pytest.raises(PaymentRefused):
        await client.execute("transfers.create", body, key=key)
    link = await client.account_link(account, return_url="http://x/", refresh_url="http://x/")
    await sandbox.onboard(link)
    with pytest.raises(PaymentRefused):
        await client.execute("transfers.create", body, key=key)
    await client.execute("transfers.create", body, key=fresh("transfer"))


async def test_nothing_is_saved_when_the_parameters_were_wrong(client: PaymentClient, sandbox: SandboxServer) -> None:
    headers = {"Authorization": f"Bearer {sandbox.api_key}", "Idempotency-Key": fresh("payout")}
    await paid_charge(client, sandbox)
    async with httpx.AsyncClient(verify=False, base_url=sandbox.url, headers=headers) as http:
        wrong = await http.post("/v1/payouts", data={"amount": "x", "currency": "usd"})
        right = await http.post("/v1/payouts", data={"amount": "100", "currency": "usd"})
    assert (wrong.status_code, right.status_code) == (400, 200)


async def test_keys_belong_to_an_account(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    key, body = fresh("payout"), {"amount": 100, "currency": "usd"}
    ours = await client.execute("payouts.create", body, key=key)
    hers = await client.execute("payouts.create", body, key=key, account=account)
    assert ours["id"] != hers["id"]


async def test_a_key_is_forgotten_after_24_hours(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    body, key = transfer_body(account, charge, 1_000), fresh("transfer")
    first = await client.execute("transfers.create", body, key=key)
    clock.advance(timedelta(hours=23))
    assert (await client.execute("transfers.create", body, key=key))["id"] == first["id"]
    clock.advance(timedelta(hours=2))
    assert (await client.execute("transfers.create", body, key=key))["id"] != first["id"]


@pytest.mark.parametrize(("kind", "amounts"), [("500_before", []), ("500_after", [4_000])])
async def test_a_failure_is_saved_under_its_key_whether_it_acted_or_not(
    client: PaymentClient, sandbox: SandboxServer, kind: str, amounts: list[int]
) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    body, key = transfer_body(account, charge, 4_000), fresh("transfer")
    await sandbox.fault("POST /v1/transfers", kind)
    for is_saved in (False, True):  # the second answer says that it is a replay
        with pytest.raises(PaymentUnavailable) as answer:
            await client.execute("transfers.create", body, key=key)
        assert answer.value.is_saved == is_saved
    assert await _transferred(sandbox, charge["transfer_group"]) == amounts


@pytest.mark.parametrize(
    ("kind", "acted"), [("drop_after", True), ("garbage", True), ("503_before", False), ("429", False)]
)
async def test_after_a_broken_answer_the_same_key_acts_once(
    client: PaymentClient, sandbox: SandboxServer, kind: str, acted: bool
) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    body, key = transfer_body(account, charge, 4_000), fresh("transfer")
    await sandbox.fault("POST /v1/transfers", kind)
    with pytest.raises(PaymentUnavailable) as answer:
        await client.execute("transfers.create", body, key=key)
    assert not answer.value.is_saved
    assert len(await _transferred(sandbox, charge["transfer_group"])) == acted
    await client.execute("transfers.create", body, key=key)
    assert await _transferred(sandbox, charge["transfer_group"]) == [4_000]


async def test_a_second_call_with_a_key_under_way_is_told_to_wait(
    client: PaymentClient, sandbox: SandboxServer
) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    body, key = transfer_body(account, charge, 4_000), fresh("transfer")
    await sandbox.fault("POST /v1/transfers", "stall", seconds=0.5)
    answers = await asyncio.gather(
        *(client.execute("transfers.create", body, key=key) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in answers) == ["PaymentUnavailable", "dict"]
    assert await _transferred(sandbox, charge["transfer_group"]) == [4_000]


async def test_a_stall_ends_with_our_own_patience(sandbox: SandboxServer, client: PaymentClient) -> None:
    account, charge = await ready_account(client, sandbox), await paid_charge(client, sandbox)
    hasty = PaymentClient(sandbox.api_key, address=sandbox.url, timeout_seconds=0.3)
    await sandbox.fault("POST /v1/transfers", "stall", seconds=1)
    with pytest.raises(PaymentUnavailable):
        await hasty.execute("transfers.create", transfer_body(account, charge, 4_000), key=fresh("transfer"))
    await hasty.close()
    assert await _transferred(sandbox, charge["transfer_group"]) == [4_000]


async def test_nobody_there_is_unavailable() -> None:
    client = PaymentClient("sk_test_x", address="http://127.0.0.1:9", timeout_seconds=1)
    with pytest.raises(PaymentUnavailable):
        await client.balance()
    await client.close()


async def test_a_failure_after_the_deed_does_not_do_it_twice(client: PaymentClient, sandbox: SandboxServer) -> None:
    """The first answer was lost, the second try fails "after": the key has its answer, so nothing happens again."""
    charge, key = await paid_charge(client, sandbox), fresh("refund")
    for fault in ("drop_after", "500_after"):
        await sandbox.fault("POST /v1/refunds", fault)
    with pytest.raises(PaymentUnavailable):
        await client.execute("refunds.create", {"charge": charge["id"], "amount": 100}, key=key)
    await client.execute("refunds.create", {"charge": charge["id"], "amount": 100}, key=key)
    assert (await client.retrieve("charge", charge["id"]))["amount_refunded"] == 100
