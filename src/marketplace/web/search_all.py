"""One box for everything: what each list has for these words, the best first, each with the way to its own page."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import anyio

from marketplace.discovery.criteria import LONGEST_WORDS
from marketplace.discovery.impressions import Shown
from marketplace.discovery.surfaces import SURFACES, Entry, Surface
from marketplace.engines.search.protocol import Result, SearchIndex
from marketplace.kernel.i18n import translations
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.cards import plain
from marketplace.web.pages import page, redirect
from marketplace.web.search import impressions, marked
from marketplace.web.visit import Visit

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Part:
    """What one list has: how much, where the whole of it is, and its first entries."""

    title: str
    total: int
    href: str
    entries: list[Entry]


@get("/search", PUBLIC)
async def search_everything(visit: Visit) -> Answer:
    """Everything that has these words, grouped by what it is; the list with the best hit first."""
    words = visit.query.get("q", "").replace("\x00", "").strip()[:LONGEST_WORDS]
    asked = visit.query.get("in", "")
    if asked in SURFACES:
        return redirect(visit, f"/{asked}?{urlencode({'q': words})}" if words else f"/{asked}")
    parts = await _parts(visit, words) if words else []
    lists = [(translations(visit.locale).gettext(each.title), each.path) for each in SURFACES.values()]
    return page(visit, "search/all.html", fragment="results", words=words, found=parts, all_lists=lists)


async def _parts(visit: Visit, words: str) -> list[Part]:
    found: dict[str, Result] = {}

    async def ask(list_: Surface) -> None:
        query = list_.query(list_.criteria(words=words), visit.now)
        found[list_.name] = await visit.services[SearchIndex].search(
            list_.name, replace(query, facets=(), limit=_SHOWN)
        )

    async with anyio.create_task_group() as tasks:
        for list_ in SURFACES.values():
            tasks.start_soon(ask, list_)
    fullest = min(len(result.dropped) for result in found.values() if result.hits) if any(_hits(found)) else 0
    kept = {name: result for name, result in found.items() if result.hits and len(result.dropped) == fullest}
    ranked = sorted(kept, key=lambda name: -kept[name].hits[0].score)
    return [part for name in ranked if (part := await _part(visit, SURFACES[name], kept[name], words)).entries]


def _hits(found: dict[str, Result]) -> list[bool]:
    return [bool(result.hits) for result in found.values()]


async def _part(visit: Visit, list_: Surface, result: Result, words: str) -> Part:
    viewer = visit.person.id if visit.person else None
    async with visit.read() as db:
        entries = await list_.entries(db, [hit.id for hit in result.hits], visit.now, viewer)
    impressions.note(
        Shown(
            at=visit.now,
            user_id=viewer,
            surface=f"search/{list_.name}",
            query=urlencode({"q": words}),
            documents=tuple(entry.id for entry in entries),
        )
    )
    shown = [replace(entry, title=marked(entry.title, words), excerpt=plain(entry.excerpt)) for entry in entries]
    title = translations(visit.locale).gettext(list_.title)
    return Part(title, max(result.total, len(shown)), f"{list_.path}?{urlencode({'q': words})}", shown)


routes = [search_everything]
