"""Every list as a feed, newest first, as strangers see it: /gigs.rss?q=… (RSS 2.0), /gigs.json?q=… (JSON Feed 1.1)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from email.utils import format_datetime
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

import msgspec
from litestar import Response

from marketplace.discovery.surfaces import SURFACES, Entry, Surface
from marketplace.engines.search.protocol import PAGE, SearchIndex
from marketplace.kernel.i18n import translations
from marketplace.kernel.money import format_money
from marketplace.web.access import PUBLIC, Answer, Handler, get
from marketplace.web.cards import plain
from marketplace.web.limits import keep_pace
from marketplace.web.visit import Visit

_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language, Cookie"}
ElementTree.register_namespace("atom", _ATOM)


def _rss(list_: Surface) -> Handler:
    async def show_rss(visit: Visit) -> Answer:
        """The newest twenty as RSS."""
        entries = await _newest(visit, list_)
        feed = ElementTree.Element("rss", version="2.0")
        channel = ElementTree.SubElement(feed, "channel")
        _add(channel, "title", _title(visit, list_))
        _add(channel, "link", _absolute(visit, _page(visit, list_)))
        _add(channel, "description", _title(visit, list_))
        _add(channel, "language", visit.locale)
        ElementTree.SubElement(
            channel, f"{{{_ATOM}}}link", href=_absolute(visit, visit.address), rel="self", type="application/rss+xml"
        )
        for entry in entries:
            item = ElementTree.SubElement(channel, "item")
            address = _absolute(visit, entry.path)
            for name, value in (("title", entry.title), ("link", address), ("guid", address)):
                _add(item, name, value)
            _add(item, "description", _summary(entry, visit.locale))
            if entry.at:
                _add(item, "pubDate", format_datetime(entry.at))
        content = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
        return Response(content, media_type="application/rss+xml; charset=utf-8", headers=_CACHED)

    return show_rss


def _json(list_: Surface) -> Handler:
    async def show_json(visit: Visit) -> Answer:
        """The newest twenty as JSON Feed (https://www.jsonfeed.org/version/1.1/)."""
        entries = await _newest(visit, list_)
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": _title(visit, list_),
            "home_page_url": _absolute(visit, _page(visit, list_)),
            "feed_url": _absolute(visit, visit.address),
            "language": visit.locale,
            "items": [_item(visit, entry) for entry in entries],
        }
        return Response(msgspec.json.encode(feed), media_type="application/feed+json", headers=_CACHED)

    return show_json


async def _newest(visit: Visit, list_: Surface) -> Sequence[Entry]:
    """What a stranger finds: a feed is read by machines that nobody is signed in on."""
    criteria = replace(list_.criteria.from_query(visit.query.multi_items()), sort="new", page=1)
    query = replace(list_.query(criteria, visit.now), facets=(), limit=PAGE, matching="all")
    keep_pace(visit)
    hits = (await visit.services[SearchIndex].search(list_.name, query)).hits
    async with visit.read() as db:
        return await list_.entries(db, [hit.id for hit in hits], visit.now, None)


def _item(visit: Visit, entry: Entry) -> dict[str, Any]:
    address = _absolute(visit, entry.path)
    item: dict[str, Any] = {"id": address, "url": address, "title": entry.title, "authors": [{"name": entry.by}]}
    item["content_text"] = _summary(entry, visit.locale)
    return item | ({"date_published": entry.at.isoformat()} if entry.at else {})


def _summary(entry: Entry, locale: str) -> str:
    amounts = list(dict.fromkeys(format_money(each, locale) for each in (entry.low, entry.high) if each))
    return " · ".join(filter(None, [entry.by, " – ".join(amounts), plain(entry.excerpt)]))


def _title(visit: Visit, list_: Surface) -> str:
    words = list_.criteria.from_query(visit.query.multi_items()).words
    title = f"{translations(visit.locale).gettext(list_.title)} · {visit.settings.name}"
    return f"{words} · {title}" if words else title


def _page(visit: Visit, list_: Surface) -> str:
    query = list_.criteria.from_query(visit.query.multi_items()).at_page(1).to_query()
    return f"{list_.path}?{query}" if query else list_.path


def _absolute(visit: Visit, path: str) -> str:
    return urljoin(f"{visit.settings.base_url}/", path)


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    """XML 1.0 has no control characters: what people wrote may."""
    ElementTree.SubElement(parent, name).text = _NOT_XML.sub("", text)


routes = [
    get(f"/{name}.{ending}", PUBLIC)(made(list_))
    for name, list_ in SURFACES.items()
    for ending, made in (("rss", _rss), ("json", _json))
]
