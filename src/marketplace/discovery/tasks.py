"""What discovery does by itself: tells of news in saved searches, and forgets whom it must."""

from uuid import UUID

from marketplace.discovery import alerts, recommendations, saved_searches
from marketplace.discovery.surfaces import SURFACES
from marketplace.engines.search.events import DocumentsWritten
from marketplace.engines.search.protocol import SearchIndex
from marketplace.identity.events import AccountClosing
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import Services, defer, hand_over, task

_MATCH, _NOTE, _TELL = "discovery.match", "discovery.note", "discovery.tell"
_RECOMMEND = "discovery.recommend_to"
_PAGE = 500


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


@task("discovery.recommend")
async def recommend(db: Session, *, after: UUID | None = None) -> None:
    """Each week: a task for every listed freelancer, a page of them at a time."""
    users = await recommendations.looking(db, after, limit=_PAGE)
    for user_id in users:
        await defer(db, _RECOMMEND, user_id=user_id)
    if len(users) == _PAGE:
        await defer(db, "discovery.recommend", after=users[-1])


@task(_RECOMMEND, transaction=False)
async def recommend_to(services: Services, *, user_id: UUID) -> None:
    """Mail her the gigs that fit, when there are new ones. The index is asked while no transaction is open."""
    now = clock.now()
    async with services[Database].read(fresh=True) as db:
        found = await recommendations.find(db, services[SearchIndex], user_id, at=now)
    if found is not None:
        async with services[Database].write.begin() as db:
            await recommendations.tell(db, found, at=now)


@within(AccountClosing)
async def forget(db: Session, event: AccountClosing) -> None:
    """Nobody is told any more."""
    await saved_searches.forget(db, event.user_id)
    await recommendations.forget(db, event.user_id)
