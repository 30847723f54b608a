"""The server: `granian --factory marketplace.engines.payments.sandbox.app:create_app` with one worker."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from litestar import Litestar
from litestar.di import Provide

from marketplace.engines.payments.sandbox import controls, due, onboarding_pages, pay_pages
from marketplace.engines.payments.sandbox.books import Books
from marketplace.engines.payments.sandbox.faults import Faults
from marketplace.engines.payments.sandbox.routes import api_routes
from marketplace.engines.payments.sandbox.site import Site
from marketplace.engines.payments.sandbox.webhooks import Endpoint, Messenger
from marketplace.kernel import clock

_TICK_SECONDS = 0.5
_PAGES = (
    pay_pages.show_pay,
    pay_pages.pay,
    pay_pages.show_challenge,
    pay_pages.answer_challenge,
    onboarding_pages.show_onboarding,
    onboarding_pages.finish_onboarding,
    onboarding_pages.style,
)
_CONTROLS = (
    controls.order_fault,
    controls.change_settings,
    controls.raise_dispute,
    controls.decide_dispute,
    controls.fail_payout,
    controls.deliver_again,
    controls.show_books,
    controls.show_newest,
    controls.live,
)


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """What the sandbox needs to know; `clock_file` holds the demo's offset of time."""

    books: Path
    address: str
    endpoint: Endpoint
    clock_file: Path | None

    @classmethod
    def from_env(cls) -> "SandboxSettings":
        read = os.environ.get
        clock_file = read("MARKETPLACE_CLOCK_FILE", "")
        return cls(
            books=Path(read("MARKETPLACE_SANDBOX_BOOKS", "sandbox.sqlite")),
            address=read("MARKETPLACE_SANDBOX_URL", "http://127.0.0.1:8001").rstrip("/"),
            endpoint=Endpoint(
                url=read("MARKETPLACE_SANDBOX_WEBHOOK_URL", ""),
                own_secret=read("MARKETPLACE_SANDBOX_WEBHOOK_SECRET", ""),
                connect_secret=read("MARKETPLACE_SANDBOX_CONNECT_WEBHOOK_SECRET", ""),
            ),
            clock_file=Path(clock_file) if clock_file else None,
        )


def create_app() -> Litestar:
    """The application, with its settings from the environment."""
    settings = SandboxSettings.from_env()
    clock.use_offset_file(settings.clock_file)
    site = Site(Books(settings.books), settings.address, Faults())
    messenger = Messenger(site.books, settings.endpoint)
    site.on_change = messenger.wake

    @contextlib.asynccontextmanager
    async def working(_app: Litestar) -> AsyncGenerator[None]:
        tasks = [asyncio.create_task(messenger.run()), asyncio.create_task(_tick(site))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            site.books.close()

    return Litestar(
        route_handlers=[*api_routes(site), *_PAGES, *_CONTROLS],
        dependencies={"site": Provide(lambda: site, sync_to_thread=False)},
        lifespan=[working],
        openapi_config=None,
        debug=False,
    )


async def _tick(site: Site) -> None:
    """What is due by the clock happens also when nobody asks."""
    while True:
        if site.books.due(site.now()):
            with site.books.transaction():
                due.settle(site.books, site.now(), site.address)
            site.changed()
        await asyncio.sleep(_TICK_SECONDS)
