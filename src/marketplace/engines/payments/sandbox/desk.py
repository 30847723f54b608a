"""Where an operation works: the books at one moment, for one account, inside one transaction."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marketplace.engines.payments.sandbox import API_VERSION
from marketplace.engines.payments.sandbox.books import Books, Wire
from marketplace.engines.payments.sandbox.refusals import no_such
from marketplace.engines.payments.sandbox.webhooks import real_time_in

DAY = 86_400
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Desk:
    """`account` is that of the Stripe-Account header, "" for the platform; `now` is Unix time by the demo's clock."""

    books: Books
    now: int
    address: str
    account: str = ""
    key: str | None = None

    def find(self, kind: str, id: str, param: str = "id") -> Wire:
        """The object of this account. Raises: Refusal (resource_missing)."""
        found = self.books.get(id, kind=kind, account="" if kind == "account" else self.account)
        if found is None:
            raise no_such(kind.replace("_", " "), id, param)
        return found

    def insert(self, body: Wire, *, account: str | None = None, due_at: int | None = None) -> Wire:
        where = self.account if account is None else account
        self.books.insert(body, account=where, created=self.now, due_at=due_at, key=self.key)
        return body

    def setting(self, name: str) -> Any:
        return self.books.setting(name, DEFAULTS[name])

    def tell(self, type: str, about: Wire, *, account: str | None = None) -> None:
        """Write an event about `about` as it is now, and queue its webhook."""
        where = self.account if account is None else account
        event: Wire = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": {"object": about},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": self.key},
            "type": type,
        }
        if where:
            event["account"] = where
        self.books.insert(event, account=where, created=self.now)
        self._send_off(event["id"])

    def _send_off(self, event_id: str) -> None:
        """Queue the webhook; a lost one stands in the list of events all the same."""
        delay: float = self.setting("event_delay_seconds")
        if self.setting("events") == "shuffled":
            delay *= secrets.randbelow(1_000) / 1_000
        if self.setting("events") != "lost":
            self.books.deliver(event_id, at=real_time_in(delay) if delay else 0)

    def tell_of_account(self, type: str, account_id: str) -> None:
        """A thin event of Accounts v2: it names the account and says no more."""
        event: Wire = {
            "id": new_id("evt"),
            "object": "v2.core.event",
            "type": type,
            "created": iso(self.now),
            "livemode": False,
            "context": account_id,
            "reason": None,
            "related_object": {
                "id": account_id,
                "type": "v2.core.account",
                "url": f"/v2/core/accounts/{account_id}",
            },
        }
        self.books.insert(event, account=account_id, created=self.now)
        self._send_off(event["id"])


DEFAULTS: dict[str, Any] = {
    "settle_seconds": 0,  # Stripe: two days for cards; the demo does not wait
    "payout_seconds": 2,
    "account_link_seconds": 300,
    "unapproved_countries": [],
    "saved_cards": "",  # what banks say to kept cards: nothing unusual, this decline code, or authentication_required
    "requests_per_second": 0,  # Stripe: 25 on each endpoint; 0 is no limit
    "events": "",  # how webhooks arrive: as they come, "lost", "doubled" or "shuffled" over event_delay_seconds
    "event_delay_seconds": 0,
}


def new_id(prefix: str, length: int = 24) -> str:
    return f"{prefix}_" + "".join(secrets.choice(_LETTERS) for _ in range(length))


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
