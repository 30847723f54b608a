"""Every route × every person: who may call it by its mark, and that a refusal changes nothing."""

import re

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from marketplace.kernel.database import Session
from marketplace.web.access import Access
from marketplace.web.app import handlers
from tests.cast import Cast
from tests.conftest import SharedDatabase
from tests.security.people import EMPLOYERS, FREELANCERS, NAMES, STAFF, People, fingerprint, gather
from tests.visitors import Browse, Browser

ASKS_STRIPE = {"POST /money/account", "POST /money/account/continue"}
"""No payment service runs in these tests: such a route says that it is out of reach."""
NOBODYS = "0" * 26
"""An id that nobody was given."""


class Route:
    """One method on one path, with its mark."""

    def __init__(self, handler: HTTPRouteHandler, path: str) -> None:
        [self.method] = handler.http_methods
        self.path, self.access = path, handler.opt["access"]

    def address(self) -> str:
        """The path with ids that exist nowhere."""
        return re.sub(r"\{\w+:\w+\}", lambda part: "1" if part[0] == "{number:str}" else NOBODYS, self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}".replace(":str", "")


ROUTES = [Route(handler, path) for handler in handlers() for path in sorted(handler.paths)]
CHANGES = [route for route in ROUTES if route.method == "POST"]
REFUSED: dict[Access, dict[str, int]] = {
    Access.PUBLIC: {},
    Access.USER: {"anonymous": 303},
    Access.EMPLOYER: {"anonymous": 303, **dict.fromkeys(set(NAMES) - EMPLOYERS - {"anonymous"}, 403)},
    Access.FREELANCER: {"anonymous": 303, **dict.fromkeys(set(NAMES) - FREELANCERS - {"anonymous"}, 403)},
    Access.STAFF: dict.fromkeys(set(NAMES) - STAFF, 404),
    Access.DEMO: dict.fromkeys(NAMES, 404),
    Access.WEBHOOK: {},
}
"""The status by which a mark refuses a person; who is not named comes in."""


@pytest.fixture
async def people(db: Session, cast: Cast) -> People:
    return await gather(db, cast)


async def _ask(browser: Browser, route: Route) -> httpx.Response:
    if route.method == "GET":
        return await browser.get(route.address())
    return await browser.post(route.address(), data={"_csrf_token": browser.own_token()})


def _names(refused: bool, route: Route) -> list[str]:
    return [name for name in NAMES if (name in REFUSED[route.access]) is refused]


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_the_mark_refuses_whom_it_must_and_nothing_changes(
    route: Route, browse: Browse, people: People, database: SharedDatabase
) -> None:
    browsers = {name: await browse(people[name]) for name in _names(True, route)}
    before = await fingerprint(database.connection)
    for name, browser in browsers.items():
        answer = await _ask(browser, route)
        assert answer.status_code == REFUSED[route.access][name], name
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/sign-in?next="), name
    assert await fingerprint(database.connection) == before


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_whom_the_mark_admits_gets_an_answer_and_never_an_error_of_ours(
    route: Route, browse: Browse, people: People, database: SharedDatabase
) -> None:
    for name in _names(False, route):
        browser = await browse(people[name])
        before = await fingerprint(database.connection)
        step = await database.connection.begin_nested()
        answer = await _ask(browser, route)
        assert answer.status_code < 500 or (answer.status_code == 503 and str(route) in ASKS_STRIPE), name
        assert not answer.headers.get("location", "").startswith("/sign-in?next="), name
        if route.method == "GET":
            assert await fingerprint(database.connection) == before, f"{name}: looking changes nothing"
        await step.rollback()


@pytest.mark.parametrize("route", [route for route in CHANGES if route.access is not Access.WEBHOOK], ids=str)
async def test_every_change_asks_for_the_token_of_this_very_session(
    route: Route, browse: Browse, people: People, database: SharedDatabase
) -> None:
    admitted = _names(False, route)
    if not admitted:
        return  # refused to everybody here: nothing is asked after that
    name = next((each for each in admitted if each != "anonymous"), admitted[0])
    browser, other = await browse(people[name]), await browse(people["hina"])
    own, foreign = browser.own_token(), other.own_token()
    before = await fingerprint(database.connection)
    for what, data, headers in (
        ("no token", {}, {}),
        ("a made-up token", {"_csrf_token": "A" * 43}, {}),
        ("letters beyond ASCII", {"_csrf_token": "ہنر"}, {}),
        ("another session's token", {"_csrf_token": foreign}, {}),
        ("from another site", {"_csrf_token": own}, {"sec-fetch-site": "cross-site"}),
        ("from a neighbouring host", {"_csrf_token": own}, {"sec-fetch-site": "same-site"}),
        ("from another origin", {"_csrf_token": own}, {"origin": "https://evil.example"}),
        ("from nowhere", {"_csrf_token": own}, {"origin": "null"}),
    ):
        answer = await browser.post(route.address(), data=data, headers=headers)
        assert answer.status_code == 403, what
    as_file = await browser.post(route.address(), files={"_csrf_token": ("t.txt", b"x")})
    assert as_file.status_code == 403, "a file as the token"
    assert await fingerprint(database.connection) == before


@pytest.mark.parametrize("route", [route for route in CHANGES if route.access is Access.WEBHOOK], ids=str)
async def test_an_unsigned_webhook_is_refused(
    route: Route, client: Browser, people: People, database: SharedDatabase
) -> None:
    before = await fingerprint(database.connection)
    for headers in ({}, {"stripe-signature": "t=1,v1=00"}):
        answer = await client.post(route.address(), content=b"{}", headers=headers)
        assert 400 <= answer.status_code < 500
    assert await fingerprint(database.connection) == before


def test_only_these_pages_are_open_to_everybody() -> None:
    """A new public page is a visible change of this list."""
    public = sorted(str(route) for route in ROUTES if route.access is Access.PUBLIC)
    assert public == PUBLIC_ROUTES


PUBLIC_ROUTES = [
    "GET /",
    "GET /gigs",
    "GET /gigs/new",
    "GET /gigs/new/preview",
    "GET /gigs/{slug}",
    "GET /live",
    "GET /people",
    "GET /ready",
    "GET /reset-password",
    "GET /reset-password/{secret}",
    "GET /search",
    "GET /sign-in",
    "GET /sign-up",
    "GET /skills/suggest",
    "GET /static/vendor/{name}",
    "GET /static/{name}",
    "GET /unsubscribe/{token}",
    "GET /verify-email/{secret}",
    "POST /gigs",
    "POST /gigs/new/publish",
    "POST /language",
    "POST /reset-password",
    "POST /reset-password/{secret}",
    "POST /sign-in",
    "POST /sign-up",
    "POST /verify-email/{secret}",
]
