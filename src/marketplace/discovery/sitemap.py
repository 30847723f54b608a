"""What search engines may know: the addresses of what everybody may read now, in pages of 5,000."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from marketplace.discovery.listing import is_listed_person, is_open
from marketplace.fairs.models import Fair
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.postings.models import Posting, PostingKind
from marketplace.postings.rules import GIGS, JOBS
from marketplace.talent.models import Freelancer

SIZE = 5_000
"""Addresses of one page; the protocol allows 50,000 (sitemaps.org)."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address and when what it shows was last changed."""

    path: str
    changed_at: datetime


async def starts(db: AnySession, *, at: datetime, size: int = SIZE) -> list[tuple[str, UUID]]:
    """(kind, first id) of every page, one query for each kind of thing."""
    found: list[tuple[str, UUID]] = []
    for kind, source in _SOURCES.items():
        rows = source().subquery()
        numbered = select(rows.c.id, func.row_number().over(order_by=rows.c.id).label("number")).subquery()
        first = select(numbered.c.id).where((numbered.c.number - 1) % bindparam("size") == 0).order_by(numbered.c.id)
        found += [(kind, id) for id in (await db.execute(first, {"at": at, "size": size})).scalars()]
    return found


async def places(db: AnySession, kind: str, first: UUID, *, at: datetime, size: int = SIZE) -> list[Place]:
    """One page, from that id on. Raises: NotFound for a kind that there is not."""
    if kind not in _SOURCES:
        raise NotFound
    rows = _SOURCES[kind]().subquery()
    page = select(rows).where(rows.c.id >= first).order_by(rows.c.id).limit(size)
    found = (await db.execute(page, {"at": at})).all()
    return [Place(f"/{kind}/{row.name}", row.changed_at) for row in found]


def _postings(kinds: tuple[PostingKind, ...]) -> Callable[[], Any]:
    columns = Posting.id, Posting.slug.label("name"), Posting.updated_at.label("changed_at")
    return lambda: select(*columns).where(*is_open(kinds))


def _people() -> Any:
    columns = Freelancer.id, Freelancer.handle.label("name"), Freelancer.updated_at.label("changed_at")
    return select(*columns).join(User, User.id == Freelancer.user_id).where(*is_listed_person())


def _organisations() -> Any:
    """Those that published something; never a private person."""
    published = select(Posting.organisation_id).where(Posting.published_at.is_not(None), Posting.state != "removed")
    columns = Organisation.id, Organisation.slug.label("name"), Organisation.created_at.label("changed_at")
    return select(*columns).where(Organisation.is_personal.is_(False), Organisation.id.in_(published))


def _fairs() -> Any:
    """All that everybody may see, past ones too."""
    columns = Fair.id, Fair.slug.label("name"), Fair.updated_at.label("changed_at")
    return select(*columns).where(Fair.state.not_in(("draft", "cancelled")))


_SOURCES: Mapping[str, Callable[[], Any]] = {
    "gigs": _postings(GIGS),
    "jobs": _postings(JOBS),
    "people": _people,
    "organisations": _organisations,
    "fairs": _fairs,
}
"""By the first word of their addresses."""
