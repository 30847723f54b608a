"""Every operation of the sandbox, through our client and the official SDK over real HTTP; the books add up."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused
from marketplace.engines.payments.sandbox.api import OPERATIONS
from marketplace.kernel import clock
from tests.engines.payments.contract import Contract
from tests.engines.payments.sandbox_server import SandboxServer
from tests.engines.payments.steps import (
    fresh,
    intent_of,
    new_account,
    open_session,
    paid_charge,
    ready_account,
    session_body,
    transfer_body,
)


async def test_a_payment_less_the_processing_fee_lands_on_the_platforms_balance(
    client: PaymentClient, sandbox: SandboxServer
) -> None:
    before = (await client.balance()).available.get("USD", 0)
    charge = await paid_charge(client, sandbox, 10_000)
    [movement] = [
        each
        async for each in client.balance_transactions(since=clock.now() - timedelta(minutes=1))
        if each["source"] == charge["id"]
    ]
    assert (movement["amount"], movement["fee"], movement["net"]) == (10_000, 320, 9_680)  # 2.9 % + 30 cents
    assert (await client.balance()).available["USD"] - before == 9_680


async def test_money_is_pending_until_it_settles(client: PaymentClient, sandbox: SandboxServer) -> None:
    await sandbox.settings(settle_seconds=2 * 86_400)
    before = await client.balance()
    await paid_charge(client, sandbox, 10_000)
    waiting = await client.balance()
    assert waiting.pending["USD"] - before.pending.get("USD", 0) == 9_680
    assert waiting.available["USD"] == before.available["USD"]
    clock.advance(timedelta(days=2, seconds=1))
    settled = await client.balance()
    assert (settled.available["USD"], settled.pending["USD"]) == (before.available["USD"] + 9_680, 0)


async def test_a_transfer_from_a_charge_goes_before_the_charge_settles_and_becomes_available_with_it(
    client: PaymentClient, sandbox: SandboxServer
) -> None:
    account = await ready_account(client, sandbox)
    await sandbox.settings(settle_seconds=2 * 86_400)
    charge = await paid_charge(client, sandbox, 10_000)
    await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    assert (await client.balance(account)).pending == {"USD": 9_000}
    with pytest.raises(PaymentRefused, match="balance_insufficient"):
        payout = {"amount": 9_000, "currency": "usd"}
        await client.execute("payouts.create", payout, key=fresh("payout"), account=account)
    clock.advance(timedelta(days=2, seconds=1))
    assert (await client.balance(account)).available == {"USD": 9_000}


async def test_a_transfer_without_a_charge_needs_available_money(client: PaymentClient, sandbox: SandboxServer) -> None:
    account = await ready_account(client, sandbox)
    available = (await client.balance()).available["USD"]
    with pytest.raises(PaymentRefused, match="balance_insufficient"):
        body = {"amount": available + 1, "currency": "usd", "destination": account}
        await client.execute("transfers.create", body, key=fresh("transfer"))


async def test_one_charge_can_not_be_transferred_twice(client: PaymentClient, sandbox: SandboxServer) -> None:
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox, 10_000)
    await client.execute("transfers.create", transfer_body(account, charge, 6_000), key=fresh("transfer"))
    with pytest.raises(PaymentRefused, match="must not exceed"):
        await client.execute("transfers.create", transfer_body(account, charge, 4_001), key=fresh("transfer"))
    await client.execute("transfers.create", transfer_body(account, charge, 4_000), key=fresh("transfer"))


async def test_an_account_receives_only_after_onboarding(client: PaymentClient, sandbox: SandboxServer) -> None:
    account = await new_account(client)
    status = await client.account(account)
    assert not status.can_receive and not status.can_pay_out and status.due and status.bank_last4 is None
    charge = await paid_charge(client, sandbox)
    with pytest.raises(PaymentRefused) as refused:
        await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    assert refused.value.code == "insufficient_capabilities_for_transfer"


async def test_a_country_without_approval_is_refused(client: PaymentClient, sandbox: SandboxServer) -> None:
    await sandbox.settings(unapproved_countries=["PK"])
    with pytest.raises(PaymentRefused, match="needs approval"):
        await new_account(client)


async def test_a_transfer_is_reversed_in_parts_but_never_beyond(client: PaymentClient, sandbox: SandboxServer) -> None:
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox, 10_000)
    transfer = await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    platform = (await client.balance()).available["USD"]
    body = {"transfer": transfer["id"], "amount": 4_000}
    reversal = await client.execute("transfers.reversals.create", body, key=fresh("reversal"))
    assert (reversal["object"], reversal["amount"], reversal["transfer"]) == (
        "transfer_reversal",
        4_000,
        transfer["id"],
    )
    assert (await client.balance(account)).available == {"USD": 5_000}
    assert (await client.balance()).available["USD"] == platform + 4_000
    with pytest.raises(PaymentRefused, match="greater than"):
        body = {"transfer": transfer["id"], "amount": 5_001}
        await client.execute("transfers.reversals.create", body, key=fresh("reversal"))
    current = await client.retrieve("transfer", transfer["id"])
    assert (current["amount_reversed"], current["reversed"]) == (4_000, False)


async def test_a_reversal_needs_the_money_to_be_there_still(client: PaymentClient, sandbox: SandboxServer) -> None:
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox, 10_000)
    transfer = await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    payout = {"amount": 9_000, "currency": "usd"}
    await client.execute("payouts.create", payout, key=fresh("payout"), account=account)
    with pytest.raises(PaymentRefused, match="balance_insufficient"):
        await client.execute("transfers.reversals.create", {"transfer": transfer["id"]}, key=fresh("reversal"))


async def test_refunds_in_parts_up_to_the_charge(client: PaymentClient, sandbox: SandboxServer) -> None:
    charge = await paid_charge(client, sandbox, 10_000)
    before = (await client.balance()).available["USD"]
    body = {"charge": charge["id"], "amount": 3_000, "reason": "requested_by_customer"}
    refund = await client.execute("refunds.create", body, key=fresh("refund"))
    assert (refund["status"], refund["amount"]) == ("succeeded", 3_000)
    rest = await client.execute("refunds.create", {"payment_intent": charge["payment_intent"]}, key=fresh("refund"))
    assert rest["amount"] == 7_000
    assert (await client.balance()).available["USD"] == before - 10_000
    with pytest.raises(PaymentRefused) as refused:
        await client.execute("refunds.create", {"charge": charge["id"], "amount": 1}, key=fresh("refund"))
    assert refused.value.code == "charge_already_refunded"


async def test_a_refund_may_fail_later_and_the_money_is_back(client: PaymentClient, sandbox: SandboxServer) -> None:
    charge = await paid_charge(client, sandbox, 10_000, card="4000000000005126")
    before = (await client.balance()).available["USD"]
    refund = await client.execute("refunds.create", {"charge": charge["id"]}, key=fresh("refund"))
    assert (await client.balance()).available["USD"] == before - 10_000
    clock.advance(timedelta(seconds=3))
    current = await client.retrieve("refund", refund["id"])
    assert current["status"] == "failed" and current["failure_balance_transaction"]
    assert (await client.balance()).available["USD"] == before


async def test_a_payout_is_paid_a_little_later(client: PaymentClient, sandbox: SandboxServer) -> None:
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox)
    await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    body = {"amount": 5_000, "currency": "usd"}
    payout = await client.execute("payouts.create", body, key=fresh("payout"), account=account)
    assert payout["status"] == "pending"
    assert (await client.balance(account)).available == {"USD": 4_000}
    clock.advance(timedelta(seconds=3))
    assert (await client.retrieve("payout", payout["id"], account=account))["status"] == "paid"
    assert (await client.balance(account)).available == {"USD": 4_000}


async def test_a_payout_to_a_closed_bank_account_comes_back_once(client: PaymentClient, sandbox: SandboxServer) -> None:
    account = await ready_account(client, sandbox, iban="PK36SCBL0000001123450000")
    charge = await paid_charge(client, sandbox)
    await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    body = {"amount": 9_000, "currency": "usd"}
    payout = await client.execute("payouts.create", body, key=fresh("payout"), account=account)
    for _ in range(2):
        clock.advance(timedelta(seconds=3))
        current = await client.retrieve("payout", payout["id"], account=account)
        assert (current["status"], current["failure_code"]) == ("failed", "account_closed")
        assert (await client.balance(account)).available == {"USD": 9_000}


async def test_a_session_expires_by_the_clock_and_by_request(client: PaymentClient, sandbox: SandboxServer) -> None:
    timed = await open_session(client, expires_at=int((clock.now() + timedelta(minutes=31)).timestamp()))
    closed = await client.execute(
        "checkout.sessions.expire", {"session": (await open_session(client))["id"]}, key=fresh("expire")
    )
    assert closed["status"] == "expired"
    clock.advance(timedelta(minutes=32))
    current = await client.retrieve("checkout.session", timed["id"])
    assert (current["status"], current["url"]) == ("expired", None)
    with pytest.raises(PaymentRefused, match="status of `open`"):
        await client.execute("checkout.sessions.expire", {"session": timed["id"]}, key=fresh("expire"))


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
        ({"successful_url": "x"}, "parameter_unknown", "successful_url"),
        ({"mode": "gift"}, "parameter_invalid_enum", "mode"),
        ({"line_items": []}, "parameter_missing", "line_items"),
        ({"expires_at": 1}, "parameter_invalid", "expires_at"),
        ({"metadata": {"key": "x" * 501}}, "parameter_invalid", "metadata"),
    ],
)
async def test_parameters_are_closed_and_checked(
    sandbox: SandboxServer, change: dict[str, object], code: str, param: str
) -> None:
    answer = await _post(sandbox, "/v1/checkout/sessions", _form({**session_body(), **change}))
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == (code, param)


async def test_amounts_are_whole_and_sane(sandbox: SandboxServer) -> None:
    for amount, code in (
        ("1.5", "parameter_invalid_integer"),
        ("0", "parameter_invalid_integer"),
        ("100000000", "amount_too_large"),
    ):
        answer = await _post(sandbox, "/v1/payouts", {"amount": amount, "currency": "usd"})
        assert answer.json()["error"]["code"] == code, amount


async def test_what_is_not_there_is_missing(client: PaymentClient, sandbox: SandboxServer) -> None:
    with pytest.raises(PaymentRefused) as refused:
        await client.retrieve("transfer", "tr_missing")
    assert refused.value.code == "resource_missing"
    charge = await paid_charge(client, sandbox)
    with pytest.raises(PaymentRefused) as refused:  # a charge of the platform, looked for in a connected account
        await client.retrieve("charge", charge["id"], account=await new_account(client))
    assert refused.value.code == "resource_missing"
    with pytest.raises(PaymentRefused) as refused:
        await client.balance("acct_nobody")
    assert refused.value.code == "account_invalid"


async def test_lists_page_and_filter(client: PaymentClient, sandbox: SandboxServer) -> None:
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox, 10_000)
    command = uuid4()
    made = []
    for number in range(12):
        body = transfer_body(account, charge, 100 + number)
        body["metadata"] = {"command": str(command)} if number == 0 else {}
        made.append(await client.execute("transfers.create", body, key=fresh("transfer")))
    found = await client.find(
        "transfers.create",
        transfer_body(account, charge),
        command_id=command,
        since=clock.now() - timedelta(minutes=5),
    )
    assert found and found["id"] == made[0]["id"]
    params = {"transfer_group": charge["transfer_group"], "limit": 5}
    first = (await _get(sandbox, "/v1/transfers", params)).json()
    assert [each["id"] for each in first["data"]] == [each["id"] for each in made[:-6:-1]] and first["has_more"]
    second = (await _get(sandbox, "/v1/transfers", {**params, "starting_after": first["data"][-1]["id"]})).json()
    assert [each["id"] for each in second["data"]] == [each["id"] for each in made[6:1:-1]]
    back = (await _get(sandbox, "/v1/transfers", {**params, "ending_before": second["data"][0]["id"]})).json()
    assert [each["id"] for each in back["data"]] == [each["id"] for each in first["data"]]


async def test_expanding_puts_objects_where_ids_stand(client: PaymentClient, sandbox: SandboxServer) -> None:
    charge = await paid_charge(client, sandbox)
    path = f"/v1/payment_intents/{charge['payment_intent']}"
    answer = (await _get(sandbox, path, {"expand[0]": "latest_charge.balance_transaction"})).json()
    assert answer["latest_charge"]["id"] == charge["id"]
    assert answer["latest_charge"]["balance_transaction"]["net"] == 9_680


async def test_only_a_test_key_and_our_version_are_heard(sandbox: SandboxServer) -> None:
    async with httpx.AsyncClient(verify=False, base_url=sandbox.url) as http:
        assert (await http.get("/v1/balance")).status_code == 401
        live = {"Authorization": "Bearer sk_live_x"}
        assert (await http.get("/v1/balance", headers=live)).status_code == 401
        old = {"Authorization": f"Bearer {sandbox.api_key}", "Stripe-Version": "2023-08-16"}
        assert (await http.get("/v1/balance", headers=old)).status_code == 400


async def test_the_books_survive_a_kill(books, contract) -> None:
    with SandboxServer(books) as sandbox:
        client = PaymentClient(sandbox.api_key, address=sandbox.url)
        clock.use_offset_file(sandbox.clock_file)
        charge = await paid_charge(client, sandbox)
        sandbox.kill()
        sandbox.start()
        assert (await client.retrieve("charge", charge["id"]))["amount"] == 10_000
        assert (await client.balance()).available == {"USD": 9_680}
        await client.close()


async def test_everything_that_can_be_read_reads_as_stripe_describes_it(
    client: PaymentClient, sandbox: SandboxServer
) -> None:
    began = clock.now()
    account = await ready_account(client, sandbox)
    charge = await paid_charge(client, sandbox)
    transfer = await client.execute("transfers.create", transfer_body(account, charge), key=fresh("transfer"))
    reversal = {"transfer": transfer["id"], "amount": 10}
    await client.execute("transfers.reversals.create", reversal, key=fresh("reversal"))
    refund = await client.execute("refunds.create", {"charge": charge["id"], "amount": 10}, key=fresh("refund"))
    payout = await client.execute("payouts.create", {"amount": 10, "currency": "usd"}, key=fresh("payout"))
    async with httpx.AsyncClient(base_url=sandbox.url) as http:
        disputed = await http.post("/_sandbox/disputes", json={"charge": (await paid_charge(client, sandbox))["id"]})
    kept = {"transfer_group": fresh("group"), "setup_future_usage": "on_session"}
    session = await open_session(client, customer_creation="always", payment_intent_data=kept)
    await sandbox.pay(session["url"])
    intent = await intent_of(client, session)
    [event, *_] = [each async for each in client.events(since=began) if each["data"]["object"]["id"] == payout["id"]]
    ids = {
        "/v2/core/accounts": account,
        "/v1/accounts": account,
        "/v1/transfers": transfer["id"],
        "/v1/refunds": refund["id"],
        "/v1/disputes": disputed.json()["id"],
        "/v1/payouts": payout["id"],
        "/v1/charges": charge["id"],
        "/v1/payment_intents": charge["payment_intent"],
        "/v1/balance_transactions": transfer["balance_transaction"],
        "/v1/checkout/sessions": session["id"],
        "/v1/payment_methods": intent["payment_method"],
        "/v1/customers": intent["customer"],
        "/v1/events": event["id"],
    }
    for operation in OPERATIONS:
        if operation.method == "GET":
            path = operation.path.replace("{id}", ids.get(operation.path.split("/{")[0], ""))
            answer = await _get(sandbox, path, {})
            assert answer.status_code == 200, (path, answer.text)
            assert answer.json().get("data", True), path
    includes = ("configuration.recipient", "defaults", "identity", "requirements")
    for each in (account, await new_account(client)):
        params = {f"include[{index}]": name for index, name in enumerate(includes)}
        answer = (await _get(sandbox, f"/v2/core/accounts/{each}", params)).json()
        balance = answer["configuration"]["recipient"]["capabilities"]["stripe_balance"]
        assert balance["stripe_transfers"]["status"] == ("active" if each == account else "restricted")


CONTRACT = Contract.find()


async def _post(sandbox: SandboxServer, path: str, form: dict[str, str]) -> httpx.Response:
    return await _checked(sandbox, "POST", path, data=form)


async def _get(sandbox: SandboxServer, path: str, params: dict[str, object]) -> httpx.Response:
    return await _checked(sandbox, "GET", path, params=params)


async def _checked(sandbox: SandboxServer, method: str, path: str, **more: object) -> httpx.Response:
    """A call without the SDK; the answer is judged where the contract is there."""
    async with httpx.AsyncClient(verify=False, base_url=sandbox.url) as http:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        answer = await http.request(method, path, headers=headers, **more)
    if CONTRACT:
        CONTRACT.check_answer(method, path, answer.status_code, answer.json())
    return answer


def _form(value: object, name: str = "") -> dict[str, str]:
    """Nested parameters in the bracketed form."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return {name: str(value)}
    pairs: dict[str, str] = {}
    for key, each in items:
        pairs |= _form(each, f"{name}[{key}]" if name else str(key))
    return pairs
