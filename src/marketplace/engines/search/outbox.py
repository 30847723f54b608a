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


async def findable_ids(db: AnySession, index: str) -> set[UUID]:
    """The ids of all documents that the index should have now."""
    batches = _all_documents(db, _sources[index])
    return {UUID(str(document["id"])) async for batch in batches for document in batch}


async def titles(db: AnySession, index: str, ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """The titles of those documents that may be found now, and under which key they were imported."""
    listing = _sources[index].listing
    (own,) = listing.ids.selected_columns
    columns: list[Any] = [own, listing.title, *([listing.source_ref] if listing.source_ref is not None else [])]
    wanted: Any = listing.ids.with_only_columns(*columns).where(own.in_(ids))
    names = ("title", "source_ref")
    return {row[0]: dict(zip(names, row[1:], strict=False)) for row in await db.execute(wanted)}


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
            refused_now = await _write(db, search, index=index, ids=sorted(ids))
            before = SearchChange.index == index, SearchChange.document_id.in_(ids), SearchChange.is_refused
            await db.execute(delete(SearchChange).where(*before))
            for id, reason in refused_now.items():
                await _refuse(db, index, id, reason)
        done = SearchChange.id.in_([id for id, _, _ in batch]) & SearchChange.is_refused.is_(False)
        await db.execute(delete(SearchChange).where(done))
        count += len(batch)
    return count


async def rebuild(db: Session, search: SearchIndex, index: str) -> int:
    """Build `index` afresh from PostgreSQL, swap it in, and return how many documents it holds.

    Raises: RuntimeError while another process writes an index.
    """
    if not await db.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK}):
        raise RuntimeError("another process is writing the search index: try again when it is done")
    count = await search.rebuild(index, _all_documents(db, _sources[index]))
    await db.execute(delete(SearchChange).where(SearchChange.index == index, SearchChange.is_refused))
    return count


async def try_again(db: Session, error: str) -> None:
    """Note why the waiting changes could not be carried over, and do it again, later each time."""
    waiting = update(SearchChange).where(SearchChange.is_refused.is_(False))
    noted = waiting.values(attempts=SearchChange.attempts + 1, error=error[:500])
    attempts = max((await db.scalars(noted.returning(SearchChange.attempts))).all(), default=1)
    await defer(db, TASK, at=clock.now() + min(_RETRY * 2**attempts, _LONGEST_RETRY))


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the index is behind: changes that wait, since when, the last failure, and those that it refused."""

    waiting: int
    seconds: float
    error: str
    refused: int


async def lag(db: AnySession) -> Lag:
    """How far the index is behind PostgreSQL now."""
    waits = SearchChange.is_refused.is_(False)
    counts = select(
        func.count().filter(waits),
        func.min(SearchChange.created_at).filter(waits),
        func.coalesce(func.max(SearchChange.error).filter(waits), ""),
        func.count().filter(~waits),
    )
    waiting, since, error, refused = (await db.execute(counts)).one()
    return Lag(waiting, (clock.now() - since).total_seconds() if since else 0.0, error, refused)


async def behind(db: AnySession) -> int:
    """How many changes the index has not seen yet."""
    return (await lag(db)).waiting


async def refused(db: AnySession) -> Sequence[SearchChange]:
    """The changes that the index did not take, with the reason, until a rebuild or a later change of the document."""
    return (await db.scalars(select(SearchChange).where(SearchChange.is_refused).order_by(SearchChange.id))).all()


async def _noted(db: Session) -> Sequence[Row[UUID, str, UUID]]:
    noted = select(SearchChange.id, SearchChange.index, SearchChange.document_id)
    waiting = noted.where(SearchChange.is_refused.is_(False))
    return (await db.execute(waiting.order_by(SearchChange.id).limit(_BATCH))).all()


async def _write(db: Session, search: SearchIndex, *, index: str, ids: list[UUID]) -> dict[UUID, str]:
    """Write these documents; those that the index refuses by themselves come back with the reason.

    Raises: OSError when the engine itself fails: then nothing is said of any document.
    """
    documents = await _sources[index].load(db, ids)
    found = {UUID(str(document["id"])) for document in documents}
    try:
        await search.write(index, upsert=documents, delete=[id for id in ids if id not in found])
    except (ValueError, AssertionError) as error:
        if len(ids) == 1:
            return {ids[0]: f"{type(error).__name__}: {error}"}
        half = len(ids) // 2
        first = await _write(db, search, index=index, ids=ids[:half])
        return first | await _write(db, search, index=index, ids=ids[half:])
    if found:
        await publish(db, DocumentsWritten(index=index, ids=sorted(found)))
    return {}


async def _refuse(db: Session, index: str, document_id: UUID, reason: str) -> None:
    its = (SearchChange.index == index) & (SearchChange.document_id == document_id)
    await db.execute(update(SearchChange).where(its).values(is_refused=True, error=reason[:500]))


async def _all_documents(db: AnySession, source: _Source) -> AsyncIterator[Sequence[Document]]:
    """All documents, by pages of ids in their order."""
    column = source.listing.ids.selected_columns[0]
    page = source.listing.ids.order_by(column).limit(_BATCH)
    ids = (await db.scalars(page)).all()
    while ids:
        yield await source.load(db, ids)
        ids = (await db.scalars(page.where(column > ids[-1]))).all()
