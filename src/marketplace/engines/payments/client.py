"""Stripe through its official SDK: the one place that imports it, for production and for the sandbox alike.

Every call with an effect takes its idempotency key from the caller. The SDK never retries by itself:
the outbox owns retrying, with the same key.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import stripe
from aiohttp import ClientTimeout

from marketplace.engines.payments.errors import PaymentRefused
from marketplace.engines.payments.operations import COMMANDS, OBJECTS, Made, Wire, part, plain
from marketplace.engines.payments.translation import translated

STRIPE_ADDRESS = "https://api.stripe.com"
TIMEOUT_SECONDS = 20
OWN_EVENTS = (
    *("checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.expired"),
    *(
        "charge.succeeded",
        "charge.updated",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ),
    *("charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"),
    *("refund.created", "refund.updated", "refund.failed", "transfer.created", "transfer.updated", "transfer.reversed"),
)
CONNECT_EVENTS = (
    "account.updated",
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
)
"""What we listen to, on the platform's own account and on connected ones."""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What a connected account may do. `due` are the things Stripe still wants to know."""

    id: str
    country: str | None
    can_receive: bool
    can_pay_out: bool
    due: tuple[str, ...]
    bank_last4: str | None


@dataclass(frozen=True, slots=True)
class Amounts:
    """A balance at Stripe, minor units by ISO currency code."""

    available: dict[str, int]
    pending: dict[str, int]


class PaymentClient:
    """One Stripe account of the platform. `address` is Stripe's or the sandbox's."""

    def __init__(
        self, api_key: str, *, address: str = "", timeout_seconds: float = TIMEOUT_SECONDS, http: Any = None
    ) -> None:
        stripe.enable_telemetry = False
        timeout = ClientTimeout(total=timeout_seconds)
        self._http = http or stripe.AIOHTTPClient(timeout=timeout)  # pyright: ignore[reportArgumentType] - its stub says float
        base = (address or STRIPE_ADDRESS).rstrip("/")
        self._stripe = stripe.StripeClient(
            api_key,
            base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
            http_client=self._http,
            max_network_retries=0,
        )

    async def close(self) -> None:
        """Close the connections. Where none was opened the SDK would make a TLS context only to throw it away."""
        if getattr(self._http, "_cached_session", self._http) is not None:
            await self._http.close_async()

    async def execute(self, operation: str, body: Wire, *, key: str, account: str | None = None) -> Wire:
        """Do `operation` (a name of COMMANDS) once per `key` and return the object as Stripe answers it.

        Raises: PaymentRefused (final), PaymentUnavailable (try again with the same key).
        """
        with translated():
            return plain(await COMMANDS[operation].call(self._stripe, dict(body), _options(key=key, account=account)))

    async def find(
        self, operation: str, body: Wire, *, command_id: UUID, since: datetime, account: str | None = None
    ) -> Wire | None:
        """What the command `command_id` did at Stripe since then, or None.

        Raises: PaymentRefused, PaymentUnavailable.
        """
        made = Made(str(command_id), int(since.timestamp()))
        with translated():
            return await COMMANDS[operation].find(self._stripe, body, made, _options(account=account))

    async def retrieve(self, kind: str, id: str, *, account: str | None = None) -> Wire:
        """The present state of an object; `kind` is one of OBJECTS. Raises: PaymentRefused, PaymentUnavailable."""
        with translated():
            return plain(await OBJECTS[kind](self._stripe, id, _options(account=account)))

    async def create_account(self, *, key: str, country: str, email: str, name: str, metadata: dict[str, str]) -> str:
        """Open a recipient account (Accounts v2) with payouts on request only and return its id.

        No money moves; called with the same key it returns the same account.
        Raises: PaymentRefused, PaymentUnavailable.
        """
        body: Any = {
            "identity": {"country": country.lower(), "entity_type": "individual"},
            "contact_email": email,
            "display_name": name,
            "dashboard": "express",
            "defaults": {"responsibilities": {"fees_collector": "application", "losses_collector": "application"}},
            "configuration": {
                "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
            },
            "metadata": metadata,
        }
        with translated():
            account = await self._stripe.v2.core.accounts.create_async(body, _options(key=key))
            await self._stripe.v1.balance_settings.update_async(
                {"payments": {"payouts": {"schedule": {"interval": "manual"}}}},
                _options(key=f"{key}:manual", account=account.id),
            )
        return account.id

    async def account_link(self, account_id: str, *, return_url: str, refresh_url: str) -> str:
        """A fresh address of Stripe's onboarding for this account: single use, minutes long.

        Stripe sends a visitor with a used or old one to `refresh_url`, which makes the next.
        Raises: PaymentRefused, PaymentUnavailable.
        """
        use_case: Any = {
            "type": "account_onboarding",
            "account_onboarding": {
                "return_url": return_url,
                "refresh_url": refresh_url,
            },
        }
        with translated():
            link = await self._stripe.v2.core.account_links.create_async({"account": account_id, "use_case": use_case})
        return link.url

    async def make_endpoint(self, url: str, *, is_connect: bool) -> Wire:
        """A webhook endpoint with the SDK's own API version; its `secret` is told this once.

        Raises: PaymentRefused, PaymentUnavailable.
        """
        wanted: Any = {
            "url": url,
            "connect": is_connect,
            "api_version": stripe.api_version,
            "enabled_events": list(CONNECT_EVENTS if is_connect else OWN_EVENTS),
        }
        with translated():
            return plain(await self._stripe.v1.webhook_endpoints.create_async(wanted))

    async def account(self, account_id: str) -> AccountStatus:
        """What the connected account may do now. Raises: PaymentRefused, PaymentUnavailable."""
        return account_status(await self.retrieve("account", account_id))

    async def balance(self, account: str | None = None) -> Amounts:
        """The platform's balance at Stripe, or a connected account's. Raises: PaymentRefused, PaymentUnavailable."""
        with translated():
            balance = plain(await self._stripe.v1.balance.retrieve_async(options=_options(account=account)))
        return Amounts(available=_by_currency(balance["available"]), pending=_by_currency(balance["pending"]))

    async def balance_transactions(self, *, since: datetime, account: str | None = None) -> AsyncIterator[Wire]:
        """Every movement of the balance since then, newest first. Raises: PaymentRefused, PaymentUnavailable."""
        with translated():
            page = await self._stripe.v1.balance_transactions.list_async(
                {"created": {"gte": int(since.timestamp())}, "limit": 100}, _options(account=account)
            )
            async for each in page.auto_paging_iter():
                yield plain(each)

    async def events(self, *, since: datetime, account: str | None = None) -> AsyncIterator[Wire]:
        """Stripe's events since then (it keeps 30 days), newest first. Raises: PaymentRefused, PaymentUnavailable."""
        with translated():
            page = await self._stripe.v1.events.list_async(
                {"created": {"gte": int(since.timestamp())}, "limit": 100}, _options(account=account)
            )
            async for each in page.auto_paging_iter():
                yield plain(each)

    async def answers(self) -> bool:
        """Whether Stripe answers and takes our key (for `doctor`). Raises: PaymentUnavailable."""
        try:
            await self.balance()
        except PaymentRefused:
            return False
        return True


def account_status(account: Wire) -> AccountStatus:
    """Read the v1 shape of a connected account."""
    banks: list[Wire] = part(account, "external_accounts").get("data", [])
    return AccountStatus(
        id=account["id"],
        country=account.get("country"),
        can_receive=part(account, "capabilities").get("transfers") == "active",
        can_pay_out=bool(account["payouts_enabled"]),
        due=tuple(part(account, "requirements").get("currently_due") or ()),
        bank_last4=banks[0]["last4"] if banks else None,
    )


def _options(*, key: str | None = None, account: str | None = None) -> Any:
    options = {"idempotency_key": key, "stripe_account": account}
    return {name: value for name, value in options.items() if value is not None}


def _by_currency(amounts: list[Wire]) -> dict[str, int]:
    return {each["currency"].upper(): each["amount"] for each in amounts}
