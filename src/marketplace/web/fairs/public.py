"""Fairs for everybody: those to come, those that were, and one fair's page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.discovery.criteria import Criteria
from marketplace.discovery.fairs import FairCriteria, search_fairs
from marketplace.discovery.queries import Found
from marketplace.engines.search.protocol import SearchIndex
from marketplace.fairs import inviting, public_queries, queries, registering, reporting, results, rules
from marketplace.kernel.i18n import N_, translations
from marketplace.places.gazetteer import place_name
from marketplace.web import paging
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.facets import Group, Option
from marketplace.web.fairs.calendars import event_ld
from marketplace.web.fairs.organise_forms import MODES, PLACES
from marketplace.web.limits import keep_pace
from marketplace.web.pages import page
from marketplace.web.visit import Visit

SORTS = {"": N_("By date"), "match": N_("Best match"), "new": N_("Newest")}
HOW = {"timetable": N_("Meetings at set times"), "open_hall": N_("Queues at the booths")}
"""Ways a fair goes, as facets say them."""
LIVE_SECONDS = 30
"""After so long a live fair's page looks for its numbers again."""


@get("/fairs", PUBLIC)
async def list_fairs(visit: Visit) -> Answer:
    """Fairs to come and on now, or those that are over, by words, filters with counts, and order."""
    criteria = FairCriteria.from_query(visit.query.multi_items())
    if criteria.words or criteria.is_filtered or criteria.page > 1:
        keep_pace(visit)
    async with visit.read() as db:
        found = await search_fairs(db, visit.services[SearchIndex], criteria, at=visit.now)
    groups = _groups(visit.locale, found.facets, criteria)
    said = {(group.name, option.value): option.label for group in groups for option in group.options}
    shown: dict[str, Any] = {"criteria": criteria, "found": found, "groups": groups, "states": rules.FAIR_STATES}
    shown["chips"] = [(said[pair], _href(criteria.without(*pair))) for pair in criteria.pairs() if pair in said]
    shown["clear_href"] = _href(FairCriteria(words=criteria.words, sort=criteria.sort, is_past=criteria.is_past))
    shown["sorts"] = [(value, translations(visit.locale).gettext(words)) for value, words in SORTS.items()]
    shown["exact_href"] = _href(replace(criteria, is_exact=True, page=1))
    shown |= _keeping(criteria) | _pages(criteria, found)
    return page(visit, "fairs/list.html", fragment="results", is_part=visit.is_htmx, **shown)


def _href(criteria: Criteria) -> str:
    query = criteria.to_query()
    return f"/fairs?{query}" if query else "/fairs"


def _keeping(criteria: FairCriteria) -> dict[str, Any]:
    """Where the list is saved, and as a feed."""
    pairs = criteria.at_page(1).pairs()
    query = f"?{urlencode(pairs)}" if pairs else ""
    return {"save_href": f"/searches/new?{urlencode([('in', 'fairs'), *pairs])}", "feed_href": f"/fairs.rss{query}"}


def _pages(criteria: FairCriteria, found: Found[Any]) -> dict[str, str | None]:
    before, after = found.page > 1, found.page < found.pages
    return {
        "previous_href": _href(criteria.at_page(found.page - 1)) if before else None,
        "next_href": _href(criteria.at_page(found.page + 1)) if after else None,
    }


def _groups(locale: str, facets: Mapping[str, Mapping[str, int]], criteria: FairCriteria) -> list[Group]:
    say = translations(locale).gettext

    def group(name: str, label: str, field: str, words: Mapping[Any, str], chosen: Sequence[str]) -> Group:
        counts = dict(facets.get(field, {})) | {value: facets.get(field, {}).get(value, 0) for value in chosen}
        if words:  # in the order of their lives, not by how many there are
            counts = {value: counts[value] for value in words if value in counts}
        options = [Option(value, _word(value, words, locale), n, value in chosen) for value, n in counts.items()]
        return Group(name, say(label), options)

    women = facets.get("women_only", {}).get("true", 0)
    flag = [Option("1", say(N_("Days for women only")), women, criteria.is_women_only)]
    return [
        group("state", N_("How far it is"), "state", rules.FAIR_STATES, criteria.states),
        group("district", N_("Place"), "district", {}, criteria.districts),
        group("place", N_("Where"), "places", PLACES, criteria.places),
        group("mode", N_("How it goes"), "modes", HOW, criteria.modes),
        Group("women", say(N_("Who it is for")), flag if women or criteria.is_women_only else []),
    ]


def _word(value: str, words: Mapping[Any, str], locale: str) -> str:
    if value in words:
        return translations(locale).gettext(words[value])
    return place_name(value, locale) or value


@get("/fairs/{slug}", PUBLIC)
async def show_fair(visit: Visit, slug: str) -> Answer:
    """One fair: when, where, who comes and what they hire for, how to take part; what is on now while it runs."""
    reader = visit.user.id if visit.is_signed_in else None
    after = paging.decode(visit, str, UUID)
    async with visit.read() as db:
        fair, organiser, is_mine = await queries.public_fair(db, slug, reader=reader)
        days = await queries.days_of(db, fair.id)
        rows = await public_queries.employers_of(db, fair.id, after=after, limit=paging.SIZE + 1)
        employers = await public_queries.employer_count(db, fair.id)
        now = await public_queries.now_of(db, fair, at=visit.now) if fair.state == "live" else None
        own_booths = await results.booths_of(db, fair.id, by=reader) if reader else []
        has_outcome = await reporting.is_public(db, fair, at=visit.now)
        is_invited = await inviting.waits(db, fair.id, reader) if reader and fair.state == "open" else False
    found = paging.cut(visit, rows, key=lambda row: (row.name, row.id))
    context: dict[str, Any] = {"fair": fair, "organiser": organiser, "is_mine": is_mine, "days": days, "now": now}
    context["event_ld"] = event_ld(fair, organiser, base_url=visit.settings.base_url, locale=visit.locale)
    context["is_invited"], context["has_outcome"] = is_invited, has_outcome
    context["own_booths"], context["employers"] = own_booths, employers
    context["can_join"] = registering.is_open(fair, visit.now)
    context["fair_zone"] = ZoneInfo(fair.time_zone)
    words: dict[str, Any] = {"states": rules.FAIR_STATES, "places": PLACES, "modes": MODES}
    words["live_seconds"] = LIVE_SECONDS
    return page(visit, "fairs/show.html", fragment="live", found=found, **context, **words)


routes = [list_fairs, show_fair]
