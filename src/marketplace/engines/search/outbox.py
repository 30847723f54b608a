"""From a change in PostgreSQL to the index: domains note it, the worker carries it over, nothing is lost between.

Domains register how their documents are loaded and call `changed` in the transaction of the change. The worker
writes the index first and forgets the rows after: a crash between the two writes the same documents again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text, update

from marketplace.engines.search.events import DocumentsWritten
from marketplace.engines.search.models import SearchChange
from marketplace.engines.search.protocol import Document, SearchIndex
from marketplace.engines.search.sql import Listing
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.events import publish
from marketplace.kernel.queue import defer

TASK = "search.index"
_BATCH = 500
_RETRY, _LONGEST_RETRY = timedelta(seconds=1), timedelta(minutes=1)
_WRITER_LOCK = 0x5EA4C4  # any number that nothing else locks

Loader: TypeAlias = Callable[[AnySession, Sequence[UUID]], Awaitable[list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class _Source:
    load: Loader
    listing: Listing


_sources: dict[str, _Source] = {}


def register(index: str, load: Loader, listing: Listing) -> None:
    """Say where the documents of `index` come from.

    `load(db, ids)` returns the documents of those ids that may be found (the others are taken out of the index);
    `listing` says the same in SQL: all ids for a rebuild, and the filterable fields for when the engine is down.
    """
    _sources[index] = _Source(load, listing)


def listing_of(index: str) -> Listing:
    """How PostgreSQL lists the documents of `index`."""
    return _sources[index].listing


async def documents(db: AnySession, index: str, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those ids that may be found now, as the index gets them."""
    return await _sources[index].load(db, ids)


async def changed(db: Session, index: str, document_id: UUID) -> None:
    """Note that a document was made, changed or went; the index has it within seconds of COMMIT."""
    db.add(SearchChange(index=index, document_id=document_id, created_at=clock.now()))
    await db.flush()
    transaction = db.get_transaction()
    if db.info.get(TASK) is not transaction:  # one task carries all changes of a transaction
        await defer(db, TASK)
        db.info[TASK] = transaction


async def carry_over(db: Session, search: SearchIndex) -> int:
    """Bring the index up to date with all noted changes and return how many there were.

    An index that is missing or was built with other settings is built afresh first.
    """
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
    for name in search.names:
        if name in _sources and await search.needs_rebuild(name):
            await search.rebuild(name, _all_documents(db, _sources[name]))
    count = 0
    while batch := await _noted(db):
        by_index: dict[str, set[UUID]] = {}
        for _, index, document_id in batch:
            by_index.setdefault(index, set()).add(document_id)
        for index, ids in by_index.items():
            await _write(db, search, index=index, ids=sorted(ids))
        await db.execute(delete(SearchChange).where(SearchChange.id.in_([id for id, _, _ in batch])))
        count += len(batch)
    return count


async def rebuild(db: Session, search: SearchIndex, index: str) -> int:
    """Build `index` afresh from PostgreSQL, swap it in, and return how many documents it holds.

    Raises: RuntimeError while another process writes an index.
    """
    if not await db.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK}):
        raise RuntimeError("another process is writing the search index: try again when it is done")
    return await search.rebuild(index, _all_documents(db, _sources[index]))


async def try_again(db: Session, error: str) -> None:
    """Note why the waiting changes could not be carried over, and do it again, later each time."""
    noted = update(SearchChange).values(attempts=SearchChange.attempts + 1, error=error[:500])
    attempts = max((await db.scalars(noted.returning(SearchChange.attempts))).all(), default=1)
    await defer(db, TASK, at=clock.now() + min(_RETRY * 2**attempts, _LONGEST_RETRY))


async def behind(db: AnySession) -> int:
    """How many changes the index has not seen yet."""
    return await db.scalar(select(func.count()).select_from(SearchChange)) or 0


async def _noted(db: Session) -> Sequence[Row[UUID, str, UUID]]:
    noted = select(SearchChange.id, SearchChange.index, SearchChange.document_id)
    return (await db.execute(noted.order_by(SearchChange.id).limit(_BATCH))).all()


async def _write(db: Session, search: SearchIndex, *, index: str, ids: list[UUID]) -> None:
    documents = await _sources[index].load(db, ids)
    found = {UUID(str(document["id"])) for document in documents}
    await search.write(index, upsert=documents, delete=[id for id in ids if id not in found])
    if found:
        await publish(db, DocumentsWritten(index=index, ids=sorted(found)))


async def _all_documents(db: AnySession, source: _Source) -> AsyncIterator[Sequence[Document]]:
    """All documents, by pages of ids in their order."""
    column = source.listing.ids.selected_columns[0]
    page = source.listing.ids.order_by(column).limit(_BATCH)
    ids = (await db.scalars(page)).all()
    while ids:
        yield await source.load(db, ids)
        ids = (await db.scalars(page.where(column > ids[-1]))).all()
