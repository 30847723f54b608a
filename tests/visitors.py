"""Browsers for tests of pages: `client` is a visitor, `browse(ayesha)` is one in which Ayesha is signed in."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from marketplace.engines.payments.client import PaymentClient
from marketplace.identity.models import Authenticator, User, UserSession
from marketplace.identity.rules import ABSOLUTE_LIMIT, new_secret, secret_hash
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.database.sessions import count_queries
from marketplace.kernel.queue import Services
from marketplace.runtime import open_services
from marketplace.web.app import Application, create_app
from marketplace.web.csrf import CsrfTokens

SECRET_KEY = "a secret of the tests"
BASE = "http://127.0.0.1:8000"
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')
_SUBMISSION = re.compile(r'name="submission"[^>]*value="([^"]+)"')


class Browser(httpx.AsyncClient):
    """httpx over ASGI, without following redirects; `submit` fills in what a form carries unseen."""

    def __init__(self, app: Application, **options: Any) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)  # type: ignore[arg-type]
        headers = {"accept": "text/html", "accept-encoding": "identity"}
        super().__init__(transport=transport, base_url=BASE, headers=headers, **options)

    secret = ""

    def wear(self, secret: str) -> None:
        """Send this session cookie from now on, whoever it belongs to."""
        self.secret = secret
        if "session" in self.cookies:
            self.cookies.delete("session")
        self.cookies.set("session", secret, domain="127.0.0.1", path="/")

    def own_token(self) -> str:
        """A CSRF token of this browser, made as the pages make it."""
        if "session" not in self.cookies and "visitor" not in self.cookies:
            self.cookies.set("visitor", "a visitor of the tests", domain="127.0.0.1", path="/")
        bound_to = self.cookies.get("session") or self.cookies["visitor"]
        return CsrfTokens(SECRET_KEY, bound_to).make()

    async def token(self, path: str = "/") -> str:
        """A CSRF token of a page that this browser was shown."""
        found = _TOKEN.search((await self.get(path)).text)
        assert found, f"no form on {path}"
        return found[1]

    async def hidden(self, path: str) -> dict[str, str]:
        """The hidden fields of the form on a page."""
        shown = (await self.get(path)).text
        patterns = {"_csrf_token": _TOKEN, "submission": _SUBMISSION}
        return {name: found[1] for name, pattern in patterns.items() if (found := pattern.search(shown))}

    async def submit(
        self, path: str, data: dict[str, Any] | None = None, *, shown_on: str = "/", **options: Any
    ) -> httpx.Response:
        """Post a form as a person does: load the page that shows it, keep its hidden fields, send."""
        return await self.post(path, data={**await self.hidden(shown_on), **(data or {})}, **options)


async def sign_in(browser: Browser, database: Database, user_id: UUID) -> Browser:
    """Give `browser` a session of that user, as sign-in does, without the password's 31 ms."""
    secret, at = new_secret(), clock.now()
    async with database.write.begin() as db:
        db.add(
            UserSession(
                secret_hash=secret_hash(secret),
                user_id=user_id,
                created_at=at,
                seen_at=at,
                expires_at=at + ABSOLUTE_LIMIT,
            )
        )
    browser.wear(secret)
    return browser


async def prove(database: Database, user_id: UUID, *, has_factor: bool = True) -> None:
    """She has an authenticator app, and has just used it in every browser of hers."""
    at = clock.now()
    async with database.write.begin() as db:
        if has_factor and await db.get(Authenticator, user_id) is None:
            db.add(Authenticator(user_id=user_id, sealed_secret=b"", created_at=at, confirmed_at=at))
        hers = update(UserSession).where(UserSession.user_id == user_id)
        await db.execute(hers.values(stepped_up_at=at))


Browse = Callable[..., Awaitable[Browser]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """As the tests' environment would give them; a test that needs others uses dataclasses.replace."""
    return Settings(env="test", data_dir=tmp_path, base_url=BASE, secret_key=SECRET_KEY)


@pytest.fixture
async def services(settings: Settings, database: Database) -> AsyncIterator[Services]:
    """What a web process has open, on the test's connection; files and search lie in the test's own folder."""
    opened = open_services(settings, database)
    yield opened
    await opened[PaymentClient].close()


@cache
def application() -> Application:
    """Built once per run (75 ms); every test gives it its own settings and services."""
    return create_app(Services(Settings(env="test")))


@pytest.fixture
def app(services: Services) -> Application:
    shared = application()
    shared.site.settings, shared.site.opened = services[Settings], services
    shared.site.seen.clear()
    return shared


@pytest.fixture
async def browse(app: Application, database: Database) -> AsyncIterator[Browse]:
    """`await browse(user)` opens a browser in which she is signed in; `await browse()` one of a visitor."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_browser(user: User | None = None) -> Browser:
            browser = await stack.enter_async_context(Browser(app))
            return await sign_in(browser, database, user.id) if user else browser

        yield open_browser


@pytest.fixture
async def client(browse: Browse) -> Browser:
    """A visitor's browser."""
    return await browse()


class Statements(list[str]):
    """The SQL statements that ran since `clear()`; savepoints of the test's own making are left out."""

    def append(self, statement: str) -> None:
        if not statement.lstrip().upper().startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            super().append(statement)


@pytest.fixture
def statements(shared_engine: AsyncEngine) -> Iterator[Statements]:
    """Counts the queries of a page: `statements.clear(); await browser.get(...); assert len(statements) <= 5`."""
    counted = Statements()
    stop = count_queries(shared_engine, counted)
    yield counted
    stop()
