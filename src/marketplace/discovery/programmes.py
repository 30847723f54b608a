"""Training programmes in a list: found by the index, shown from PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.discovery.criteria import PlacedCriteria
from marketplace.discovery.queries import Found, add, add_flags, add_places, add_within, asked, found_rows
from marketplace.engines.search.filters import Filter
from marketplace.engines.search.protocol import PAGE, Query, SearchIndex
from marketplace.kernel.database import AnySession
from marketplace.training.queries import ProgrammeRow, newest_programmes, published_of

FACETS = ("skills", "district", "online", "women_only", "languages", "known")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeCriteria(PlacedCriteria):
    """Which programmes: what they teach, in which language, what is known of who gives them; where, online and for
    women are those of cohorts that take applications. `within`: published in so many days.
    """

    LISTS = {
        **{"skill": "skills", "district": "districts", "near": "near"},
        **{"language": "languages", "known": "known"},
    }
    FLAGS = {"online": "is_online", "women": "is_for_women"}
    NUMBERS = {"km": "km", "within": "within"}

    is_online: bool = False
    is_for_women: bool = False
    languages: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    within: int | None = None


async def search_programmes(
    db: AnySession, index: SearchIndex, criteria: ProgrammeCriteria, *, at: datetime
) -> Found[ProgrammeRow]:
    """Published programmes, one query of PostgreSQL; the first page of all needs no index."""
    result = await index.search("training", programme_query(criteria, at=at))
    if criteria.is_plain:
        return found_rows(criteria, result, await newest_programmes(db, limit=PAGE))
    return found_rows(criteria, result, await published_of(db, [hit.id for hit in result.hits]))


def programme_query(criteria: ProgrammeCriteria, *, at: datetime) -> Query:
    """What the index is asked for these criteria."""
    groups: dict[str, Filter] = {}
    add(groups, "skills", criteria.skills)
    add_places(groups, criteria)
    add_flags(groups, online=criteria.is_online, women_only=criteria.is_for_women)
    add(groups, "languages", criteria.languages)
    add(groups, "known", criteria.known)
    add_within(groups, criteria.within, at=at)
    sort = "posted_at:desc" if criteria.order == "new" else ""
    return asked(criteria, Query(groups=groups, facets=FACETS, sort=sort))
