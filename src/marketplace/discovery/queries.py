"""Search as pages ask for it: the index finds ids and counts, PostgreSQL gives the rows and decides who sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from marketplace.discovery.criteria import MOST_PAGES, Criteria, GigCriteria, PeopleCriteria, PlacedCriteria
from marketplace.discovery.listing import GigRow, PersonRow, gigs_of, newest_gigs, newest_people, people_of
from marketplace.engines.search.filters import Eq, Filter, In, Range
from marketplace.engines.search.protocol import PAGE, Query, Result, SearchIndex
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession
from marketplace.talent import headlines

T = TypeVar("T")
_GIG_SORTS = {"new": "posted_at:desc", "pay": "pay_max:desc", "closing": "deadline_at:asc"}
_PEOPLE_SORTS = {"new": "active_at:desc", "rate": "rate:asc"}
GIG_FACETS = (*("skills", "pay", "level", "remote", "district", "languages", "currency", "women_friendly", "verified"),)
PEOPLE_FACETS = ("skills", "certified_by", "proven", "district", "park", "languages", "newcomer")
DEFAULT_CURRENCY = "USD"
"""Of amounts in an address that names no currency."""
_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """One page of a list. `total` counts all that match; `dropped` are words left out because too little had them.

    `instead` is what was looked for in place of a word that nothing has; `is_listing`: the search engine is down and
    PostgreSQL listed.
    """

    rows: Sequence[T]
    total: int
    page: int
    facets: Mapping[str, Mapping[str, int]]
    dropped: tuple[str, ...] = ()
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    is_listing: bool = False
    scores: Mapping[UUID, float] = field(default_factory=dict[UUID, float])
    read: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of a list found by words: what each row scored, and how the words were read."""

    @property
    def pages(self) -> int:
        """How many pages can be reached."""
        return max(1, min(-(-self.total // PAGE), MOST_PAGES))


async def search_gigs(
    db: AnySession, index: SearchIndex, criteria: GigCriteria, *, at: datetime, viewer: UUID | None = None
) -> Found[GigRow]:
    """Open gigs, one query of PostgreSQL whatever is asked. The first page of everything does not need the index."""
    result = await index.search("gigs", gig_query(criteria, at=at))
    if criteria.is_plain:
        return found_rows(criteria, result, await newest_gigs(db, at=at, viewer=viewer))
    return found_rows(criteria, result, await gigs_of(db, [hit.id for hit in result.hits], at=at, viewer=viewer))


async def search_people(
    db: AnySession, index: SearchIndex, criteria: PeopleCriteria, *, viewer: UUID | None = None
) -> Found[PersonRow]:
    """Listed freelancers, each with what she says to whoever looks for these skills; three queries of PostgreSQL."""
    result = await index.search("people", people_query(criteria))
    if criteria.is_plain:
        return found_rows(criteria, result, await newest_people(db, viewer=viewer))
    people = await people_of(db, [hit.id for hit in result.hits], viewer=viewer)
    said = await headlines.for_skills(db, [person.id for person in people], criteria.skills)
    fitting = [replace(person, headline=said.get(person.id, person.headline)) for person in people]
    return found_rows(criteria, result, fitting)


def gig_query(criteria: GigCriteria, *, at: datetime) -> Query:
    """What the index is asked for these criteria. Gigs whose deadline is over are left out, to the minute."""
    groups: dict[str, Filter] = {}
    add(groups, "skills", criteria.skills)
    add(groups, "pay", criteria.pay)
    add(groups, "level", criteria.levels)
    add(groups, "women_friendly", criteria.friendly)
    add_places(groups, criteria)
    add(groups, "languages", criteria.languages)
    add(groups, "currency", criteria.currencies or ((DEFAULT_CURRENCY,) if criteria.least or criteria.most else ()))
    add_flags(groups, remote=criteria.is_remote, verified=criteria.is_verified)
    add_within(groups, criteria.within, at=at)
    if criteria.least_minor is not None:
        groups["pay_max"] = Range("pay_max", criteria.least_minor, None)
    if criteria.most_minor is not None:
        groups["pay_min"] = Range("pay_min", None, criteria.most_minor)
    is_running = Range("deadline_at", int(at.timestamp()) // 60 * 60, None)
    sort = _GIG_SORTS.get(criteria.order, "")
    return asked(criteria, Query(filter=is_running, groups=groups, facets=GIG_FACETS, sort=sort))


def people_query(criteria: PeopleCriteria) -> Query:
    """What the index is asked for these criteria."""
    groups: dict[str, Filter] = {}
    add(groups, "skills", criteria.skills)
    add(groups, "certified_by", criteria.issuers)
    add_places(groups, criteria)
    add(groups, "park", criteria.parks)
    add(groups, "languages", criteria.languages)
    add_flags(groups, newcomer=criteria.is_newcomer, proven=criteria.is_proven)
    add_within(groups, criteria.within, at=clock.now(), field="active_at")
    if criteria.most_minor is not None:
        groups["rate"] = Range("rate", 1, criteria.most_minor)
    if criteria.hours is not None:
        groups["hours_a_week"] = Range("hours_a_week", criteria.hours, None)
    return asked(criteria, Query(groups=groups, facets=PEOPLE_FACETS, sort=_PEOPLE_SORTS.get(criteria.order, "")))


def asked(criteria: Criteria, query: Query) -> Query:
    """The query with the words and the page of the criteria."""
    return replace(
        query, words=criteria.words, is_exact=criteria.is_exact, offset=(criteria.page - 1) * PAGE, limit=PAGE
    )


def add(groups: dict[str, Filter], field: str, values: tuple[str, ...]) -> None:
    """Ask for one of the values, where there are any."""
    if values:
        groups[field] = In(field, values)


def add_places(groups: dict[str, Filter], criteria: PlacedCriteria) -> None:
    """Ask for places where some are asked for: by name, and by how far they may be (as the list of what is as near)."""
    add(groups, "district", criteria.districts)
    if criteria.near:
        groups["near"] = In("district", criteria.around)


def add_flags(groups: dict[str, Filter], **flags: bool) -> None:
    """Ask for what is true, where that is asked for."""
    groups |= {field: Eq(field, True) for field, is_asked in flags.items() if is_asked}


def add_within(groups: dict[str, Filter], days: int | None, *, at: datetime, field: str = "posted_at") -> None:
    """Ask for what was published in so many days, to the hour: the same question for an hour is answered once."""
    if days:
        groups[field] = Range(field, int(at.timestamp()) // 3_600 * 3_600 - days * _DAY, None)


def found_rows(criteria: Criteria, result: Result, rows: Sequence[T]) -> Found[T]:
    """Rows of PostgreSQL with the counts of the index."""
    return Found(
        rows=rows,
        total=max(result.total, len(rows)),
        page=criteria.page,
        facets=result.facets,
        dropped=result.dropped,
        instead=result.instead,
        is_listing=result.is_listing,
        scores={hit.id: hit.score for hit in result.hits} if result.read else {},
        read=result.read,
    )
