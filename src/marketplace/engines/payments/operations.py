"""The SDK's methods behind our names: commands with an effect, and objects to fetch.

Bodies are Stripe's own parameters. Where an address needs an id (expire, reversals, detach), the body carries it under
`session`, `transfer` or `payment_method` and it is taken out here. Every command that makes an object carries its own
id in the object's metadata, so that it can be found when its key can't be used again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from stripe import StripeClient

Wire = dict[str, Any]
Call = Callable[[StripeClient, Wire, Any], Awaitable[Any]]
Page = Callable[[StripeClient, Wire, int, Any], Awaitable[Any]]
Find = Callable[[StripeClient, Wire, "Made", Any], Awaitable[Wire | None]]
Fetch = Callable[[StripeClient, str, Any], Awaitable[Any]]

LOOKUP_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Made:
    """What to look for: the object of this command, made not before `since` (Unix seconds)."""

    command_id: str
    since: int


@dataclass(frozen=True, slots=True)
class Operation:
    """How a command is sent, and how to find what it did."""

    call: Call
    find: Find
    has_metadata: bool = True


def plain(value: Any) -> Wire:
    """An object of the SDK as plain JSON."""
    result: Wire = value.to_dict(for_json=True)
    return result


def part(value: Wire, name: str) -> Wire:
    """The object at `name`, empty when it is missing or null."""
    found: Wire = value.get(name) or {}
    return found


def _among(page: Page) -> Find:
    """Find by our metadata among the objects that `page` lists."""

    async def find(client: StripeClient, body: Wire, made: Made, options: Any) -> Wire | None:
        seen = 0
        objects = await page(client, body, made.since, options)
        async for each in objects.auto_paging_iter():
            found = plain(each)
            if part(found, "metadata").get("command") == made.command_id:
                return found
            seen += 1
            assert seen < LOOKUP_LIMIT, f"more than {LOOKUP_LIMIT} objects to look through"
        return None

    return find


async def _sessions_since(client: StripeClient, _body: Wire, since: int, options: Any) -> Any:
    return await client.v1.checkout.sessions.list_async({"created": {"gte": since}, "limit": 100}, options)


async def _transfers_since(client: StripeClient, body: Wire, since: int, options: Any) -> Any:
    wanted: Any = {"created": {"gte": since}, "destination": body["destination"], "limit": 100}
    if group := body.get("transfer_group"):
        wanted["transfer_group"] = group
    return await client.v1.transfers.list_async(wanted, options)


async def _reversals(client: StripeClient, body: Wire, _since: int, options: Any) -> Any:
    return await client.v1.transfers.reversals.list_async(body["transfer"], {"limit": 100}, options)


async def _refunds(client: StripeClient, body: Wire, _since: int, options: Any) -> Any:
    wanted: Any = {name: body[name] for name in ("charge", "payment_intent") if name in body}
    wanted["limit"] = 100
    return await client.v1.refunds.list_async(wanted, options)


async def _payouts_since(client: StripeClient, _body: Wire, since: int, options: Any) -> Any:
    return await client.v1.payouts.list_async({"created": {"gte": since}, "limit": 100}, options)


async def _intents_since(client: StripeClient, body: Wire, since: int, options: Any) -> Any:
    wanted: Any = {"created": {"gte": since}, "customer": body["customer"], "limit": 100}
    wanted["expand"] = [f"data.{path}" for path in body.get("expand", ())]
    return await client.v1.payment_intents.list_async(wanted, options)


async def _detach(client: StripeClient, body: Wire, options: Any) -> Any:
    return await client.v1.payment_methods.detach_async(body.pop("payment_method"), None, options)


async def _find_detached(client: StripeClient, body: Wire, _made: Made, options: Any) -> Wire | None:
    method = plain(await client.v1.payment_methods.retrieve_async(body["payment_method"], None, options))
    return None if method["customer"] else method


async def _expire(client: StripeClient, body: Wire, options: Any) -> Any:
    return await client.v1.checkout.sessions.expire_async(body.pop("session"), None, options)


async def _find_expired(client: StripeClient, body: Wire, _made: Made, options: Any) -> Wire | None:
    session = plain(await client.v1.checkout.sessions.retrieve_async(body["session"], None, options))
    return session if session["status"] == "expired" else None


async def _reverse(client: StripeClient, body: Wire, options: Any) -> Any:
    parameters: Any = body
    return await client.v1.transfers.reversals.create_async(parameters.pop("transfer"), parameters, options)


async def _submit_evidence(client: StripeClient, body: Wire, options: Any) -> Any:
    parameters: Any = body
    return await client.v1.disputes.update_async(parameters.pop("dispute"), parameters, options)


async def _find_submitted(client: StripeClient, body: Wire, made: Made, options: Any) -> Wire | None:
    dispute = plain(await client.v1.disputes.retrieve_async(body["dispute"], None, options))
    return dispute if part(dispute, "metadata").get("command") == made.command_id else None


def _parameters(body: Wire) -> Any:
    """Bodies are checked by Stripe, not by the SDK's typed dictionaries."""
    return body


COMMANDS: dict[str, Operation] = {
    "checkout.sessions.create": Operation(
        lambda client, body, options: client.v1.checkout.sessions.create_async(_parameters(body), options),
        _among(_sessions_since),
    ),
    "checkout.sessions.expire": Operation(_expire, _find_expired, has_metadata=False),
    "payment_intents.create": Operation(
        lambda client, body, options: client.v1.payment_intents.create_async(_parameters(body), options),
        _among(_intents_since),
    ),
    "payment_methods.detach": Operation(_detach, _find_detached, has_metadata=False),
    "transfers.create": Operation(
        lambda client, body, options: client.v1.transfers.create_async(_parameters(body), options),
        _among(_transfers_since),
    ),
    "transfers.reversals.create": Operation(_reverse, _among(_reversals)),
    "refunds.create": Operation(
        lambda client, body, options: client.v1.refunds.create_async(_parameters(body), options),
        _among(_refunds),
    ),
    "disputes.update": Operation(_submit_evidence, _find_submitted),
    "payouts.create": Operation(
        lambda client, body, options: client.v1.payouts.create_async(_parameters(body), options),
        _among(_payouts_since),
    ),
}

# A session and a charge come with what is needed to book a payment: its charge, and the fee in the balance transaction.
OBJECTS: dict[str, Fetch] = {
    "account": lambda client, id, options: client.v1.accounts.retrieve_async(id, None, options),
    "charge": lambda client, id, options: client.v1.charges.retrieve_async(
        id, {"expand": ["balance_transaction"]}, options
    ),
    "checkout.session": lambda client, id, options: client.v1.checkout.sessions.retrieve_async(
        id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}, options
    ),
    "dispute": lambda client, id, options: client.v1.disputes.retrieve_async(id, {"expand": ["charge"]}, options),
    "payment_intent": lambda client, id, options: client.v1.payment_intents.retrieve_async(id, None, options),
    "payment_method": lambda client, id, options: client.v1.payment_methods.retrieve_async(id, None, options),
    "payout": lambda client, id, options: client.v1.payouts.retrieve_async(id, None, options),
    "refund": lambda client, id, options: client.v1.refunds.retrieve_async(id, None, options),
    "transfer": lambda client, id, options: client.v1.transfers.retrieve_async(id, None, options),
}
