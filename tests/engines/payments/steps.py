"""Steps that the stories of these tests share."""

from datetime import timedelta
from itertools import count
from typing import Any

from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.models import WebhookEvent
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from tests.engines.payments.sandbox_server import GOOD_CARD, SandboxServer

_numbers = count(1)

SUCCESS = "http://shop.example/paid?session={CHECKOUT_SESSION_ID}"
CANCEL = "http://shop.example/contract"


def fresh(word: str) -> str:
    """A name that no other test of this run uses."""
    return f"{word}-{next(_numbers)}"


def session_body(amount_minor: int = 10_000, *, group: str = "", **more: Any) -> dict[str, Any]:
    price = {"currency": "usd", "unit_amount": amount_minor, "product_data": {"name": "Milestone 1: the login page"}}
    return {
        "mode": "payment",
        "success_url": SUCCESS,
        "cancel_url": CANCEL,
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": {"transfer_group": group or fresh("group")},
        **more,
    }


async def open_session(client: PaymentClient, amount_minor: int = 10_000, **more: Any) -> dict[str, Any]:
    return await client.execute("checkout.sessions.create", session_body(amount_minor, **more), key=fresh("session"))


async def intent_of(client: PaymentClient, session: dict[str, Any]) -> dict[str, Any]:
    current = await client.retrieve("checkout.session", session["id"])
    return await client.retrieve("payment_intent", current["payment_intent"]["id"])


async def paid_charge(
    client: PaymentClient, sandbox: SandboxServer, amount_minor: int = 10_000, *, card: str = GOOD_CARD
) -> dict[str, Any]:
    """Somebody has paid: the charge."""
    session = await open_session(client, amount_minor)
    await sandbox.pay(session["url"], card=card)
    intent = await intent_of(client, session)
    assert intent["status"] == "succeeded"
    return await client.retrieve("charge", intent["latest_charge"])


async def new_account(client: PaymentClient) -> str:
    """A connected account that has still to be onboarded."""
    return await client.create_account(
        key=fresh("account"), country="PK", email="ayesha@demo.example", name="Ayesha Khan", metadata={"user": "1"}
    )


async def ready_account(
    client: PaymentClient, sandbox: SandboxServer, *, iban: str = "PK36SCBL0000001123456702"
) -> str:
    """A connected account that may receive and pay out."""
    account = await new_account(client)
    link = await client.account_link(account, return_url="http://shop.example/money", refresh_url=CANCEL)
    assert (await sandbox.onboard(link, iban=iban)).status_code == 303
    return account


async def begin_a_new_hour(database: Database) -> None:
    """The poller has read all until now and will not read the events of earlier tests again."""
    clock.advance(timedelta(hours=2))
    now = clock.now()
    async with database.write.begin() as db:
        db.add(WebhookEvent(id=fresh("evt-read"), type="read", body={}, received_at=now, processed_at=now))


def transfer_body(account: str, charge: dict[str, Any], amount_minor: int = 9_000) -> dict[str, Any]:
    return {
        "amount": amount_minor,
        "currency": "usd",
        "destination": account,
        "source_transaction": charge["id"],
        "transfer_group": charge["transfer_group"],
    }
