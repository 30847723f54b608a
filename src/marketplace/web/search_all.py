"""One box for everything: what each list has for these words, the best first, each with the way to its own page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from urllib.parse import urlencode

import anyio

from marketplace.discovery.criteria import LONGEST_WORDS
from marketplace.discovery.impressions import Shown, by_words
from marketplace.discovery.surfaces import SURFACES, Entry, Surface
from marketplace.engines.search.protocol import Result, SearchIndex
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import translations
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.cards import plain
from marketplace.web.drawn import marked
from marketplace.web.limits import keep_pace
from marketplace.web.pages import page, redirect
from marketplace.web.search import SHORTEST, impressions, suggested, title_of
from marketplace.web.visit import Visit

_SHOWN = 4
_FIRST = ("gigs", "people")
"""The lists that always have a share of what is offered while typing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one list has: how much, where the whole of it is, and its first entries."""

    title: str
    total: int
    href: str
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Told:
    """What `parts.told` says of a search: words looked for instead, words left out, whether PostgreSQL listed."""

    instead: Mapping[str, tuple[str, ...]]
    dropped: tuple[str, ...]
    is_listing: bool


@get("/search", PUBLIC)
async def search_everything(visit: Visit) -> Answer:
    """Everything that has these words, grouped by what it is; the list with the best hit first."""
    words = _words(visit)
    asked = visit.query.get("in", "")
    if asked in SURFACES:
        return redirect(visit, f"/{asked}?{urlencode({'q': words})}" if words else f"/{asked}")
    found = await _found(visit, words) if words else {}
    parts = await _parts(visit, words, found)
    lists = [(translations(visit.locale).gettext(each.title), each.path) for each in SURFACES.values()]
    return page(
        visit,
        "search/all.html",
        fragment="results",
        words=words,
        is_part=visit.is_htmx,
        suggested=suggested(words, _titles(parts), visit.locale) if visit.is_htmx else (),
        found=parts,
        all_lists=lists,
        told=_told(found),
        exact_href=f"/search?{urlencode({'q': words, 'exact': 1})}",
    )


@get("/search/suggest", PUBLIC)
async def suggest(visit: Visit) -> Answer:
    """What may be meant by what is being typed into the header's box: skills, and titles of what would be found."""
    words = _words(visit)
    titles = await _titles_like(visit, words) if len(words) >= SHORTEST else []
    offered = suggested(words, titles, visit.locale)
    return page(visit, "search/suggest.html", fragment="options", suggested=offered)


async def _titles_like(visit: Visit, words: str) -> list[str]:
    """Titles with all of the words, in turn one of each list: gigs, people, and the next list that has any.

    Every pause in typing asks, so that not all lists are.
    """
    keep_pace(visit)
    first = [await _titles_of(visit, name, words) for name in _FIRST]
    for name in (name for name in SURFACES if name not in _FIRST):
        if others := await _titles_of(visit, name, words):
            break
    else:
        others = []
    in_turn = zip_longest(*first, others)
    return [title for each in in_turn for title in each if title is not None]


async def _titles_of(visit: Visit, name: str, words: str) -> list[str]:
    list_ = SURFACES[name]
    query = list_.query(list_.criteria(words=words, is_exact=True), visit.now)
    asked = replace(query, facets=(), limit=_SHOWN, matching="all")
    found = await visit.services[SearchIndex].search(name, asked)
    if not found.hits:
        return []
    async with visit.read() as db:
        return [title_of(entry) for entry in await _entries(db, visit, list_, found)]


def _words(visit: Visit) -> str:
    return visit.query.get("q", "").replace("\x00", "").strip()[:LONGEST_WORDS]


def _titles(parts: list[Part]) -> list[str]:
    return [title_of(entry) for part in parts for entry in part.entries]


def _told(found: Mapping[str, Result]) -> Told:
    """What was searched otherwise than typed in the lists that are shown."""
    kept = _kept(found).values()
    instead = {word: meant for result in kept for word, meant in result.instead.items()}
    dropped = next((result.dropped for result in kept), ())
    return Told(instead, dropped, any(result.is_listing for result in found.values()))


async def _found(visit: Visit, words: str) -> dict[str, Result]:
    keep_pace(visit)
    found: dict[str, Result] = {}
    is_exact = visit.query.get("exact") == "1"

    async def ask(list_: Surface) -> None:
        query = list_.query(list_.criteria(words=words, is_exact=is_exact), visit.now)
        found[list_.name] = await visit.services[SearchIndex].search(
            list_.name, replace(query, facets=(), limit=_SHOWN)
        )

    async with anyio.create_task_group() as tasks:
        for list_ in SURFACES.values():
            tasks.start_soon(ask, list_)
    return found


async def _parts(visit: Visit, words: str, found: Mapping[str, Result]) -> list[Part]:
    """The lists that are shown, the one with the best hit first."""
    kept = _kept(found)
    ranked = sorted(kept, key=lambda name: -kept[name].hits[0].score)
    return [part for name in ranked if (part := await _part(visit, SURFACES[name], kept[name], words)).entries]


def _kept(found: Mapping[str, Result]) -> dict[str, Result]:
    """Those that have all words, else those that have most of them.

    A word is only looked for by its sound where no list has it as it was typed.
    """
    hitting = {name: result for name, result in found.items() if result.hits}
    as_typed = {name: result for name, result in hitting.items() if not result.instead}
    chosen = as_typed or hitting
    fullest = min((len(result.dropped) for result in chosen.values()), default=0)
    return {name: result for name, result in chosen.items() if len(result.dropped) == fullest}


async def _part(visit: Visit, list_: Surface, result: Result, words: str) -> Part:
    async with visit.read() as db:
        entries = await _entries(db, visit, list_, result)
    documents = tuple(entry.id for entry in entries)
    impressions.note(
        Shown(
            at=visit.now,
            user_id=visit.person.id if visit.person else None,
            surface=f"search/{list_.name}",
            query=urlencode({"q": words}),
            documents=documents,
            scores=by_words(documents, {hit.id: hit.score for hit in result.hits}, result.read),
        )
    )
    shown = [replace(entry, title=marked(entry.title, words), excerpt=plain(entry.excerpt)) for entry in entries]
    title = translations(visit.locale).gettext(list_.title)
    return Part(title, max(result.total, len(shown)), f"{list_.path}?{urlencode({'q': words})}", shown)


async def _entries(db: AnySession, visit: Visit, list_: Surface, result: Result) -> Sequence[Entry]:
    """What was found, as she may see it."""
    viewer = visit.person.id if visit.person else None
    return await list_.entries(db, [hit.id for hit in result.hits], visit.now, viewer)


routes = [search_everything, suggest]
