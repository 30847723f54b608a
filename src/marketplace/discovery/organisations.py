"""Organisations in a list: found by the index, shown from PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from marketplace.discovery.criteria import Criteria
from marketplace.discovery.queries import Found, add, asked, found_rows
from marketplace.engines.search.filters import Filter
from marketplace.engines.search.protocol import Query, SearchIndex
from marketplace.identity.employers.documents import has_page
from marketplace.identity.employers.queries import listed_marks
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel.database import AnySession
from marketplace.postings.models import Posting
from marketplace.trust.blocks import not_blocked

FACETS = ("kinds", "known")
_EXCERPT = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCriteria(Criteria):
    """Which organisations: what they do here, and what is known of them."""

    LISTS = {"kind": "kinds", "known": "known"}

    kinds: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRow:
    """An organisation in a list; `openings` is how many postings of it take answers now."""

    id: UUID
    slug: str
    name: str
    kinds: list[str]
    excerpt: str
    created_at: datetime
    openings: int
    marks: tuple[str, ...]


async def search_organisations(
    db: AnySession, index: SearchIndex, criteria: OrganisationCriteria, *, at: datetime, viewer: UUID | None
) -> Found[OrganisationRow]:
    """Organisations with a page, one query of PostgreSQL."""
    result = await index.search("organisations", organisation_query(criteria))
    rows = await organisations_of(db, [hit.id for hit in result.hits], at=at, viewer=viewer)
    return found_rows(criteria, result, rows)


def organisation_query(criteria: OrganisationCriteria) -> Query:
    """What the index is asked for these criteria."""
    groups: dict[str, Filter] = {}
    add(groups, "kinds", criteria.kinds)
    add(groups, "known", criteria.known)
    sort = "posted_at:desc" if criteria.order == "new" else ""
    return asked(criteria, Query(groups=groups, facets=FACETS, sort=sort))


async def organisations_of(
    db: AnySession, ids: Sequence[UUID], *, at: datetime, viewer: UUID | None
) -> list[OrganisationRow]:
    """Those of these ids that this viewer may find, in the order of the ids."""
    if not ids:
        return []
    rows = {row.id: _row(row) for row in await db.execute(_found(ids, viewer), {"at": at})}
    return [rows[id] for id in ids if id in rows]


def _found(ids: Sequence[UUID], viewer: UUID | None) -> Any:
    openings = (
        select(func.count())
        .where(Posting.organisation_id == Organisation.id, Posting.state == "open", Posting.closes_at > bindparam("at"))
        .scalar_subquery()
    )
    owner = select(Membership.user_id).where(
        Membership.organisation_id == Organisation.id,
        Membership.role == "owner",
        not_blocked(Membership.user_id, viewer),
    )
    return select(
        *(Organisation.id, Organisation.slug, Organisation.name, Organisation.kinds, Organisation.created_at),
        *(func.left(Organisation.about, _EXCERPT).label("excerpt"), openings.label("openings")),
        listed_marks(Organisation.id, bindparam("at")).label("marks"),
    ).where(Organisation.id.in_(ids), has_page(), owner.exists())


def _row(row: Any) -> OrganisationRow:
    same = ("id", "slug", "name", "kinds", "excerpt", "created_at", "openings")
    return OrganisationRow(**{name: getattr(row, name) for name in same}, marks=tuple(row.marks or ()))
