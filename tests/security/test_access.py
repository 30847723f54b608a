"""Every route × every person: who may call it by its mark, and that a refusal changes nothing."""

import re

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from marketplace.web.access import Access
from marketplace.web.app import handlers
from tests.security.conftest import Stage
from tests.security.people import EMPLOYERS, FEW, FINANCE, FREELANCERS, NAMES, STAFF
from tests.visitors import Browser

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
    Access.FINANCE: dict.fromkeys(set(NAMES) - FINANCE, 404),
    Access.BOOKS: dict.fromkeys(set(NAMES) - STAFF - FINANCE, 404),
    Access.DEMO: dict.fromkeys(NAMES, 404),
    Access.WEBHOOK: {},
}
"""The status by which a mark refuses a person; who is not named comes in."""


def asking(few: tuple[str, ...]) -> pytest.MarkDecorator:
    """`people` are those few in the fast tests and all in the slow ones."""
    fast, slow = pytest.param(few, id="few"), pytest.param(NAMES, id="all", marks=pytest.mark.slow)
    return pytest.mark.parametrize("people", [fast, slow])


async def _ask(browser: Browser, route: Route) -> httpx.Response:
    if route.method == "GET":
        return await browser.get(route.address())
    return await browser.post(route.address(), data={"_csrf_token": browser.own_token()})


@asking(FEW)
@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_the_mark_refuses_whom_it_must_and_nothing_changes(
    route: Route, people: tuple[str, ...], stage: Stage
) -> None:
    before = await stage.fingerprint()
    for name, status in REFUSED[route.access].items():
        if name not in people:
            continue
        answer = await _ask(stage.browsers[name], route)
        assert answer.status_code == status, name
        if status == 303:
            assert answer.headers["location"].startswith("/sign-in?next="), name
    assert await stage.fingerprint() == before


@asking(FEW)
@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_whom_the_mark_admits_gets_an_answer_and_never_an_error_of_ours(
    route: Route, people: tuple[str, ...], stage: Stage
) -> None:
    before = await stage.fingerprint()
    admitted = _admitted(route, people)
    for name in admitted if people == NAMES else admitted[:1]:
        async with stage.undone():
            answer = await _ask(stage.browsers[name], route)
            assert answer.status_code < 500 or (answer.status_code == 503 and str(route) in ASKS_STRIPE), name
            assert not answer.headers.get("location", "").startswith("/sign-in?next="), name
            if route.method == "GET":
                assert await stage.fingerprint() == before, f"{name}: looking changes nothing"


@pytest.mark.parametrize("all_ways", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["plain", "all"])
@pytest.mark.parametrize("route", [route for route in CHANGES if route.access is not Access.WEBHOOK], ids=str)
async def test_every_change_asks_for_the_token_of_this_very_session(route: Route, all_ways: bool, stage: Stage) -> None:
    name = next(iter(_admitted(route) or ["omar"]))
    browser = stage.browsers[name]
    own, foreign = browser.own_token(), stage.browsers["hina"].own_token()
    status = REFUSED[route.access].get(name, 403)
    before = await stage.fingerprint()
    plain = [("another session's token", {"_csrf_token": foreign}, {})]
    others = [
        ("no token", {}, {}),
        ("a made-up token", {"_csrf_token": "A" * 43}, {}),
        ("letters beyond ASCII", {"_csrf_token": "ہنر"}, {}),
        ("from another site", {"_csrf_token": own}, {"sec-fetch-site": "cross-site"}),
        ("from a neighbouring host", {"_csrf_token": own}, {"sec-fetch-site": "same-site"}),
        ("from another origin", {"_csrf_token": own}, {"origin": "https://evil.example"}),
        ("from nowhere", {"_csrf_token": own}, {"origin": "null"}),
    ]
    for what, data, headers in plain + others if all_ways else plain:
        answer = await browser.post(route.address(), data=data, headers=headers)
        assert answer.status_code == status, what
    if all_ways:
        as_file = await browser.post(route.address(), files={"_csrf_token": ("t.txt", b"x")})
        assert as_file.status_code == status, "a file as the token"
    assert await stage.fingerprint() == before


@pytest.mark.parametrize("route", [route for route in CHANGES if route.access is Access.WEBHOOK], ids=str)
async def test_an_unsigned_webhook_is_refused(route: Route, stage: Stage) -> None:
    before = await stage.fingerprint()
    for headers in ({}, {"stripe-signature": "t=1,v1=00"}):
        answer = await stage.browsers["anonymous"].post(route.address(), content=b"{}", headers=headers)
        assert 400 <= answer.status_code < 500
    assert await stage.fingerprint() == before


def _admitted(route: Route, people: tuple[str, ...] = NAMES) -> list[str]:
    """Signed-in people first."""
    return [name for name in (*people[1:], "anonymous") if name not in REFUSED[route.access]]


def test_only_these_pages_are_open_to_everybody() -> None:
    """A new public page is a visible change of this list."""
    public = sorted(str(route) for route in ROUTES if route.access is Access.PUBLIC)
    assert public == sorted(PUBLIC_ROUTES)


PUBLIC_ROUTES = [
    "GET /",
    "GET /books",
    "GET /books/journal.jsonl",
    "GET /books/roots.atom",
    "GET /books/roots/{number}",
    "GET /books/verify_journal.py",
    "GET /booths/{secret}",
    "GET /certificates/claim/{secret}",
    "GET /certificates/{id}",
    "GET /fairs",
    "GET /fairs.json",
    "GET /fairs.rss",
    "GET /fairs/{slug}",
    "GET /fairs/{slug}/board",
    "GET /fairs/{slug}/calendar",
    "GET /fairs/{slug}/hall/{code}",
    "GET /fairs/{slug}/join",
    "GET /fairs/{slug}/joined",
    "GET /fairs/{slug}/outcome",
    "GET /fees",
    "GET /follow-ups/{secret}",
    "GET /gate/manifest.webmanifest",
    "GET /gate/read",
    "GET /gate/worker.js",
    "GET /gigs",
    "GET /gigs.json",
    "GET /gigs.rss",
    "GET /gigs/new",
    "GET /gigs/new/preview",
    "GET /gigs/{slug}",
    "GET /help",
    "GET /help/{topic}",
    "GET /issuers/{slug}",
    "GET /jobs",
    "GET /jobs.json",
    "GET /jobs.rss",
    "GET /jobs/{slug}",
    "GET /join/{secret}",
    "GET /live",
    "GET /organisations",
    "GET /organisations.json",
    "GET /organisations.rss",
    "GET /organisations/{slug}",
    "GET /organisations/{slug}/reviews",
    "GET /people",
    "GET /people.json",
    "GET /people.rss",
    "GET /people/{handle}",
    "GET /people/{handle}/files/{id}/{name}",
    "GET /people/{handle}/photo",
    "GET /people/{handle}/reviews",
    "GET /privacy",
    "GET /ready",
    "GET /recover/{secret}",
    "GET /reset-password",
    "GET /reset-password/{secret}",
    "GET /robots.txt",
    "GET /safety",
    "GET /safety/contact/{id}",
    "GET /search",
    "GET /search/suggest",
    "GET /services",
    "GET /services.json",
    "GET /services.rss",
    "GET /services/{slug}",
    "GET /sign-in",
    "GET /sign-in/factor",
    "GET /sign-in/phone",
    "GET /sign-in/phone/code",
    "GET /sign-in/phone/name",
    "GET /sign-up",
    "GET /sign-up/sent",
    "GET /sitemap.xml",
    "GET /sitemaps/{name}",
    "GET /skills/suggest",
    "GET /static/vendor/{name}",
    "GET /static/{name}",
    "GET /terms",
    "GET /tickets/{secret}",
    "GET /tickets/{secret}/edit",
    "GET /tickets/{secret}/queues",
    "GET /tickets/{secret}/wishes",
    "GET /training",
    "GET /training.json",
    "GET /training.rss",
    "GET /training/{slug}",
    "GET /unsubscribe/{token}",
    "GET /verify-email/{secret}",
    "POST /fairs/{slug}/join",
    "POST /follow-ups/{secret}",
    "POST /gigs",
    "POST /gigs/new/publish",
    "POST /language",
    "POST /recover/{secret}",
    "POST /recover/{secret}/cancel",
    "POST /reset-password",
    "POST /reset-password/{secret}",
    "POST /safety/contact/{id}",
    "POST /sign-in",
    "POST /sign-in/factor",
    "POST /sign-in/factor/lost",
    "POST /sign-in/passkey",
    "POST /sign-in/passkey/options",
    "POST /sign-in/phone",
    "POST /sign-in/phone/code",
    "POST /sign-in/phone/name",
    "POST /sign-up",
    "POST /tickets/{secret}/back",
    "POST /tickets/{secret}/confirm",
    "POST /tickets/{secret}/edit",
    "POST /tickets/{secret}/language",
    "POST /tickets/{secret}/objection",
    "POST /tickets/{secret}/queues",
    "POST /tickets/{secret}/wishes",
    "POST /tickets/{secret}/withdraw",
    "POST /verify-email/{secret}",
]
