"""From a change in PostgreSQL to the index: domains note it, the worker carries it over, nothing is lost between.

Domains register how their documents are loaded and call `changed` in the transaction of the change. The worker
reads what was noted, writes the index while no transaction is open, and forgets the rows in one after: a crash between
the two writes the same documents again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import delete, func, select, update

from marketplace.engines.search.events import DocumentsWritten
from marketplace.engines.search.models import SearchChange
from marketplace.engines.search.protocol import Document, SearchIndex
from marketplace.engines.search.sql import Listing
from marketplace.engines.search.writing import WriterBusy, is_writer, writing
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Database, Session
from marketplace.kernel.events import publish
from marketplace.kernel.queue import defer

TASK = "search.index"
_BATCH = 500
_RETRY, _LONGEST_RETRY = timedelta(seconds=1), timedelta(minutes=1)

Loader: TypeAlias = Callable[[AnySession, Sequence[UUID]], Awaitable[list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class _Source:
    load: Loader
    listing: Listing


_Change: TypeAlias = tuple[UUID, UUID]
"""The ids of a noted change and of its document."""


@dataclass(frozen=True, slots=True)
class _Written:
    """Documents that the index has now, and those that it refused by themselves, with the reason."""

    found: set[UUID] = field(default_factory=set[UUID])
    refused: Mapping[UUID, str] = field(default_factory=dict[UUID, str])


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


async def findable_ids(database: Database, index: str) -> set[UUID]:
    """The ids of all documents that the index should have now."""
    batches = _all_documents(database, _sources[index])
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


async def carry_over(database: Database, search: SearchIndex) -> int:
    """Bring the index up to date with all noted changes and return how many there were.

    An index that is missing or was built with other settings is built afresh first. Raises: WriterBusy.
    """
    count = 0
    async with writing(database) as writer:
        for name in search.names:
            if name in _sources and await search.needs_rebuild(name):
                await search.rebuild(name, _all_documents(database, _sources[name]))
        while noted := await _noted(database):
            for index, changes in noted.items():
                written = await _write(database, search, index=index, ids=sorted({id for _, id in changes}))
                async with database.write.begin() as db:
                    is_ours = await _record(db, index, changes, written, writer=writer)
                if not is_ours:
                    raise WriterBusy
                count += len(changes)
    return count


async def rebuild(database: Database, search: SearchIndex, index: str) -> int:
    """Build `index` afresh from PostgreSQL, swap it in, and return how many documents it holds. Raises: WriterBusy."""
    async with writing(database):
        count = await search.rebuild(index, _all_documents(database, _sources[index]))
        async with database.write.begin() as db:
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


async def _noted(database: Database) -> Mapping[str, Sequence[_Change]]:
    """The oldest changes that wait, by index."""
    noted = select(SearchChange.index, SearchChange.id, SearchChange.document_id)
    waiting = noted.where(SearchChange.is_refused.is_(False)).order_by(SearchChange.id).limit(_BATCH)
    by_index: dict[str, list[_Change]] = {}
    async with database.read(fresh=True) as db:
        for index, id, document_id in await db.execute(waiting):
            by_index.setdefault(index, []).append((id, document_id))
    return by_index


async def _write(database: Database, search: SearchIndex, *, index: str, ids: Sequence[UUID]) -> _Written:
    """Write these documents, by themselves where the index refuses them together.

    Raises: OSError when the engine itself fails: then nothing is said of any document.
    """
    async with database.read(fresh=True) as db:
        documents = await _sources[index].load(db, ids)
    found = {UUID(str(document["id"])) for document in documents}
    try:
        await search.write(index, upsert=documents, delete=[id for id in ids if id not in found])
    except (ValueError, AssertionError) as error:
        if len(ids) == 1:
            return _Written(refused={ids[0]: f"{type(error).__name__}: {error}"[:500]})
        half = len(ids) // 2
        first = await _write(database, search, index=index, ids=ids[:half])
        second = await _write(database, search, index=index, ids=ids[half:])
        return _Written(first.found | second.found, {**first.refused, **second.refused})
    return _Written(found)


async def _record(db: Session, index: str, changes: Sequence[_Change], written: _Written, *, writer: UUID) -> bool:
    """Forget what the index has now and keep what it refused, with the reason.

    False when another process took over meanwhile: ours may have come after what it wrote, so that these are noted
    once more, to be written as they are then.
    """
    if not await is_writer(db, writer):
        for document_id in sorted({document_id for _, document_id in changes}):
            await changed(db, index, document_id)
        return False
    of_these = SearchChange.index == index, SearchChange.document_id.in_([id for _, id in changes])
    await db.execute(delete(SearchChange).where(*of_these, SearchChange.is_refused))
    for document_id, reason in written.refused.items():
        its = SearchChange.index == index, SearchChange.document_id == document_id
        await db.execute(update(SearchChange).where(*its).values(is_refused=True, error=reason))
    done = SearchChange.id.in_([id for id, _ in changes]), SearchChange.is_refused.is_(False)
    await db.execute(delete(SearchChange).where(*done))
    if written.found:
        await publish(db, DocumentsWritten(index=index, ids=sorted(written.found)))
    return True


async def _all_documents(database: Database, source: _Source) -> AsyncIterator[Sequence[Document]]:
    """All documents, by pages of ids in their order; nothing is open while the engine has a page."""
    column = source.listing.ids.selected_columns[0]
    page = source.listing.ids.order_by(column).limit(_BATCH)
    last: UUID | None = None
    while True:
        async with database.read(fresh=True) as db:
            ids = (await db.scalars(page if last is None else page.where(column > last))).all()
            documents = await source.load(db, ids) if ids else []
        if not ids:
            return
        yield documents
        last = ids[-1]
