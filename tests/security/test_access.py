"""Every route × every person: who may call it by its mark, and that a refusal changes nothing."""

import re
from typing import Any

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from marketplace.web.access import Access
from marketplace.web.app import handlers
from tests.security.conftest import Stage
from tests.security.people import EMPLOYERS, FEW, FINANCE, FREELANCERS, NAMES, STAFF
from tests.security.things import OWNED
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
        self.part = path.split("/")[1] or "home"

    def address(self) -> str:
        """The path with ids that exist nowhere."""
        return re.sub(r"\{\w+:\w+\}", lambda part: "1" if part[0] == "{number:str}" else NOBODYS, self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}".replace(":str", "")


ROUTES = [Route(handler, path) for handler in handlers() for path in sorted(handler.paths)]
PARTS = sorted({route.part for route in ROUTES})
"""The first words of addresses: one test asks all routes of a part, and names each answer that is not as it must be."""
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
@pytest.mark.parametrize("part", PARTS)
async def test_the_mark_refuses_whom_it_must_and_nothing_changes(
    part: str, people: tuple[str, ...], stage: Stage
) -> None:
    before, wrong = await stage.fingerprint(), list[str]()
    for route in of_part(part):
        for name, status in REFUSED[route.access].items():
            if name not in people:
                continue
            answer = await _ask(stage.browsers[name], route)
            sent_to_sign_in = answer.headers.get("location", "").startswith("/sign-in?next=")
            if answer.status_code != status or (status == 303 and not sent_to_sign_in):
                wrong.append(f"{name}: {route} answers {answer.status_code}, not {status}")
        if await stage.fingerprint() != before:
            pytest.fail(f"{route} changes what is stored, though it refuses; so far: {wrong}")
    assert wrong == []


@asking(FEW)
@pytest.mark.parametrize("part", PARTS)
async def test_whom_the_mark_admits_gets_an_answer_and_never_an_error_of_ours(
    part: str, people: tuple[str, ...], stage: Stage
) -> None:
    """With few people only the routes that test_owning.py does not ask as their owner, and one person each."""
    wrong = list[str]()
    for route in of_part(part):
        admitted = _admitted(route, people)
        if people != NAMES:
            admitted = [] if str(route) in OWNED else admitted[:1]
        for name in admitted:
            wrong += await _looked_after(stage, route, name)
    assert wrong == []


async def _looked_after(stage: Stage, route: Route, name: str) -> list[str]:
    """What is wrong with the answer to somebody whom the mark admits; what she did is undone."""
    async with stage.undone():
        before = await stage.fingerprint()
        answer = await _ask(stage.browsers[name], route)
        said = f"{name}: {route} answers {answer.status_code}"
        if answer.status_code >= 500 and (answer.status_code != 503 or str(route) not in ASKS_STRIPE):
            return [said]
        if answer.headers.get("location", "").startswith("/sign-in?next="):
            return [f"{said} and sends to sign in"]
        if route.method == "GET" and await stage.fingerprint() != before:
            return [f"{said}, and looking changes what is stored"]
    return []


@pytest.mark.parametrize("all_ways", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["plain", "all"])
@pytest.mark.parametrize("part", PARTS)
async def test_every_change_asks_for_the_token_of_this_very_session(part: str, all_ways: bool, stage: Stage) -> None:
    before, wrong = await stage.fingerprint(), list[str]()
    for route in of_part(part):
        if route.method != "POST" or route.access is Access.WEBHOOK:
            continue
        name = next(iter(_admitted(route) or ["omar"]))
        status = REFUSED[route.access].get(name, 403)
        for what, sent in _forgeries(stage, name, all_ways=all_ways).items():
            answer = await stage.browsers[name].post(route.address(), **sent)
            if answer.status_code != status:
                wrong.append(f"{name}: {route} with {what} answers {answer.status_code}, not {status}")
        if await stage.fingerprint() != before:
            pytest.fail(f"{route} changes what is stored without its token; so far: {wrong}")
    assert wrong == []


def _forgeries(stage: Stage, name: str, *, all_ways: bool) -> dict[str, dict[str, Any]]:
    own, foreign = stage.browsers[name].own_token(), stage.browsers["hina"].own_token()
    plain: dict[str, dict[str, Any]] = {"another session's token": {"data": {"_csrf_token": foreign}}}
    if not all_ways:
        return plain
    elsewhere = {
        "from another site": {"sec-fetch-site": "cross-site"},
        "from a neighbouring host": {"sec-fetch-site": "same-site"},
        "from another origin": {"origin": "https://evil.example"},
        "from nowhere": {"origin": "null"},
    }
    return {
        **plain,
        "no token": {"data": {}},
        "a made-up token": {"data": {"_csrf_token": "A" * 43}},
        "letters beyond ASCII": {"data": {"_csrf_token": "ہنر"}},
        "a file as the token": {"files": {"_csrf_token": ("t.txt", b"x")}},
        **{what: {"data": {"_csrf_token": own}, "headers": headers} for what, headers in elsewhere.items()},
    }


@pytest.mark.parametrize("route", [route for route in ROUTES if route.access is Access.WEBHOOK], ids=str)
async def test_an_unsigned_webhook_is_refused(route: Route, stage: Stage) -> None:
    before = await stage.fingerprint()
    for headers in ({}, {"stripe-signature": "t=1,v1=00"}):
        answer = await stage.browsers["anonymous"].post(route.address(), content=b"{}", headers=headers)
        assert 400 <= answer.status_code < 500
    assert await stage.fingerprint() == before


def of_part(part: str) -> list[Route]:
    return [route for route in ROUTES if route.part == part]


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
    "GET /fairs/{slug}/badges/{code}",
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
    "GET /tables/{secret}",
    "GET /tables/{secret}/badges/{code}",
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
    "POST /tables/{secret}",
    "POST /tables/{secret}/badges/{code}",
    "POST /tickets/{secret}/back",
    "POST /tickets/{secret}/confirm",
    "POST /tickets/{secret}/edit",
    "POST /tickets/{secret}/language",
    "POST /tickets/{secret}/meetings/{id}",
    "POST /tickets/{secret}/objection",
    "POST /tickets/{secret}/queues",
    "POST /tickets/{secret}/wishes",
    "POST /tickets/{secret}/withdraw",
    "POST /verify-email/{secret}",
]
