"""From a document that can be found now to one line in one mail of everybody who waits for it.

1. `matching` asks the index which of the saved searches find these documents (no transaction is open).
2. `note` writes one row for each subscriber and document; the key of the table lets only the first one in.
3. `tell` takes what was not told yet, looks again whether she may see it, and sends one notice and mail.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.discovery.models import SavedSearch, SearchAlert
from marketplace.discovery.saved_searches import is_due
from marketplace.discovery.surfaces import SURFACES, Entry
from marketplace.engines.notify.rendering import plain
from marketplace.engines.search.filters import And, In
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.database import AnySession, Session
from marketplace.messages.actions import notify

UNSUBSCRIBE = "saved_search:"
"""Before the id of a saved search in a signed unsubscribe link."""
_SAID = 10
"""Lines of one mail; the page has the others."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Saved searches that ask the same."""

    surface: str
    query: str
    search_ids: tuple[UUID, ...]


async def waiting(db: AnySession, surface: str) -> list[Waiting]:
    """All that wait for news of this list, those that ask the same together."""
    alerting = SavedSearch.rhythm != "off", SavedSearch.removed_at.is_(None), SavedSearch.surface == surface
    by_query: defaultdict[str, list[UUID]] = defaultdict(list)
    for id, query in (await db.execute(select(SavedSearch.id, SavedSearch.query).where(*alerting))).all():
        by_query[query].append(id)
    return [Waiting(surface, query, tuple(ids)) for query, ids in by_query.items()]


async def matching(search: SearchIndex, asked: Waiting, documents: Sequence[UUID], *, at: datetime) -> list[UUID]:
    """The documents of these that this saved search finds, with all of its words."""
    list_ = SURFACES[asked.surface]
    query = list_.query(list_.read(asked.query), at)
    only_these = And((query.filter, In("id", tuple(str(id) for id in documents))))
    query = replace(query, filter=only_these, facets=(), sort="", offset=0, limit=len(documents), matching="all")
    return [hit.id for hit in (await search.search(asked.surface, query)).hits]


async def note(db: Session, search_ids: Sequence[UUID], ids: Sequence[UUID], *, at: datetime) -> list[UUID]:
    """Write down what is new to whom and return the searches that are to be told of now."""
    searches = select(SavedSearch).where(SavedSearch.id.in_(search_ids)).order_by(SavedSearch.user_id, SavedSearch.id)
    due: list[UUID] = []
    for search in (await db.scalars(searches)).all():
        new = sorted(set(ids) - set(search.known))
        seen = await SURFACES[search.surface].entries(db, new, at, search.user_id)
        if seen and await _write(db, search, [entry.id for entry in seen], at=at) and search.rhythm == "instant":
            due.append(search.id)
    return due


async def tell(db: Session, search_id: UUID, *, at: datetime) -> int:
    """Tell of what was not told yet, when it is time, in one notice and mail; return of how much."""
    search = await db.get(SavedSearch, search_id, with_for_update=True)
    if search is None or not is_due(search, at=at):
        return 0
    untold = update(SearchAlert).where(SearchAlert.search_id == search_id, SearchAlert.told_at.is_(None))
    ids = (await db.scalars(untold.values(told_at=at).returning(SearchAlert.document_id))).all()
    entries = await SURFACES[search.surface].entries(db, sorted(ids, reverse=True), at, search.user_id)
    if not entries:
        return 0
    search.told_at = at
    await notify(
        db,
        search.user_id,
        "search_alert",
        {
            "search": search.name,
            "count": len(entries),
            "title": entries[0].title,
            "items": [_said(entry) for entry in entries[:_SAID]],
            "more": max(0, len(entries) - _SAID),
        },
        link=entries[0].path if len(entries) == 1 else _newest_first(search),
        at=at,
        unsubscribe=f"{UNSUBSCRIBE}{search.id}",
    )
    return len(entries)


async def with_news(db: AnySession) -> Sequence[UUID]:
    """The searches that have something to tell."""
    return (await db.scalars(select(SearchAlert.search_id).where(SearchAlert.told_at.is_(None)).distinct())).all()


async def _write(db: Session, search: SavedSearch, ids: Sequence[UUID], *, at: datetime) -> bool:
    """Whether any of them is new to her. What waits for a day or week is taken over by a search that tells at once."""
    rows = [{"user_id": search.user_id, "document_id": id, "search_id": search.id, "found_at": at} for id in ids]
    alert = insert(SearchAlert).values(rows)
    if search.rhythm == "instant":
        key, untold = ["user_id", "document_id"], SearchAlert.told_at.is_(None)
        alert = alert.on_conflict_do_update(index_elements=key, set_={"search_id": search.id}, where=untold)
    else:
        alert = alert.on_conflict_do_nothing()
    return bool((await db.scalars(alert.returning(SearchAlert.document_id))).all())


def _newest_first(search: SavedSearch) -> str:
    list_ = SURFACES[search.surface]
    return f"{list_.path}?{replace(list_.read(search.query), sort='new').to_query()}"


def _said(entry: Entry) -> dict[str, Any]:
    """One line of the mail, as JSON keeps it."""
    money = {name: amount for name, amount in (("low", entry.low), ("high", entry.high)) if amount is not None}
    said = {"title": entry.title, "by": entry.by, "path": entry.path, "unit": entry.unit, "low": None, "high": None}
    return cast("dict[str, Any]", said | plain(cast("dict[str, Any]", money)))
