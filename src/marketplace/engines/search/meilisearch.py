"""Meilisearch as a SearchIndex, where MEILI_URL names one; PostgreSQL lists while it does not answer.

Both engines get the same folded words, the same settings file and the same filters. Two indexes of Meilisearch make
one of ours: `gigs` is searched; a rebuild fills `gigs-next` and swaps the two, so there is no empty moment.
Requests go through the SDK's client with our own bodies: its models would drop settings that they do not know, and its
wait never returns when a task is canceled.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from marketplace.engines.search.documents import flat
from marketplace.engines.search.meili_client import Meili, MeiliRefused, SearchUnavailable
from marketplace.engines.search.meili_explain import BY, explained
from marketplace.engines.search.meili_query import Asked
from marketplace.engines.search.protocol import Document, Explanation, Query, Result
from marketplace.engines.search.settings import IndexSettings, check
from marketplace.engines.search.sql import Listing, listed
from marketplace.kernel.database import Database

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 5.0


class MeiliSearch:
    """A SearchIndex over one Meilisearch. `listings` says how PostgreSQL lists an index while Meilisearch is down.

    `prefix` is put before the names of its indexes, so that tests and benchmarks leave others alone.
    """

    def __init__(
        self,
        meili: Meili,
        settings: dict[str, IndexSettings],
        database: Database,
        listings: Callable[[str], Listing],
        *,
        prefix: str = "",
    ) -> None:
        self.meili, self._settings, self._database, self._listings = meili, settings, database, listings
        self._prefix, self._down_until = prefix, 0.0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._settings)

    async def search(self, index: str, query: Query) -> Result:
        check(query, self._settings[index])
        if asyncio.get_running_loop().time() >= self._down_until:
            try:
                return await Asked(self.meili, self._uid(index), self._settings[index], query).result()
            except SearchUnavailable as error:
                # Others need not wait for it too: look again in some seconds.
                self._down_until = asyncio.get_running_loop().time() + _PAUSE_SECONDS
                _log.warning("Meilisearch does not answer, PostgreSQL lists: %s", error)
        return await self._listed(index, query)

    async def explain(self, index: str, read: Mapping[str, Any], document: Document) -> Explanation | None:
        """Asks Meilisearch once more, for this one document."""
        if read.get("by") != BY:
            return None
        return await explained(self.meili, self._uid(index), read, document["id"])

    async def write(self, index: str, *, upsert: Sequence[Document] = (), delete: Sequence[UUID] = ()) -> None:
        uid = self._uid(index)
        if not await self._exists(uid):
            await self._create(uid, self._settings[index])
        tasks = [await self._add(uid, index, upsert)] if upsert else []
        if delete:
            ids = [str(id) for id in delete]
            tasks.append(await self.meili.task("POST", f"/indexes/{uid}/documents/delete-batch", ids))
        for task in tasks:
            await self.meili.done(task)

    async def rebuild(self, index: str, batches: AsyncIterator[Sequence[Document]]) -> int:
        uid = self._uid(index)
        fresh = f"{uid}-next"
        if await self._exists(fresh):
            await self._drop(fresh)
        await self._create(fresh, self._settings[index])
        count = 0
        tasks: list[int] = []
        async for batch in batches:
            tasks.append(await self._add(fresh, index, batch))
            count += len(batch)
        for task in tasks:
            await self.meili.done(task)
        if await self._exists(uid):
            await self._swap({"indexes": [uid, fresh]})
            await self._drop(fresh)
        else:
            await self._swap({"indexes": [fresh, uid], "rename": True})
        return count

    async def needs_rebuild(self, index: str) -> bool:
        """True when the index is missing, or what Meilisearch has of its settings is not what our file says."""
        uid = self._uid(index)
        if not await self._exists(uid):
            return True
        own = cast("dict[str, Any]", await self.meili.get(f"/indexes/{uid}/settings"))
        return any(not _same(own.get(key), value) for key, value in settings_body(self._settings[index]).items())

    async def count(self, index: str) -> int:
        uid = self._uid(index)
        if not await self._exists(uid):
            return 0
        return (await self.meili.get(f"/indexes/{uid}/stats"))["numberOfDocuments"]

    async def ids(self, index: str) -> set[UUID]:
        """The ids of all documents."""
        found: set[UUID] = set()
        uid = self._uid(index)
        if not await self._exists(uid):
            return found
        while True:
            body = {"fields": ["id"], "limit": 1_000, "offset": len(found)}
            page = await self.meili.send("POST", f"/indexes/{uid}/documents/fetch", body)
            found |= {UUID(each["id"]) for each in page["results"]}
            if not page["results"]:
                return found

    async def forget(self) -> None:
        """Delete all indexes with our prefix: after a test or a benchmark."""
        for index in self._settings:
            if await self._exists(uid := self._uid(index)):
                await self._drop(uid)

    async def greet(self) -> str:
        return f"Meilisearch {await self.meili.greet()} at {self.meili.url}"

    async def close(self) -> None:
        await self.meili.close()

    async def _listed(self, index: str, query: Query) -> Result:
        async with self._database.read() as db:
            return await listed(db, self._listings(index), query)

    def _uid(self, index: str) -> str:
        return f"{self._prefix}{index}"

    async def _swap(self, body: dict[str, Any]) -> None:
        await self.meili.done(await self.meili.task("POST", "/swap-indexes", [body]))

    async def _drop(self, uid: str) -> None:
        await self.meili.done(await self.meili.task("DELETE", f"/indexes/{uid}"), missing_is_fine=True)

    async def _exists(self, uid: str) -> bool:
        try:
            await self.meili.get(f"/indexes/{uid}")
        except MeiliRefused as refused:
            if refused.code == "index_not_found":
                return False
            raise
        return True

    async def _create(self, uid: str, settings: IndexSettings) -> None:
        """Settings before documents: none is indexed twice."""
        await self.meili.done(await self.meili.task("POST", "/indexes", {"uid": uid, "primaryKey": "id"}))
        await self.meili.done(await self.meili.task("PATCH", f"/indexes/{uid}/settings", settings_body(settings)))

    async def _add(self, uid: str, index: str, documents: Sequence[Document]) -> int:
        settings = self._settings[index]
        return await self.meili.task("POST", f"/indexes/{uid}/documents", [flat(settings, each) for each in documents])


def settings_body(settings: IndexSettings) -> dict[str, Any]:
    """What Meilisearch gets as settings: the file, its stop words folded as documents are, and the synonyms.

    Words that are not folded it would give back in a spelling of its own, and the index would be built anew for ever. A
    synonym that is nothing but stop words would stand for every document.
    """
    said = {
        " ".join(phrase): [" ".join(each) for each in others if not settings.stop_words.issuperset(each)]
        for phrase, others in settings.synonyms.items()
        if not settings.stop_words.issuperset(phrase)
    }
    synonyms = {phrase: others for phrase, others in said.items() if others}
    return {**settings.body, "stopWords": sorted(settings.stop_words), "synonyms": synonyms}


def _same(theirs: Any, ours: Any) -> bool:
    """Whether Meilisearch has what we said; it gives lists that are sets in its own order, and adds its defaults."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        own, has = cast("dict[str, Any]", ours), cast("dict[str, Any]", theirs)
        return all(_same(has.get(key), value) for key, value in own.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        own_list, has_list = cast("list[Any]", ours), cast("list[Any]", theirs)
        return sorted(map(repr, own_list)) == sorted(map(repr, has_list)) or (
            len(own_list) == len(has_list) and all(map(_same, has_list, own_list))
        )
    return theirs == ours
