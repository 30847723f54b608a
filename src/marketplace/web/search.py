"""Finding work and people: two lists whose whole state is in their address, and the skills a picker offers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup

from marketplace.discovery.criteria import Criteria, GigCriteria, JobCriteria, PeopleCriteria, PlacedCriteria
from marketplace.discovery.impressions import Impressions, Shown, by_words, record
from marketplace.discovery.jobs import search_jobs
from marketplace.discovery.organisations import OrganisationCriteria, search_organisations
from marketplace.discovery.programmes import ProgrammeCriteria, search_programmes
from marketplace.discovery.queries import Found, search_gigs, search_people
from marketplace.discovery.services import ServiceCriteria, search_services
from marketplace.engines.search.protocol import PAGE, SearchIndex
from marketplace.fairs import inviting
from marketplace.kernel.database import Database
from marketplace.kernel.i18n import N_, translations
from marketplace.places.gazetteer import place_name, read_places
from marketplace.skills.linking import SURE, taxonomy_linker
from marketplace.skills.queries import issuer_names
from marketplace.skills.taxonomy import known_skills, suggestions
from marketplace.web import htmx
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.drawn import marked
from marketplace.web.facets import Group, Labels
from marketplace.web.limits import keep_pace
from marketplace.web.pages import page
from marketplace.web.site import Site
from marketplace.web.visit import Visit

C = TypeVar("C", bound=Criteria)
_SUGGESTED = 8
SHORTEST = 2
"""Letters from which something is suggested."""
_DISTANCES = (25, 50, 100, 200)
"""Kilometres."""
_LINKED_FROM = 4
"""Letters from which skills are also found by likeness: `wordpres developer` is WordPress."""

impressions = Impressions()
"""What this process has shown and not written yet."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One of the two lists: where it is, what draws it, and its orders by their value in the address."""

    path: str
    template: str
    sorts: Mapping[str, str]


GIGS = ListPage(
    "/gigs",
    "search/gigs.html",
    {"": N_("Best match"), "new": N_("Newest"), "pay": N_("Highest pay"), "closing": N_("Closing soonest")},
)
JOBS = ListPage(
    "/jobs",
    "search/jobs.html",
    {"": N_("Best match"), "new": N_("Newest"), "pay": N_("Highest pay"), "closing": N_("Closing soonest")},
)
PEOPLE = ListPage(
    "/people",
    "search/people.html",
    {"": N_("Best match"), "new": N_("Lately active"), "rate": N_("Lowest rate")},
)

SERVICES = ListPage(
    "/services",
    "search/services.html",
    {"": N_("Best match"), "new": N_("Newest"), "price": N_("Lowest price"), "days": N_("Fastest")},
)


TRAINING = ListPage("/training", "search/training.html", {"": N_("Best match"), "new": N_("Newest")})
ORGANISATIONS = ListPage("/organisations", "search/organisations.html", {"": N_("Best match"), "new": N_("Newest")})


@get("/gigs", PUBLIC)
async def find_gigs(visit: Visit) -> Answer:
    """Open gigs by words, filters with counts, and order."""
    criteria = _criteria(visit, GigCriteria)
    async with visit.read() as db:
        found = await search_gigs(db, visit.services[SearchIndex], criteria, at=visit.now, viewer=_reader(visit))
    _note(visit, "gigs", criteria, found)
    labels = Labels(visit.locale)
    groups = [
        labels.group("skill", N_("Skills"), found.facets.get("skills"), criteria.skills),
        labels.group("pay", N_("How it pays"), found.facets.get("pay"), criteria.pay),
        labels.group("level", N_("Level"), found.facets.get("level"), criteria.levels),
        labels.flag("remote", N_("Where"), found.facets.get("remote"), is_chosen=criteria.is_remote),
        labels.group("district", N_("Place"), found.facets.get("district"), criteria.districts),
        labels.group("language", N_("Language"), found.facets.get("languages"), criteria.languages),
        labels.group("currency", N_("Currency"), found.facets.get("currency"), criteria.currencies),
        labels.group("friendly", N_("Women-friendly"), found.facets.get("women_friendly"), criteria.friendly),
        labels.flag("verified", N_("Employer"), found.facets.get("verified"), is_chosen=criteria.is_verified),
        labels.within(criteria.within),
    ]
    return _list(visit, GIGS, criteria, found=found, groups=groups)


@get("/jobs", PUBLIC)
async def find_jobs(visit: Visit) -> Answer:
    """Open jobs and internships by words, filters with counts, and order."""
    criteria = _criteria(visit, JobCriteria)
    async with visit.read() as db:
        found = await search_jobs(db, visit.services[SearchIndex], criteria, at=visit.now, viewer=_reader(visit))
    _note(visit, "jobs", criteria, found)
    labels, facets = Labels(visit.locale), found.facets
    groups = [
        labels.group("kind", N_("Kind"), facets.get("kind"), criteria.kinds),
        labels.group("level", N_("Level"), facets.get("level"), criteria.levels),
        labels.group("type", N_("How much"), facets.get("type"), criteria.types),
        labels.group("skill", N_("Skills"), facets.get("skills"), criteria.skills),
        labels.flag("remote", N_("Where"), facets.get("remote"), is_chosen=criteria.is_remote),
        labels.group("district", N_("Place"), facets.get("district"), criteria.districts),
        labels.group("language", N_("Language"), facets.get("languages"), criteria.languages),
        labels.group("currency", N_("Currency"), facets.get("currency"), criteria.currencies),
        labels.flag("women", N_("Who may apply"), facets.get("women_only"), is_chosen=criteria.is_women_only),
        labels.group("friendly", N_("Women-friendly"), facets.get("women_friendly"), criteria.friendly),
        labels.flag("verified", N_("Employer"), facets.get("verified"), is_chosen=criteria.is_verified),
        labels.within(criteria.within),
    ]
    return _list(visit, JOBS, criteria, found=found, groups=groups)


@get("/people", PUBLIC)
async def find_people(visit: Visit) -> Answer:
    """Listed freelancers by words, filters with counts, and order."""
    criteria = _criteria(visit, PeopleCriteria)
    async with visit.read() as db:
        found = await search_people(db, visit.services[SearchIndex], criteria, viewer=_reader(visit))
        issuers = await issuer_names(db, {*found.facets.get("certified_by", {}), *criteria.issuers})
        asks_people = visit.person is not None and visit.person.is_organiser and not visit.is_htmx
        fairs = await inviting.asking(db, visit.user.id, at=visit.now) if asks_people else []
    _note(visit, "people", criteria, found)
    labels = Labels(visit.locale, issuers)
    groups = [
        labels.group("skill", N_("Skills"), found.facets.get("skills"), criteria.skills),
        labels.flag("proven", N_("A skill is proven"), found.facets.get("proven"), is_chosen=criteria.is_proven),
        labels.group("certified", N_("Certified by"), found.facets.get("certified_by"), criteria.issuers),
        labels.group("district", N_("Place"), found.facets.get("district"), criteria.districts),
        labels.group("park", N_("Park"), found.facets.get("park"), criteria.parks),
        labels.group("language", N_("Language"), found.facets.get("languages"), criteria.languages),
        labels.flag("newcomer", N_("Experience here"), found.facets.get("newcomer"), is_chosen=criteria.is_newcomer),
        labels.within(criteria.within, N_("Lately active")),
    ]
    return _list(visit, PEOPLE, criteria, found=found, groups=groups, fairs=fairs)


@get("/services", PUBLIC)
async def find_services(visit: Visit) -> Answer:
    """What freelancers offer at a set price, by words, filters with counts, and order."""
    criteria = _criteria(visit, ServiceCriteria)
    reader = visit.person.id if visit.person else None
    async with visit.read() as db:
        found = await search_services(db, visit.services[SearchIndex], criteria, reader=reader)
        issuers = await issuer_names(db, {*found.facets.get("certified_by", {}), *criteria.issuers})
    _note(visit, "services", criteria, found)
    labels = Labels(visit.locale, issuers)
    groups = [
        labels.group("skill", N_("Skills"), found.facets.get("skills"), criteria.skills),
        labels.flag("proven", N_("A skill is proven"), found.facets.get("proven"), is_chosen=criteria.is_proven),
        labels.group("certified", N_("Certified by"), found.facets.get("certified_by"), criteria.issuers),
        labels.group("district", N_("Place"), found.facets.get("district"), criteria.districts),
        labels.group("park", N_("Park"), found.facets.get("park"), criteria.parks),
        labels.group("language", N_("Language"), found.facets.get("languages"), criteria.languages),
        labels.group("currency", N_("Currency"), found.facets.get("currency"), criteria.currencies),
        labels.within(criteria.within),
    ]
    shown = replace(found, rows=[replace(row, **_marked(criteria, title=row.title)) for row in found.rows])
    return _list(visit, SERVICES, criteria, found=shown, groups=groups)


@get("/organisations", PUBLIC)
async def find_organisations(visit: Visit) -> Answer:
    """Employers, organisers, providers and parks by words and by what is known of them."""
    criteria = _criteria(visit, OrganisationCriteria)
    async with visit.read() as db:
        found = await search_organisations(
            db, visit.services[SearchIndex], criteria, at=visit.now, viewer=_reader(visit)
        )
    _note(visit, "organisations", criteria, found)
    labels = Labels(visit.locale)
    groups = [
        labels.group("kind", N_("What they do here"), found.facets.get("kinds"), criteria.kinds),
        labels.group("known", N_("What is known of them"), found.facets.get("known"), criteria.known),
    ]
    said = [replace(row, marks=tuple(labels.said("known", mark) for mark in row.marks)) for row in found.rows]
    shown = replace(found, rows=[replace(row, **_marked(criteria, name=row.name)) for row in said])
    return _list(visit, ORGANISATIONS, criteria, found=shown, groups=groups)


@get("/training", PUBLIC)
async def find_programmes(visit: Visit) -> Answer:
    """Training programmes by words, filters with counts, and order."""
    criteria = _criteria(visit, ProgrammeCriteria)
    async with visit.read() as db:
        found = await search_programmes(db, visit.services[SearchIndex], criteria, at=visit.now)
    _note(visit, "training", criteria, found)
    labels = Labels(visit.locale)
    groups = [
        labels.group("skill", N_("Skills"), found.facets.get("skills"), criteria.skills),
        labels.group("district", N_("Place"), found.facets.get("district"), criteria.districts),
        labels.flag("online", N_("Where"), found.facets.get("online"), is_chosen=criteria.is_online),
        labels.flag("women", N_("Who may apply"), found.facets.get("women_only"), is_chosen=criteria.is_for_women),
        labels.group("language", N_("Language"), found.facets.get("languages"), criteria.languages),
        labels.group("known", N_("What is known of who teaches"), found.facets.get("known"), criteria.known),
        labels.within(criteria.within),
    ]
    languages = {row.language: labels.said("language", row.language) for row in found.rows}
    shown = replace(found, rows=[replace(row, **_marked(criteria, name=row.name)) for row in found.rows])
    return _list(visit, TRAINING, criteria, found=shown, groups=groups, languages=languages)


@get("/skills/suggest", PUBLIC)
async def suggest_skills(visit: Visit) -> Answer:
    """Skills that somebody who typed this may mean, for the skill picker."""
    typed = visit.query.get("q", "")[:60]
    found = suggestions(known_skills().values(), typed, _SUGGESTED)
    if len(found) < _SUGGESTED and len(typed) >= _LINKED_FROM:
        known, there = known_skills(), {skill.slug for skill in found}
        links = taxonomy_linker().link(typed, _SUGGESTED)
        found += [known[each.slug] for each in links if each.confidence >= SURE and each.slug not in there]
    shown = [{"slug": skill.slug, "name": skill.name(visit.locale), "note": ""} for skill in found[:_SUGGESTED]]
    return page(visit, "components/skill_suggestions.html", fragment="suggestions", suggestions=shown)


def _criteria(visit: Visit, kind: type[C]) -> C:
    """What is asked for; all but the first page of everything counts as a search. Raises: TooManySearches."""
    criteria = kind.from_query(visit.query.multi_items())
    if not criteria.is_plain:
        keep_pace(visit)
    return criteria


def _reader(visit: Visit) -> UUID | None:
    return visit.person.id if visit.person else None


async def write_impressions(site: Site) -> int:
    """Write what was shown since the last time, in a transaction of its own, and return how many documents."""
    shown = impressions.take()
    if not shown:
        return 0
    async with site.services[Database].write.begin() as db:
        return await record(db, shown)


def _list(
    visit: Visit, list_page: ListPage, criteria: Criteria, *, found: Found[Any], groups: Sequence[Group], **more: Any
) -> Answer:
    """The whole page, or for htmx its results with fresh counts."""

    def href(changed: Criteria) -> str:
        query = changed.to_query()
        return f"{list_page.path}?{query}" if query else list_page.path

    say = translations(visit.locale).gettext
    said = {(group.name, option.value): option.label for group in groups for option in group.options}
    is_earlier, is_later = found.page > 1, found.page < found.pages
    return page(
        visit,
        list_page.template,
        fragment="results",
        headers=_history(visit, href(criteria)),
        criteria=criteria,
        found=found,
        groups=[replace(group, label=say(group.label)) for group in groups],
        sorts=[(value, say(label)) for value, label in list_page.sorts.items()],
        chips=[
            (said.get(pair, label), href(criteria.without(*pair)))
            for pair, label in Labels(visit.locale).in_force(criteria)
        ],
        places=_places(visit.locale, criteria.near if isinstance(criteria, PlacedCriteria) else ()),
        distances=distances(criteria),
        clear_href=href(criteria.cleared()),
        exact_href=href(replace(criteria, is_exact=True, page=1)),
        previous_href=href(criteria.at_page(found.page - 1)) if is_earlier else None,
        next_href=href(criteria.at_page(found.page + 1)) if is_later else None,
        save_href=f"/searches/new?{urlencode([('in', list_page.path[1:]), *criteria.at_page(1).pairs()])}",
        feed_href=f"{list_page.path}.rss{'?' if criteria.to_query() else ''}{criteria.at_page(1).to_query()}",
        is_part=visit.is_htmx,
        suggested=suggested(criteria.words, map(title_of, found.rows), visit.locale) if visit.is_htmx else (),
        **more,
    )


@lru_cache(maxsize=256)
def _places(locale: str, chosen: tuple[str, ...]) -> Markup:
    """Where one may be near to, as options: a hundred, the same on every page."""
    option = Markup('<option value="{}"{}>{}</option>')
    said = [(each.slug, place_name(each.slug, locale)) for each in read_places()[0]]
    is_chosen = Markup(" selected")
    return Markup("").join(option.format(slug, is_chosen if slug in chosen[:1] else "", name) for slug, name in said)


def suggested(words: str, titles: Iterable[str], locale: str) -> list[str]:
    """What may be meant by words that are being typed: names of skills that begin so, titles of what was found."""
    if len(words) < SHORTEST:
        return []
    skills = (skill.name(locale) for skill in suggestions(known_skills().values(), words, _SUGGESTED // 2))
    return list(dict.fromkeys((*skills, *titles)))[:_SUGGESTED]


def title_of(row: Any) -> str:
    """What a row of any list is called, without the marks of what was found."""
    title = next(value for name in ("title", "headline", "name") if (value := getattr(row, name, None)))
    return title.striptags() if isinstance(title, Markup) else title


def distances(criteria: Criteria) -> Sequence[int]:
    """How far can be chosen, and what is chosen by an address."""
    chosen = {criteria.km} if isinstance(criteria, PlacedCriteria) and criteria.km else set[int]()
    return sorted({*_DISTANCES, *chosen})


def _marked(criteria: Criteria, **texts: str) -> dict[str, Any]:
    """The texts with what was searched for marked in them."""
    return {name: marked(text, criteria.words) for name, text in texts.items()} if criteria.words else {}


def _history(visit: Visit, address: str) -> dict[str, str]:
    """Typing replaces the address, a filter or the button enters history; either way it is the short address."""
    if not visit.is_htmx:
        return {}
    return {"HX-Push-Url" if htmx.source(visit).startswith("form") else "HX-Replace-Url": address}


def _note(visit: Visit, surface: str, criteria: Criteria, found: Found[Any]) -> None:
    documents = tuple(row.id for row in found.rows)
    impressions.note(
        Shown(
            at=visit.now,
            user_id=visit.person.id if visit.person else None,
            surface=surface,
            query=criteria.to_query(),
            documents=documents,
            first_rank=(criteria.page - 1) * PAGE + 1,
            scores=by_words(documents, found.scores, found.read),
        )
    )


routes = [find_gigs, find_jobs, find_people, find_services, find_organisations, find_programmes, suggest_skills]
