"""Job fairs in a list: found by the index, shown from PostgreSQL, which knows what is a draft by now."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.discovery.criteria import Criteria
from marketplace.discovery.queries import Found, add, add_flags, asked, found_rows
from marketplace.engines.search.filters import Filter, Range
from marketplace.engines.search.protocol import PAGE, Query, SearchIndex
from marketplace.fairs import queries
from marketplace.fairs.queries import FairRow
from marketplace.fairs.rules import INDEX
from marketplace.kernel.database import AnySession

FACETS = ("district", "places", "modes", "state", "women_only")


@dataclass(frozen=True, slots=True, kw_only=True)
class FairCriteria(Criteria):
    """Which fairs: those to come and on now, or (`is_past`) those that are over; by date unless words rank them."""

    SORTS = ("match", "date", "new")
    LISTS = {"district": "districts", "place": "places", "mode": "modes", "state": "states"}
    FLAGS = {"past": "is_past", "women": "is_women_only"}

    districts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    is_past: bool = False
    is_women_only: bool = False

    @property
    def order(self) -> str:
        """By date, unless words rank them."""
        return self.sort or ("match" if self.words else "date")


async def search_fairs(db: AnySession, index: SearchIndex, criteria: FairCriteria, *, at: datetime) -> Found[FairRow]:
    """One query of PostgreSQL whatever is asked. The first page of everything does not need the index."""
    result = await index.search(INDEX, fair_query(criteria, at=at))
    if criteria == FairCriteria(is_past=criteria.is_past):
        rows = await queries.coming(db, past=criteria.is_past, at=at, limit=PAGE)
        return found_rows(criteria, result, rows)
    return found_rows(criteria, result, await queries.by_ids(db, [hit.id for hit in result.hits]))


def fair_query(criteria: FairCriteria, *, at: datetime) -> Query:
    """What the index is asked for these criteria; to the minute, so that the same question is answered once."""
    groups: dict[str, Filter] = {}
    add(groups, "district", criteria.districts)
    add(groups, "places", criteria.places)
    add(groups, "modes", criteria.modes)
    add(groups, "state", criteria.states)
    add_flags(groups, women_only=criteria.is_women_only)
    now = int(at.timestamp()) // 60 * 60
    when = Range("ends_at", None, now - 1) if criteria.is_past else Range("ends_at", now, None)
    sorts = {"new": "posted_at:desc", "date": f"starts_at:{'desc' if criteria.is_past else 'asc'}"}
    return asked(criteria, Query(filter=when, groups=groups, facets=FACETS, sort=sorts.get(criteria.order, "")))
