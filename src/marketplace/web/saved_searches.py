"""Saved searches: keep a list with its filters, choose how often to hear of it, throw it away, put it back."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from wtforms import HiddenField, RadioField, StringField

from marketplace.discovery import saved_searches
from marketplace.discovery.criteria import Criteria
from marketplace.discovery.models import SavedSearch
from marketplace.discovery.saved_searches import LONGEST_NAME, RHYTHMS, TooManySearches
from marketplace.discovery.surfaces import SURFACES
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_, translations
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.facets import Labels
from marketplace.web.forms import CreatingForm, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

HERE = "/searches"
_LONGEST_QUERY = 2_000


class SearchForm(CreatingForm):
    """A name for herself, and how often she wants to hear of it."""

    surface = HiddenField(validators=[Length(max=20)])
    query = HiddenField(validators=[Length(max=_LONGEST_QUERY)])
    name = StringField(N_("Name"), [Required(), Length(max=LONGEST_NAME)], filters=[strip])
    rhythm = RadioField(N_("Tell me of what is new"), choices=RHYTHMS, default="daily")


@dataclass(frozen=True, slots=True)
class Shown:
    """A saved search in the list: where its results and feeds are; `filters` are its filters in words."""

    id: UUID
    name: str
    title: str
    href: str
    feeds: tuple[tuple[str, str], ...]
    filters: tuple[str, ...]
    rhythm: str
    is_removed: bool


@get("/searches", USER)
async def list_searches(visit: Visit) -> Answer:
    """All that she keeps."""
    async with visit.read(fresh=True) as db:
        found = await saved_searches.searches_of(db, visit.user.id, at=visit.now)
    shown = [_shown(search, visit.locale) for search in found]
    return page(visit, "searches/list.html", searches=shown, rhythms=list(RHYTHMS.items()))


@get("/searches/new", USER)
async def new_search(visit: Visit) -> Answer:
    """Name what the list showed, and choose a pace."""
    surface = visit.query.get("in", "")
    query = saved_searches.normal(surface, visit.scope["query_string"].decode("latin-1"))
    name = _name(surface, query, visit.locale)
    return _form(visit, visit.blank(SearchForm, data={"surface": surface, "query": query, "name": name}))


@post("/searches", USER)
async def save_search(visit: Visit) -> Answer:
    """Keep it."""
    form = await visit.form(SearchForm)
    surface = str(form.surface.data or "")
    query = saved_searches.normal(surface, str(form.query.data or ""))
    if form.validate():
        known = await saved_searches.found_now(visit.services[SearchIndex], surface, query, at=visit.now)
        with form.catching(TooManySearches):
            async with visit.submit(form, back=HERE) as step:
                if step.is_first:
                    made = SavedSearch(
                        user_id=visit.user.id,
                        surface=surface,
                        query=query,
                        name=form.name.data or "",
                        rhythm=form.rhythm.data,
                        known=known,
                    )
                    await saved_searches.save(step.db, made, at=visit.now)
                    step.location = HERE
            return redirect(visit, step.location, flash=N_("Saved. What is new in it is mailed as often as you chose."))
    return _form(visit, form, status=422)


@post("/searches/{id}", USER)
async def change_search(visit: Visit, id: UUID) -> Answer:
    """Hear of it at another pace."""
    rhythm = str((await visit.posted()).get("rhythm", ""))
    async with visit.write() as db:
        await saved_searches.change(db, visit.user.id, id, rhythm=rhythm)
    return redirect(visit, HERE, flash=N_("Saved."))


@post("/searches/{id}/remove", USER)
async def remove_search(visit: Visit, id: UUID) -> Answer:
    """Throw it away; the list offers to put it back."""
    async with visit.write() as db:
        await saved_searches.remove(db, visit.user.id, id, at=visit.now)
    return redirect(visit, HERE, flash=N_("Removed. For an hour you can put it back."))


@post("/searches/{id}/restore", USER)
async def restore_search(visit: Visit, id: UUID) -> Answer:
    """Put it back."""
    async with visit.write() as db:
        await saved_searches.restore(db, visit.user.id, id)
    return redirect(visit, HERE, flash=N_("It is back."))


def _form(visit: Visit, form: SearchForm, *, status: int = 200) -> Answer:
    surface = str(form.surface.data or "")
    if surface not in SURFACES:
        raise NotFound
    criteria = SURFACES[surface].read(str(form.query.data or ""))
    return page(
        visit,
        "searches/new.html",
        status=status,
        form=form,
        title=translations(visit.locale).gettext(SURFACES[surface].title),
        filters=_filters(criteria, visit.locale),
        back=_href(surface, criteria),
    )


def _shown(search: SavedSearch, locale: str) -> Shown:
    list_ = SURFACES[search.surface]
    criteria = list_.read(search.query)
    query = f"?{search.query}" if search.query else ""
    return Shown(
        id=search.id,
        name=search.name,
        title=translations(locale).gettext(list_.title),
        href=_href(search.surface, criteria),
        feeds=(("RSS", f"{list_.path}.rss{query}"), ("JSON", f"{list_.path}.json{query}")),
        filters=_filters(criteria, locale),
        rhythm=search.rhythm,
        is_removed=search.removed_at is not None,
    )


def _href(surface: str, criteria: Criteria) -> str:
    query = criteria.to_query()
    return f"{SURFACES[surface].path}?{query}" if query else SURFACES[surface].path


def _filters(criteria: Criteria, locale: str) -> tuple[str, ...]:
    words = (f"“{criteria.words}”",) if criteria.words else ()
    return words + tuple(label for _, label in Labels(locale).in_force(criteria))


def _name(surface: str, query: str, locale: str) -> str:
    """What the list was asked for, in few words: a first proposal for its name."""
    criteria = SURFACES[surface].read(query)
    labels = [label for _, label in cast("list[tuple[Any, str]]", Labels(locale).in_force(criteria))]
    said = ", ".join(filter(None, [criteria.words, *labels])) or translations(locale).gettext(SURFACES[surface].title)
    return said[:LONGEST_NAME].strip()


routes = [list_searches, new_search, save_search, change_search, remove_search, restore_search]
