"""Services in a list: found by the index, shown from PostgreSQL, which decides what this reader may see."""

from dataclasses import dataclass
from uuid import UUID

from marketplace.discovery.criteria import PlacedCriteria
from marketplace.discovery.queries import (
    DEFAULT_CURRENCY,
    Found,
    add,
    add_flags,
    add_places,
    add_within,
    asked,
    found_rows,
)
from marketplace.engines.search.filters import Filter, Range
from marketplace.engines.search.protocol import PAGE, Query, SearchIndex
from marketplace.gigs.service_queries import ServiceRow, newest_services, services_by_id
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession

FACETS = ("skills", "certified_by", "proven", "district", "park", "languages", "currency")
_SORTS = {"new": "posted_at:desc", "price": "price:asc", "days": "days:asc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCriteria(PlacedCriteria):
    """Which services. `most` is the highest price of the smallest package, in `currency` (dollars unless said), `days`
    the longest delivery. `issuers` have certified who offers it, `is_proven`: somebody vouches for a skill of hers.
    `within`: published in so many days.
    """

    SORTS = ("match", "new", "price", "days")
    LISTS = {
        **{"skill": "skills", "certified": "issuers", "district": "districts", "near": "near"},
        **{"park": "parks", "language": "languages", "currency": "currencies"},
    }
    FLAGS = {"proven": "is_proven"}
    NUMBERS = {"km": "km", "max": "most", "days": "days", "within": "within"}

    issuers: tuple[str, ...] = ()
    parks: tuple[str, ...] = ()
    is_proven: bool = False
    languages: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    most: int | None = None
    days: int | None = None
    within: int | None = None

    @property
    def most_minor(self) -> int | None:
        return None if self.most is None else self.most * 100


async def search_services(
    db: AnySession, index: SearchIndex, criteria: ServiceCriteria, *, reader: UUID | None
) -> Found[ServiceRow]:
    """Open services, two queries of PostgreSQL whatever is asked; the first page of all needs no index."""
    result = await index.search("services", service_query(criteria))
    if criteria.is_plain:
        return found_rows(criteria, result, await newest_services(db, reader=reader, limit=PAGE))
    ids = [hit.id for hit in result.hits]
    return found_rows(criteria, result, await services_by_id(db, ids, reader=reader))


def service_query(criteria: ServiceCriteria) -> Query:
    """What the index is asked for these criteria."""
    groups: dict[str, Filter] = {}
    add(groups, "skills", criteria.skills)
    add(groups, "certified_by", criteria.issuers)
    add_flags(groups, proven=criteria.is_proven)
    add_places(groups, criteria)
    add(groups, "park", criteria.parks)
    add(groups, "languages", criteria.languages)
    add(groups, "currency", criteria.currencies or ((DEFAULT_CURRENCY,) if criteria.most else ()))
    add_within(groups, criteria.within, at=clock.now())
    if criteria.most_minor is not None:
        groups["price"] = Range("price", None, criteria.most_minor)
    if criteria.days is not None:
        groups["days"] = Range("days", None, criteria.days)
    return asked(criteria, Query(groups=groups, facets=FACETS, sort=_SORTS.get(criteria.order, "")))
