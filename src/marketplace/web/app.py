"""The application: finds the pages, opens what they need, and puts the front before them."""

import asyncio
import contextlib
import gc
import hmac
import importlib
import logging
import pkgutil
from collections.abc import AsyncIterator
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

import marketplace.web
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.errors import DomainError
from marketplace.kernel.queue import Services
from marketplace.runtime import running
from marketplace.web import errors, pages, search, sessions
from marketplace.web.access import Answer, guard, unmarked
from marketplace.web.assets import assets
from marketplace.web.headers import Envelope
from marketplace.web.site import Site
from marketplace.web.templates import environments
from marketplace.web.visit import Visit

_log = logging.getLogger(__name__)
_WITHOUT_SESSION = ("/static/", "/webhooks/", "/live", "/ready")
_WITHOUT_ACCESS_TOKEN = ("/webhooks/", "/live", "/ready")
_METHODS = ("GET", "HEAD", "POST")


class Application(Litestar):
    """Litestar behind our front: every request gets a Visit, every answer its headers."""

    site: Site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        visit = _visit(self.site, scope)
        envelope = Envelope(visit, send, method=scope["method"])
        inner = {**scope, "visit": visit, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        visit.scope = cast(HTTPScope, inner)
        app = await self._entered(visit)
        await app(visit.scope, receive, envelope.send)

    async def _entered(self, visit: Visit) -> ASGIApp:
        """Who it is; then Litestar, or the answer to whoever does not come in."""
        try:
            if (refusal := _at_the_door(visit)) is not None:
                return _as_app(visit, refusal)
            if not visit.path.startswith(_WITHOUT_SESSION):
                await sessions.recognise(visit)
        except Exception as error:  # noqa: BLE001 - whatever it is, the visitor gets an answer
            return _as_app(visit, errors.answer(visit, error))
        return super().__call__


def create_app(services: Services | None = None) -> Application:
    """The application. Without `services` it reads the settings and opens everything itself when it starts.

    Raises: RuntimeError for a handler without an access mark, MissingAssets when set-up was not run.
    """
    settings = services[Settings] if services else Settings.from_env()
    site = Site(settings, assets(), environments(reloads=settings.is_demo), opened=services)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        async with _open(site):
            yield

    app = Application(
        route_handlers=handlers(),
        guards=[guard],
        lifespan=[lifespan],
        exception_handlers={DomainError: errors.handle, HTTPException: errors.handle, Exception: errors.handle},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1_000_000,
        multipart_form_part_limit=400,
    )
    app.site = site
    if missing := unmarked([handler for route in app.routes for handler in _of(route)]):
        raise RuntimeError(f"without an access mark: {', '.join(missing)}")
    return app


def handlers() -> list[HTTPRouteHandler]:
    """The `routes` of every module in web/."""
    found: list[HTTPRouteHandler] = []
    for module in pkgutil.walk_packages(marketplace.web.__path__, "marketplace.web."):
        found += getattr(importlib.import_module(module.name), "routes", [])
    return found


def _of(route: object) -> list[BaseRouteHandler]:
    single = getattr(route, "route_handler", None)
    return [single] if single is not None else list(getattr(route, "route_handlers", []))


@contextlib.asynccontextmanager
async def _open(site: Site) -> AsyncIterator[None]:
    if site.opened is not None:
        yield
        return
    async with running(site.settings) as services:
        site.opened = services
        writing = asyncio.create_task(_write_noted_for_ever(site))
        gc.collect()
        gc.freeze()  # what start-up made stays: halves the p99 (docs/measured.md)
        gc.set_threshold(10_000, 20, 20)
        try:
            yield
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing
            await _write_noted(site)


async def _write_noted_for_ever(site: Site) -> None:
    while True:
        await asyncio.sleep(1)
        await _write_noted(site)


async def _write_noted(site: Site) -> None:
    try:
        await sessions.write_seen(site)
        await search.write_impressions(site)
    except Exception:  # noqa: BLE001 - PostgreSQL may be away for a moment: the next second tries again
        _log.exception("what was seen and shown in the last second could not be written")


def _visit(site: Site, scope: HTTPScope) -> Visit:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    cookies: dict[str, str] = {}
    for part in headers.get("cookie", "").split(";"):
        name, found, value = part.strip().partition("=")
        if found:
            cookies.setdefault(name, value.strip('"'))
    return Visit(site=site, scope=scope, now=clock.now(), headers=headers, cookies=cookies)


def _at_the_door(visit: Visit) -> Answer | None:
    """Refuse methods we don't have, and whoever lacks the token of a demo that listens beyond this machine."""
    if visit.method not in _METHODS:
        raise HTTPException(status_code=405)
    token = visit.settings.access_token
    if not token or visit.path.startswith(_WITHOUT_ACCESS_TOKEN):
        return None
    if hmac.compare_digest(visit.cookie("access").encode(), token.encode()):
        return None
    pairs = parse_qsl(visit.scope["query_string"].decode("latin-1"))
    if any(name == "token" and hmac.compare_digest(value.encode(), token.encode()) for name, value in pairs):
        visit.set_cookie("access", token, max_age=30 * 86_400)
        rest = urlencode([(name, value) for name, value in pairs if name != "token"])
        return pages.redirect(visit, f"{visit.path}?{rest}" if rest else visit.path)
    text = "This demo is open to whoever has its address with the token, printed where it was started.\n"
    return Response(text, status_code=403, media_type="text/plain")


def _as_app(visit: Visit, response: Answer) -> ASGIApp:
    request: Request[Any, Any, Any] = Request(visit.scope)
    return response.to_asgi_response(None, request)  # pyright: ignore[reportUnknownMemberType] - Litestar's own gap
