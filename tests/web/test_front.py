"""The front: what every answer carries, whoever asks for whatever."""

import dataclasses
import gzip
import logging
import re

import pytest

from marketplace.kernel.config import Settings
from marketplace.kernel.queue import Services
from marketplace.web import pages
from marketplace.web.access import Access, get, unmarked
from marketplace.web.app import Application, create_app
from marketplace.web.visit import Visit
from tests.cast import Cast
from tests.visitors import Browse, Browser, Statements


async def test_home_answers_a_visitor_and_a_signed_in_person(client: Browser, browse: Browse, cast: Cast) -> None:
    shown = await client.get("/")
    assert shown.status_code == 200 and "Ayesha Khan" not in shown.text
    hers = await (await browse(cast.ayesha)).get("/account")
    assert hers.status_code == 200 and "Ayesha Khan" in hers.text


HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200),
        ("HEAD", "/sign-in", 200),
        ("GET", "/account", 303),
        ("GET", "/no-such-page", 404),
        ("POST", "/sign-in", 403),
        ("DELETE", "/sign-in", 405),
        ("OPTIONS", "/sign-in", 405),
        ("PUT", "/no-such-page", 405),
        ("POST", "/account/address", 303),
        ("GET", "/static/app.css", 200),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/live", 200),
        ("GET", "/schema", 404),
        ("GET", "/schema/openapi.json", 404),
        ("GET", "/verify-email/nobody-made-this", 410),
    ],
)
async def test_security_headers_are_on_every_answer(client: Browser, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "object-src 'none'" in policy and "unsafe" not in policy
    assert answer.headers.get("cache-control"), "never left to a cache's guess"


async def test_a_refused_form_carries_them_too(client: Browser) -> None:
    answer = await client.submit("/sign-in", {"email": "", "password": ""}, shown_on="/sign-in")
    assert answer.status_code == 422 and answer.headers["x-content-type-options"] == "nosniff"


async def test_an_unforeseen_error_is_a_page_with_a_number_and_says_nothing_of_its_cause(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(services)

    @get("/breaks", Access.PUBLIC)
    async def breaks(visit: Visit):
        raise RuntimeError("a secret of the code")

    app.register(breaks)
    async with Browser(app) as client:
        answer = await client.get("/breaks")
    assert answer.status_code == 500 and answer.headers["x-content-type-options"] == "nosniff"
    assert "a secret of the code" not in answer.text and "Traceback" not in answer.text
    assert "a secret of the code" in caplog.text


async def test_a_broken_error_page_is_still_an_answer(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("app.css")

    monkeypatch.setattr(pages, "page", broken)
    answer = await client.get("/no-such-page")
    assert answer.status_code == 404 and "<h1>" in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_style_nonce_is_new_in_every_answer_and_in_its_policy(client: Browser) -> None:
    nonces = set()
    for _ in range(2):
        answer = await client.get("/sign-in")
        [nonce] = set(re.findall(r'nonce="([^"]+)"', answer.text))
        assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_no_page_carries_inline_script(client: Browser) -> None:
    for path in ("/", "/sign-in", "/sign-up", "/no-such-page"):
        text = (await client.get(path)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", text) and not re.search(r"\son\w+=", text), path


async def test_head_is_get_without_the_body(client: Browser) -> None:
    asked, shown = await client.head("/sign-in"), await client.get("/sign-in")
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-type"] == shown.headers["content-type"]
    assert abs(int(asked.headers["content-length"]) - len(shown.content)) < 200


async def test_pages_are_compressed_where_the_browser_takes_it(client: Browser) -> None:
    plain = await client.get("/sign-in")
    async with client.stream("GET", "/sign-in", headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip" and "Accept-Encoding" in packed.headers["vary"]
    assert len(raw) == int(packed.headers["content-length"]) < len(plain.content) / 2
    assert b"Sign in" in gzip.decompress(raw)


async def test_private_pages_are_kept_by_nobody_and_parts_never_stand_for_pages(browse: Browse, cast: Cast) -> None:
    answer = await (await browse(cast.ayesha)).get("/account")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "HX-Request" in answer.headers["vary"]


async def test_htmx_gets_the_block_and_nothing_else(browse: Browse, cast: Cast) -> None:
    browser = await browse(cast.ayesha)
    part = await browser.get("/account", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.text.lstrip().startswith('<form id="settings"') and part.headers["content-type"].startswith("text/html")
    whole = await browser.get("/account", headers={"HX-Request": "true", "HX-Request-Type": "full"})
    assert whole.text.startswith("<!doctype html>")


async def test_errors_are_fragments_for_htmx_and_problems_for_programs(client: Browser) -> None:
    part = await client.get("/no-such-page", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.status_code == 404 and "<html" not in part.text and 'role="alert"' in part.text
    problem = await client.get("/no-such-page", headers={"accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such page, or it is not yours to see.",
    }


async def test_htmx_is_sent_to_sign_in_as_a_page(client: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "referer": "http://127.0.0.1:8000/gigs?q=web"}
    answer = await client.get("/account", headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/sign-in?next=/gigs%3Fq%3Dweb")


async def test_the_access_log_has_one_line_without_queries_and_secrets(
    client: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "marketplace.access")
    await client.get("/sign-in?next=/quiet")
    await client.get("/reset-password/very-secret")
    await client.get("/a%0Aforged line")
    lines = [record.getMessage() for record in caplog.records if record.name == "marketplace.access"]
    assert [line.split(" ")[:3] for line in lines[:2]] == [
        ["GET", "/sign-in", "200"],
        ["GET", "/reset-password/…", "410"],
    ]
    assert len(lines) == 3 and "\n" not in lines[2] and "\\n" in lines[2]
    said = "\n".join(lines)
    assert "quiet" not in said and "very-secret" not in said


class TestStaticFiles:
    async def test_a_hashed_name_is_kept_for_ever(self, client: Browser) -> None:
        address = re.search(r'href="(/static/app\.[0-9a-f]{12}\.css)"', (await client.get("/")).text)[1]
        answer = await client.get(address)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith("text/css")
        again = await client.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_an_old_name_gives_the_present_file_for_now(self, client: Browser) -> None:
        answer = await client.get("/static/app.0123456789ab.css")
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-cache"

    async def test_it_comes_packed(self, client: Browser) -> None:
        for coding in ("br", "gzip"):
            headers = {"accept-encoding": coding}
            async with client.stream("GET", "/static/vendor/htmx.min.js", headers=headers) as answer:
                raw = b"".join([part async for part in answer.aiter_raw()])
            assert answer.headers["content-encoding"] == coding and len(raw) < 20_000
            assert answer.headers["vary"] == "Accept-Encoding"

    @pytest.mark.parametrize(
        "path",
        ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/vendor/.stamp", "/static/"],
    )
    async def test_nothing_else_is_served(self, client: Browser, path: str) -> None:
        assert (await client.get(path)).status_code == 404

    async def test_a_file_costs_no_query(self, browse: Browse, cast: Cast, statements: Statements) -> None:
        browser = await browse(cast.ayesha)
        statements.clear()
        await browser.get("/static/app.css")
        assert statements == []


async def test_who_it_is_costs_one_query(browse: Browse, cast: Cast, statements: Statements) -> None:
    browser = await browse(cast.bilal)
    statements.clear()
    assert "Bilal Ahmed" in (await browser.get("/no-such-page")).text
    assert len(statements) == 1


async def test_live_and_ready(client: Browser) -> None:
    assert (await client.get("/live")).json() == {"status": "ok"}
    ready = await client.get("/ready")
    assert ready.status_code == 200 and ready.json()["migrations"] == "ok"


def test_an_unmarked_handler_is_found() -> None:
    from litestar import get as bare_get

    @bare_get("/forgotten")
    async def forgotten() -> None:
        """Without a mark."""

    assert unmarked([forgotten]) == [str(forgotten)]


async def test_the_start_refuses_it(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    from litestar import get as bare_get

    from marketplace.web import health

    @bare_get("/forgotten")
    async def forgotten() -> None:
        """Without a mark."""

    monkeypatch.setattr(health, "routes", [*health.routes, forgotten])
    with pytest.raises(RuntimeError, match="without an access mark"):
        create_app(services)


class TestBehindHttps:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, base_url="https://hunar.example")

    async def test_cookies_are_bound_to_the_host_and_hsts_is_sent(self, app: Application) -> None:
        async with Browser(app) as browser:
            answer = await browser.get("https://hunar.example/sign-in")
        assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
        cookie = answer.headers["set-cookie"]
        assert (
            cookie.startswith("__Host-visitor=")
            and "Secure" in cookie
            and "Path=/" in cookie
            and "Domain" not in cookie
        )


class TestAccessToken:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, env="demo", access_token="printed-at-start")

    async def test_nothing_answers_before_the_token_was_shown_once(self, client: Browser) -> None:
        assert (await client.get("/")).status_code == 403
        assert (await client.get("/?token=guessed")).status_code == 403
        assert (await client.get("/static/app.css")).status_code == 403
        assert (await client.get("/live")).status_code == 200
        opened = await client.get("/sign-in?next=/gigs&token=printed-at-start")
        assert (opened.status_code, opened.headers["location"]) == (303, "/sign-in?next=%2Fgigs")
        assert (await client.get("/")).status_code == 200
