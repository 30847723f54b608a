"""For search engines: robots.txt and the sitemap (https://www.sitemaps.org/protocol.html), read anew each time."""

from collections.abc import Iterable

from litestar import Response
from markupsafe import escape

from marketplace.discovery import sitemap
from marketplace.kernel import ids
from marketplace.kernel.errors import NotFound
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.visit import Visit

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_KEPT_OUT = (
    *("/account", "/applications", "/contracts", "/dev/", "/interviews", "/messages", "/moderation", "/money"),
    *("/notices", "/offers", "/profile", "/proposals", "/report", "/searches", "/sign-in", "/sign-up", "/unsubscribe"),
    *("/gigs/mine", "/gigs/new", "/jobs/mine", "/jobs/new", "/tickets/", "/booths/"),
)
"""What has nothing for a search engine; what is private is protected by sign-in, not by this."""


@get("/robots.txt", PUBLIC)
async def robots(visit: Visit) -> Answer:
    """Everything public may be read; lists with filters only in their plain form."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _KEPT_OUT), "Disallow: /*?", ""]
    lines.append(f"Sitemap: {visit.settings.base_url}/sitemap.xml")
    return Response("\n".join(lines) + "\n", media_type="text/plain")


@get("/sitemap.xml", PUBLIC)
async def show_index(visit: Visit) -> Answer:
    """Where the pages of the sitemap are."""
    async with visit.read() as db:
        pages = await sitemap.starts(db, at=visit.now)
    base = visit.settings.base_url
    return _xml(
        "sitemapindex", (_entry("sitemap", f"{base}/sitemaps/{kind}-{ids.short(id)}.xml") for kind, id in pages)
    )


@get("/sitemaps/{name}", PUBLIC)
async def show_page(visit: Visit, name: str) -> Answer:
    """Up to 5,000 addresses that everybody may read now."""
    kind, _, first = name.removesuffix(".xml").partition("-")
    if not name.endswith(".xml"):
        raise NotFound
    async with visit.read() as db:
        places = await sitemap.places(db, kind, ids.parse(first), at=visit.now)
    base = visit.settings.base_url
    return _xml("urlset", (_entry("url", base + each.path, each.changed_at.date().isoformat()) for each in places))


def _entry(name: str, address: str, changed_on: str = "") -> str:
    changed = f"<lastmod>{changed_on}</lastmod>" if changed_on else ""
    return f"<{name}><loc>{escape(address)}</loc>{changed}</{name}>"


def _xml(root: str, entries: Iterable[str]) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">{"".join(entries)}</{root}>\n'
    return Response(text, media_type="text/xml", headers={"Cache-Control": "no-cache"})


routes = [robots, show_index, show_page]
