"""What people meet: the hosted pay page, the bank's challenge, the onboarding of an account."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel import clock
from tests.engines.payments.sandbox_server import SandboxServer
from tests.engines.payments.steps import CANCEL, intent_of, new_account, open_session

CHALLENGED = "4000002500003155"


async def _paid(sandbox: SandboxServer, intent_id: str) -> int:
    charges = (await sandbox.books())["charges"]
    return sum(each["status"] == "succeeded" for each in charges if each["payment_intent"] == intent_id)


async def test_the_page_says_what_is_paid_and_that_it_is_a_sandbox(
    client: PaymentClient, sandbox: SandboxServer
) -> None:
    session = await open_session(client, 125_000)
    async with httpx.AsyncClient(verify=False) as http:
        page = await http.get(session["url"])
    for words in ("USD 1,250.00", "Milestone 1: the login page", "No real money moves", CANCEL, 'lang="en"'):
        assert words in page.text
    assert "script-src" not in page.text and "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert set(re.findall(r'<input id="(\w+)"', page.text)) == set(re.findall(r'<label for="(\w+)"', page.text))


async def test_a_good_card_pays_and_leads_back_with_the_sessions_id(
    client: PaymentClient, sandbox: SandboxServer
) -> None:
    session = await open_session(client)
    answer = await sandbox.pay(session["url"])
    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://shop.example/paid?session={session['id']}"
    current = await client.retrieve("checkout.session", session["id"])
    assert (current["status"], current["payment_status"], current["url"]) == ("complete", "paid", None)
    assert current["customer_details"]["email"] == "bilal@demo.example"


@pytest.mark.parametrize(
    ("card", "decline", "words"),
    [
        ("4000000000000002", "generic_decline", "Your card was declined."),
        ("4000000000009995", "insufficient_funds", "Your card has insufficient funds."),
    ],
)
async def test_a_declined_card_says_so_and_another_may_pay(
    client: PaymentClient, sandbox: SandboxServer, card: str, decline: str, words: str
) -> None:
    session = await open_session(client)
    refused = await sandbox.pay(session["url"], card=card)
    assert refused.status_code == 402 and words in refused.text and "Nothing was paid" in refused.text
    intent = await intent_of(client, session)
    assert intent["status"] == "requires_payment_method"
    assert intent["last_payment_error"]["decline_code"] == decline
    assert (await sandbox.pay(session["url"])).status_code == 303
    assert await _paid(sandbox, intent["id"]) == 1


async def test_pressing_twice_pays_once(client: PaymentClient, sandbox: SandboxServer) -> None:
    session = await open_session(client)
    answers = await asyncio.gather(*(sandbox.pay(session["url"]) for _ in range(5)))
    assert {each.headers["location"] for each in answers} == {f"http://shop.example/paid?session={session['id']}"}
    assert await _paid(sandbox, (await intent_of(client, session))["id"]) == 1


@pytest.mark.parametrize(("outcome", "status"), [("approve", "succeeded"), ("fail", "requires_payment_method")])
async def test_the_bank_may_ask_first(client: PaymentClient, sandbox: SandboxServer, outcome: str, status: str) -> None:
    session = await open_session(client)
    asked = await sandbox.pay(session["url"], card=CHALLENGED)
    challenge = f"{sandbox.url}{asked.headers['location']}"
    assert challenge == f"{session['url']}/challenge"
    assert (await intent_of(client, session))["status"] == "requires_action"
    async with httpx.AsyncClient(verify=False) as http:
        assert "3-D Secure" in (await http.get(challenge)).text
        answer = await http.post(challenge, data={"outcome": outcome})
        again = await http.post(challenge, data={"outcome": "approve"})
    intent = await intent_of(client, session)
    assert intent["status"] == status
    assert again.status_code == 303
    if outcome == "fail":
        assert "unable to authenticate" in answer.text
        assert intent["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert await _paid(sandbox, intent["id"]) == (outcome == "approve")


async def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(
    client: PaymentClient, sandbox: SandboxServer
) -> None:
    session = await open_session(client)
    answer = await sandbox.pay(session["url"], card="4111 1111 1111 1111")
    assert answer.status_code == 422
    assert "none of the test cards" in answer.text and 'aria-describedby="number-error"' in answer.text
    assert "4111 1111 1111 1111" in answer.text and "bilal@demo.example" in answer.text
    assert (await client.retrieve("checkout.session", session["id"]))["payment_intent"] is None


async def test_what_people_type_is_escaped(client: PaymentClient, sandbox: SandboxServer) -> None:
    session = await open_session(client)
    answer = await sandbox.pay(session["url"], card='"><script>alert(1)</script>')
    assert "<script>" not in answer.text


async def test_an_expired_page_takes_no_money_and_leads_back(client: PaymentClient, sandbox: SandboxServer) -> None:
    session = await open_session(client)
    clock.advance(timedelta(hours=25))
    answer = await sandbox.pay(session["url"])
    assert answer.status_code == 410 and "Nothing was paid" in answer.text and CANCEL in answer.text
    assert (await client.retrieve("checkout.session", session["id"]))["status"] == "expired"


async def test_no_such_page(sandbox: SandboxServer) -> None:
    async with httpx.AsyncClient(verify=False, base_url=sandbox.url) as http:
        for path in ("/pay/cs_test_x", "/pay/cs_test_x/challenge", "/onboard/alink_x"):
            assert (await http.get(path)).status_code == 404


async def _link(client: PaymentClient) -> tuple[str, str]:
    account = await new_account(client)
    link = await client.account_link(
        account, return_url="http://shop.example/back", refresh_url="http://shop.example/new"
    )
    return account, link


async def test_onboarding_makes_the_account_ready(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, link = await _link(client)
    answer = await sandbox.onboard(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "http://shop.example/back")
    status = await client.account(account)
    assert status.can_receive and status.can_pay_out and status.due == ()
    assert (status.country, status.bank_last4) == ("PK", "6702")


async def test_a_link_is_good_for_one_visit(client: PaymentClient, sandbox: SandboxServer) -> None:
    _account, link = await _link(client)
    async with httpx.AsyncClient(verify=False) as http:
        assert (await http.get(link)).status_code == 200
        again = await http.get(link)
    assert (again.status_code, again.headers["location"]) == (303, "http://shop.example/new")


async def test_a_link_is_short_lived(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, link = await _link(client)
    clock.advance(timedelta(minutes=6))
    async with httpx.AsyncClient(verify=False) as http:
        late = await http.get(link)
        forged = await http.post(
            link, data={"visit": "", "country": "PK", "name": "Eve", "iban": "X" * 20, "agree": "yes"}
        )
    assert late.headers["location"] == forged.headers["location"] == "http://shop.example/new"
    assert not (await client.account(account)).can_receive


async def test_onboarding_wants_all_of_it(client: PaymentClient, sandbox: SandboxServer) -> None:
    account, link = await _link(client)
    async with httpx.AsyncClient(verify=False) as http:
        page = await http.get(link)
        visit = re.search(r'name="visit" value="([^"]+)"', page.text)
        assert visit
        answer = await http.post(link, data={"visit": visit[1], "country": "XX", "name": "", "iban": "12"})
    assert answer.status_code == 422
    for words in ("Choose a country", "Write your full name", "8 to 34 letters", "agree to the terms"):
        assert words in answer.text
    assert not (await client.account(account)).can_receive
