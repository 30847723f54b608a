"""Sessions under attack and in a hurry, and two processes that share nothing but the database."""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from marketplace.engines.payments.client import PaymentClient
from marketplace.identity.models import Organisation, UserSession
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services
from marketplace.runtime import open_services
from marketplace.web import sessions
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.app import Application, create_app
from marketplace.web.pages import page
from marketplace.web.visit import Visit
from tests.cast import PASSWORD, Cast, make_cast
from tests.visitors import BASE, SECRET_KEY, Browse, Browser


async def test_a_session_that_an_attacker_made_up_is_never_hers(client: Browser, cast: Cast) -> None:
    client.wear("chosen-by-the-attacker")
    client.cookies.set("visitor", "tossed-by-the-attacker", domain="127.0.0.1", path="/")
    sent = {"email": cast.ayesha.email, "password": PASSWORD}
    assert (await client.submit("/sign-in", sent, shown_on="/sign-in")).status_code == 303
    assert client.cookies["session"] != "chosen-by-the-attacker"
    assert "visitor" not in client.cookies
    client.wear("chosen-by-the-attacker")
    assert (await client.get("/account")).status_code == 303


async def test_signing_in_ends_the_session_that_the_browser_had(browse: Browse, cast: Cast) -> None:
    browser = await browse(cast.ayesha)
    former = browser.secret
    sent = {"email": cast.bilal.email, "password": PASSWORD}
    token = browser.own_token()
    assert (await browser.post("/sign-in", data={**sent, "_csrf_token": token})).status_code == 303
    assert "Bilal Ahmed" in (await browser.get("/account")).text
    browser.wear(former)
    assert (await browser.get("/account")).status_code == 303


async def test_a_token_from_before_sign_in_is_worth_nothing_after(client: Browser, cast: Cast) -> None:
    before = await client.token("/sign-in")
    sent = {"email": cast.ayesha.email, "password": PASSWORD, "_csrf_token": before}
    assert (await client.post("/sign-in", data=sent)).status_code == 303
    assert (await client.post("/sign-out", data={"_csrf_token": before})).status_code == 403
    assert (await client.submit("/sign-out", shown_on="/account")).status_code == 303


async def test_a_cookie_of_rubbish_does_no_harm(client: Browser) -> None:
    for value in ("", "x" * 4_000, "%00", '";', "a=b=c"):
        answer = await client.get("/sign-in", headers={"cookie": f"session={value}; flash={value}.x; locale={value}"})
        assert answer.status_code == 200, value


async def test_a_flash_that_somebody_forged_is_not_shown(client: Browser) -> None:
    await client.get("/account")
    assert "flash" in client.cookies
    text, _, signature = client.cookies["flash"].partition(".")
    answer = await client.get("/sign-in", headers={"cookie": f"flash={text[:-2]}AA.{signature}"})
    assert answer.status_code == 200 and "Please sign in first." not in answer.text
    genuine = await client.get("/sign-in", headers={"cookie": f"flash={text}.{signature}"})
    assert "Please sign in first." in genuine.text


# -- real commits from here on


@cache
def applications() -> tuple[Application, ...]:
    """Two that know nothing of each other, nor of the one that other tests share; 0.7 s each."""
    return tuple(create_app(Services(Settings(env="test"))) for _ in range(2))


@pytest.fixture
async def processes(cloned_database: Database, tmp_path: Path) -> AsyncIterator[list[Application]]:
    """Two web processes on one database, with folders of their own; the settings are the same."""
    for app, name in zip(applications(), ("one", "two"), strict=True):
        settings = Settings(env="test", data_dir=tmp_path / name, base_url=BASE, secret_key=SECRET_KEY)
        app.site.settings, app.site.opened = settings, open_services(settings, cloned_database)
        app.site.seen.clear()
    yield list(applications())
    for app in applications():
        await app.site.services[PaymentClient].close()


@pytest.fixture
async def real_cast(cloned_database: Database) -> Cast:
    async with cloned_database.write.begin() as db:
        return await make_cast(db)


class RoundRobin(Browser):
    """A browser whose requests reach the processes in turn."""

    def __init__(self, apps: list[Application]) -> None:
        super().__init__(apps[0])
        self._transports = [httpx.ASGITransport(app) for app in apps]

    async def send(self, request: httpx.Request, **options: object) -> httpx.Response:
        self._transport = self._transports[0]
        self._transports.reverse()
        return await super().send(request, **options)  # type: ignore[arg-type]


async def test_two_processes_are_one_site(
    processes: list[Application], real_cast: Cast, cloned_database: Database
) -> None:
    async with RoundRobin(processes) as browser:
        sent = {"email": real_cast.bilal.email, "password": PASSWORD}
        assert (await browser.submit("/sign-in", sent, shown_on="/sign-in")).status_code == 303
        for _ in range(4):
            assert "Bilal Ahmed" in (await browser.get("/account")).text
        made = await browser.submit(
            "/organisations", {"name": "ClassLink", "kinds": "employer"}, shown_on="/organisations/new"
        )
        assert made.status_code == 303
        shown = await browser.get("/account")
        assert "The organisation is made." in shown.text and "ClassLink" in shown.text
        assert (await browser.submit("/sign-out", shown_on="/account")).status_code == 303
        for _ in range(2):
            assert (await browser.get("/account")).status_code == 303


async def test_tries_are_counted_over_all_processes(processes: list[Application], real_cast: Cast) -> None:
    wrong = {"email": real_cast.ayesha.email, "password": "not this one"}
    async with RoundRobin(processes) as browser:
        statuses = [(await browser.submit("/sign-in", wrong, shown_on="/sign-in")).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


async def test_a_double_click_on_two_processes_makes_one(
    processes: list[Application], real_cast: Cast, cloned_database: Database
) -> None:
    async with RoundRobin(processes) as browser:
        signed_in = {"email": real_cast.bilal.email, "password": PASSWORD}
        await browser.submit("/sign-in", signed_in, shown_on="/sign-in")
        hidden = await browser.hidden("/organisations/new")
        sent = {**hidden, "name": "ClassLink", "kinds": "employer"}
        both = await asyncio.gather(*(browser.post("/organisations", data=sent) for _ in range(2)))
    assert [answer.headers.get("location") for answer in both] == ["/account", "/account"]
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).where(Organisation.name == "ClassLink")) == 1


async def test_signing_out_while_a_page_is_being_made_is_final(
    processes: list[Application], real_cast: Cast, cloned_database: Database
) -> None:
    [app, other], reached, go_on = processes, asyncio.Event(), asyncio.Event()

    @get("/slow", PUBLIC)
    async def slow(visit: Visit) -> Answer:
        reached.set()
        await go_on.wait()
        visit.site.seen[visit.user.session_id] = None
        return page(visit, "errors/error.html", status=200, message=visit.user.name, number="")

    app.register(slow)
    async with Browser(app) as browser, Browser(other) as second:
        sent = {"email": real_cast.ayesha.email, "password": PASSWORD}
        await browser.submit("/sign-in", sent, shown_on="/sign-in")
        secret = browser.cookies["session"]
        second.wear(secret)
        page_in_flight = asyncio.create_task(browser.get("/slow"))
        await reached.wait()
        assert (await second.submit("/sign-out", shown_on="/account")).status_code == 303
        go_on.set()
        assert "Ayesha Khan" in (await page_in_flight).text
        await sessions.write_seen(app.site)
        browser.wear(secret)
        assert (await browser.get("/account")).status_code == 303
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(UserSession)) == 0
