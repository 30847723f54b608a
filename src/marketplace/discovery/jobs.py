"""Jobs and internships in a list: found by the index, shown from PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.discovery.criteria import JobCriteria
from marketplace.discovery.listing import GigRow, among, like, newest, open_postings, said
from marketplace.discovery.queries import Found, add, add_flags, add_places, add_within, asked, found_rows
from marketplace.engines.search.filters import Filter, Range
from marketplace.engines.search.protocol import PAGE, Query, SearchIndex
from marketplace.kernel.database import AnySession, Prepared
from marketplace.postings.models import Employment, Posting
from marketplace.postings.rules import JOBS

FACETS = (
    *("kind", "skills", "level", "type", "remote", "district", "languages", "currency", "women_only"),
    *("women_friendly", "verified"),
)
_SORTS = {"new": "posted_at:desc", "pay": "month_max:desc", "closing": "deadline_at:asc"}
DEFAULT_CURRENCY = "PKR"
"""Of the least pay in an address that names no currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow(GigRow):
    """A job or internship in a list; `town_part` is its coarse place, as the employer wrote it."""

    kind: str
    level: str
    type: str
    months: int | None
    openings: int
    town_part: str
    is_women_only: bool


async def search_jobs(
    db: AnySession, index: SearchIndex, criteria: JobCriteria, *, at: datetime, viewer: UUID | None = None
) -> Found[JobRow]:
    """Open jobs and internships, one query of PostgreSQL whatever is asked; the first page of all needs no index."""
    result = await index.search("jobs", job_query(criteria, at=at))
    if criteria.is_plain:
        return found_rows(criteria, result, await newest_jobs(db, at=at, viewer=viewer))
    return found_rows(criteria, result, await jobs_of(db, [hit.id for hit in result.hits], at=at, viewer=viewer))


def job_query(criteria: JobCriteria, *, at: datetime) -> Query:
    """What the index is asked for these criteria. What takes no applications any more is left out, to the minute."""
    groups: dict[str, Filter] = {}
    add(groups, "kind", criteria.kinds)
    add(groups, "skills", criteria.skills)
    add(groups, "level", criteria.levels)
    add(groups, "type", criteria.types)
    add(groups, "women_friendly", criteria.friendly)
    add_places(groups, criteria)
    add(groups, "languages", criteria.languages)
    add(groups, "currency", criteria.currencies or ((DEFAULT_CURRENCY,) if criteria.least else ()))
    add_flags(groups, remote=criteria.is_remote, women_only=criteria.is_women_only, verified=criteria.is_verified)
    add_within(groups, criteria.within, at=at)
    if criteria.least_minor is not None:
        groups["month_max"] = Range("month_max", criteria.least_minor, None)
    is_running = Range("deadline_at", int(at.timestamp()) // 60 * 60, None)
    sort = _SORTS.get(criteria.order, "")
    return asked(criteria, Query(filter=is_running, groups=groups, facets=FACETS, sort=sort))


async def newest_jobs(db: AnySession, *, at: datetime, limit: int = PAGE, viewer: UUID | None = None) -> list[JobRow]:
    """What was published last: one query."""
    return [_row(row) for row in await _NEWEST.rows(db, at=at, limit=limit, viewer=viewer)]


async def jobs_of(db: AnySession, ids: Sequence[UUID], *, at: datetime, viewer: UUID | None = None) -> list[JobRow]:
    """Those of these ids that are still open, in the order of the ids: one query."""
    if not ids:
        return []
    rows = {row["id"]: _row(row) for row in await _OF.rows(db, at=at, ids=ids, viewer=viewer)}
    return [rows[id] for id in ids if id in rows]


async def similar_jobs(
    db: AnySession, posting_id: UUID, *, at: datetime, limit: int = 6, viewer: UUID | None = None
) -> list[JobRow]:
    """Open ones that ask for skills of this one, those that share most first: one query."""
    found = like(_jobs(), posting_id, viewer).limit(limit)
    return [_row(row) for row in (await db.execute(found, {"at": at})).mappings()]


def _jobs() -> Any:
    terms = (Employment.level, Employment.type, Employment.months, Employment.openings, Employment.is_women_only)
    with_terms = open_postings(JOBS).join(Employment, Employment.posting_id == Posting.id)
    return with_terms.add_columns(Posting.kind, *terms, Employment.place.label("town_part"))


def _row(row: Any) -> JobRow:
    return JobRow(**said(row))


_NEWEST = Prepared(lambda: newest(_jobs()))
_OF = Prepared(lambda: among(_jobs()))
