"""What discovery does by itself: tells of news in saved searches, and forgets whom it must."""

from uuid import UUID

from marketplace.discovery import alerts, saved_searches
from marketplace.discovery.surfaces import SURFACES
from marketplace.engines.search.events import DocumentsWritten
from marketplace.engines.search.protocol import SearchIndex
from marketplace.identity.events import AccountClosing
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import Services, defer, hand_over, task

_MATCH, _NOTE, _TELL = "discovery.match", "discovery.note", "discovery.tell"


@within(DocumentsWritten)
async def look_who_waits(db: Session, event: DocumentsWritten) -> None:
    """The index has something new: saved searches may wait for it."""
    if event.index in SURFACES:
        await defer(db, _MATCH, index=event.index, ids=event.ids)


@task(_MATCH, transaction=False)
async def match(services: Services, *, index: str, ids: list[UUID]) -> None:
    """Ask the index who waits for these documents. It may be a network away, so no transaction is open."""
    async with services[Database].read(fresh=True) as db:
        asked = await alerts.waiting(db, index)
    for each in asked:
        if found := await alerts.matching(services[SearchIndex], each, ids, at=clock.now()):
            await hand_over(services, _NOTE, search_ids=each.search_ids, ids=found)


@task(_NOTE)
async def note(db: Session, *, search_ids: list[UUID], ids: list[UUID]) -> None:
    """Write down who is to be told of what."""
    for search_id in await alerts.note(db, search_ids, ids, at=clock.now()):
        await defer(db, _TELL, search_id=search_id)


@task(_TELL)
async def tell(db: Session, *, search_id: UUID) -> None:
    """One notice and mail of what is new."""
    await alerts.tell(db, search_id, at=clock.now())


@task("discovery.digest")
async def digest(db: Session) -> None:
    """Each morning: tell of what waits for its day or week, and of what an earlier task left."""
    for search_id in await alerts.with_news(db):
        await defer(db, _TELL, search_id=search_id)
    await saved_searches.forget_removed(db, at=clock.now())


@within(AccountClosing)
async def forget(db: Session, event: AccountClosing) -> None:
    """Nobody is told any more."""
    await saved_searches.forget(db, event.user_id)
