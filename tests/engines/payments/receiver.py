"""A tiny HTTP server that takes webhooks and can be told how to answer them."""

import asyncio
from typing import Any, Self

from aiohttp import web

from marketplace.engines.payments.webhooks import WebhookSecrets, verify
from tests.engines.payments.sandbox_server import CONNECT_SECRET, OWN_SECRET, free_port

SECRETS = WebhookSecrets(own=OWN_SECRET, connect=CONNECT_SECRET)


class Receiver:
    """Verified events in the order they came; `answers` are the next statuses for events about an object, else 200."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/stripe/webhooks"
        self.events: list[dict[str, Any]] = []
        self.answers: dict[str, list[int]] = {}
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/stripe/webhooks", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        event = verify(await request.read(), request.headers.get("Stripe-Signature"), SECRETS)
        async with self._news:
            self.events.append(event)
            self._news.notify_all()
        answers = self.answers.get(_subject(event), [])
        return web.Response(status=answers.pop(0) if answers else 200)

    async def wait_for(self, *types: str, about: str = "", times: int = 1) -> list[dict[str, Any]]:
        """Wait until each of these types has come `times` times (about this object) and return all such events."""

        def heard() -> list[dict[str, Any]]:
            return [event for event in self.events if not about or _subject(event) == about]

        def is_there() -> bool:
            seen = [event["type"] for event in heard()]
            return all(seen.count(each) >= times for each in types)

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(is_there), 30)
            except TimeoutError:
                raise AssertionError(f"{types} did not come; came: {[e['type'] for e in heard()]}") from None
        return heard()


def _subject(event: dict[str, Any]) -> str:
    return (event.get("related_object") or event["data"]["object"])["id"]
