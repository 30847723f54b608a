"""Signed webhooks: each event goes out until the marketplace answers 2xx, for three days, across restarts."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout

from marketplace.engines.payments.sandbox.books import Books, Wire

_TIMEOUT = ClientTimeout(total=10)
_AT_ONCE = 8
_LONGEST_PAUSE_SECONDS = 300.0
_GIVE_UP_SECONDS = 3 * 86_400.0  # docs.stripe.com/webhooks: retries for up to three days


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where webhooks go: one address, two secrets (own account, connected accounts). No address: they only wait."""

    url: str
    own_secret: str
    connect_secret: str

    def secret_for(self, event: Wire) -> str:
        return self.connect_secret if event.get("account") or event.get("context") else self.own_secret


def signature(payload: bytes, secret: str, at: int) -> str:
    """The Stripe-Signature header (docs.stripe.com/webhooks/signature)."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def pause_after(attempts: int) -> float:
    """Seconds to the next attempt: one, two, four, … five minutes. Stripe takes hours; a demo has no hours."""
    return min(2.0 ** min(attempts, 16), _LONGEST_PAUSE_SECONDS)


def real_time_in(seconds: float) -> float:
    """Webhooks wait in real time: the demo's clock jumps."""
    return time.time() + seconds


class Messenger:
    """Delivers what waits in the books."""

    def __init__(self, books: Books, endpoint: Endpoint) -> None:
        self._books = books
        self._endpoint = endpoint
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something new."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver for ever."""
        if not self._endpoint.url:
            return
        async with ClientSession(timeout=_TIMEOUT) as session:
            while True:
                due = self._books.deliveries_due(time.time(), _AT_ONCE)
                if due:
                    await asyncio.gather(*(self._deliver(session, *each) for each in due))
                else:
                    await self._rest()

    async def _rest(self) -> None:
        self._wake.clear()
        next_at = self._books.next_delivery_at()
        pause = None if next_at is None else max(0.01, next_at - time.time())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), pause)

    async def _deliver(self, session: ClientSession, event_id: str, attempts: int, first_at: float | None) -> None:
        event = self._books.get(event_id)
        assert event is not None, event_id
        payload = json.dumps(event).encode()
        secret = self._endpoint.secret_for(event)
        if not secret:
            self._books.note_delivery(event_id, None, at=time.time(), next_at=None)  # there is no such endpoint
            return
        status = await self._post(session, payload, signature(payload, secret, int(time.time())))
        now = time.time()
        is_done = status is not None and 200 <= status < 300
        if is_done and attempts == 0 and self._books.setting("events", "") == "doubled":
            is_done = False  # once more in a second, as if our answer had been lost
        is_over = is_done or now - (first_at or now) > _GIVE_UP_SECONDS
        self._books.note_delivery(event_id, status, at=now, next_at=None if is_over else now + pause_after(attempts))

    async def _post(self, session: ClientSession, payload: bytes, signed: str) -> int | None:
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signed}
        try:
            async with session.post(
                self._endpoint.url, data=payload, headers=headers, allow_redirects=False
            ) as response:
                return response.status
        except (ClientError, TimeoutError, OSError):
            return None
