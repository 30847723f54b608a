"""What the signed-in first page of /gigs costs: `python bench/gigs.py [rounds]` prints CPU per request and ratios.

In one process, one after the other in every round, so that a busy machine hurts all alike:

- ours: session, layout, facets and cards, through the whole front (errors, headers, CSRF, compression);
- ours, facet counts aside: the same page with an index that answers at once;
- bare: Litestar + asyncpg + Jinja, a query for the same 20 rows and a plain list, without user, layout or headers.

CPU is of this process (PostgreSQL's apart). The goal of the project is a ratio of at most 2, facet counts aside.
"""

import asyncio
import gc
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
import jinja2
from litestar import Litestar, MediaType, Response, get

from marketplace.demo import people, postings
from marketplace.engines.search.outbox import carry_over
from marketplace.engines.search.protocol import Query, Result, SearchIndex
from marketplace.identity import sessions
from marketplace.identity.sessions import Device
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.migrate import upgrade_async
from marketplace.kernel.queue import Services
from marketplace.places.actions import load_places
from marketplace.runtime import load_tasks, open_services
from marketplace.skills.actions import load_skills
from marketplace.web.app import create_app

ROWS = """
SELECT p.slug, p.title, o.name, left(p.description, 240) AS excerpt, p.pay_min_minor, p.pay_max_minor, p.currency,
       p.is_remote, p.district, p.published_at, p.answer_by,
       (SELECT array_agg(s.name_en ORDER BY s.slug) FROM posting_skills ps JOIN skills s ON s.id = ps.skill_id
        WHERE ps.posting_id = p.id) AS skills
FROM postings p JOIN organisations o ON o.id = p.organisation_id
WHERE p.kind = 'gig' AND p.state = 'open' AND p.closes_at > now()
ORDER BY p.published_at DESC, p.id DESC LIMIT 20
"""
PAGE = """<!doctype html><html lang="en"><title>Gigs</title><h1>Gigs</h1>
{% for row in rows %}<article><h2><a href="/gigs/{{ row.slug }}">{{ row.title }}</a></h2>
<p>{{ row.currency }} {{ row.pay_min_minor / 100 }} - {{ row.pay_max_minor / 100 }}</p>
<p>{{ row.name }} {{ row.district or "Remote" }} {{ row.published_at }} {{ row.answer_by }}</p><p>{{ row.excerpt }}</p>
<ul>{% for skill in row.skills %}<li>{{ skill }}</li>{% endfor %}</ul></article>{% endfor %}</html>"""
REQUESTS = 50


class Nothing:
    """An index that answers at once, with no counts."""

    def __init__(self, real: SearchIndex) -> None:
        self.names = real.names

    async def search(self, index: str, query: Query) -> Result:
        return Result(hits=[], total=44, facets={})


def bare_app(pool: asyncpg.Pool) -> Litestar:
    template = jinja2.Environment(autoescape=True).from_string(PAGE)

    @get("/gigs", media_type=MediaType.HTML)
    async def gigs() -> Response[str]:
        rows = await pool.fetch(ROWS)
        return Response(template.render(rows=rows), media_type=MediaType.HTML)

    return Litestar([gigs], openapi_config=None, logging_config=None)


async def request(app: Any, cookie: str, *, path: str = "/gigs", query: str = "") -> int:
    """One GET straight into the application; the answer's length."""
    headers = [(b"host", b"127.0.0.1"), (b"accept", b"text/html"), (b"accept-encoding", b"gzip")]
    headers.append((b"cookie", cookie.encode()))
    scope = {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http"},
        **{
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
        },
        **{"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {}},
    }
    length, status = 0, 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal length, status
        status = message.get("status", status)
        length += len(message.get("body", b""))

    await app(scope, receive, send)
    assert status == 200, status
    return length


async def cpu(app: Any, cookie: str) -> float:
    """Microseconds of this process's CPU per request."""
    began = time.process_time()
    for _ in range(REQUESTS):
        await request(app, cookie)
    return (time.process_time() - began) / REQUESTS * 1e6


async def fill(services: Services) -> str:
    """The demo's people and gigs, an index, and a session."""
    database = services[Database]
    async with database.write.begin() as db:
        await load_skills(db)
        await load_places(db)
    everybody = await people.fill(services, lambda *_: None)
    await postings.fill(services, everybody, lambda *_: None)
    await carry_over(database, services[SearchIndex])
    async with database.write.begin() as db:
        return await sessions.begin(db, everybody.users["Ayesha Khan"], device=Device(), at=clock.now())


async def main(rounds: int, url: str, data: Path) -> None:
    logging.disable(logging.CRITICAL)
    load_tasks()
    await upgrade_async(url)
    settings = Settings.from_env({"MARKETPLACE_ENV": "test", "MARKETPLACE_DATA_DIR": str(data), "DATABASE_URL": url})
    services = open_services(settings, Database(url))
    cookie = f"session={await fill(services)}"
    quick = open_services(settings, services[Database])
    quick.add(Nothing(services[SearchIndex]), SearchIndex)
    pool = await asyncpg.create_pool(url.replace("+asyncpg", ""), min_size=1)
    apps = {"ours": create_app(services), "ours, facet counts aside": create_app(quick), "bare": bare_app(pool)}
    gc.collect()
    gc.freeze()  # as every web process does when it starts
    gc.set_threshold(10_000, 20, 20)
    figures: dict[str, list[float]] = {name: [] for name in apps}
    for name, app in apps.items():
        print(f"{name}: {await request(app, cookie):,} bytes on the wire")
        await cpu(app, cookie)
    for _ in range(rounds):
        for name, app in apps.items():
            figures[name].append(await cpu(app, cookie))
    bare = statistics.median(figures["bare"])
    for name, found in figures.items():
        median = statistics.median(found)
        print(
            f"{name:28} {median:7.0f} µs CPU (min {min(found):.0f}, max {max(found):.0f})   {median / bare:.2f} × bare"
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", fast=True)
        server.start()
        try:
            asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, server.url(), Path(folder)))
        finally:
            server.stop()
