"""The embedded engine: tantivy in this process, its files in the data folder, ranking as in ranking.py.

Against Meilisearch it lacks: the rule that a typo in the first letter counts twice, the position of a word inside an
attribute as a rule, and other machines (one host). Sorting by a number comes before relevance.
Answers are kept until the next commit: what an index finds depends on nothing else.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import anyio
import anyio.to_thread
import tantivy
from tantivy import Occur

from marketplace.engines.search.compiling import Compiler, keyword
from marketplace.engines.search.documents import expect_known, keywords
from marketplace.engines.search.explaining import explain
from marketplace.engines.search.filters import And
from marketplace.engines.search.folding import searchable
from marketplace.engines.search.generations import Generations
from marketplace.engines.search.protocol import Document, Explanation, Hit, Query, Result
from marketplace.engines.search.ranking import Ranker, matching
from marketplace.engines.search.reading import Reading, fewer, only_stop_words, wording
from marketplace.engines.search.settings import IndexSettings, check, load_settings

T = TypeVar("T")
_HEAP_BYTES = 30_000_000
_SEARCHES_AT_ONCE = 4
_ANSWERS_KEPT = 256
_COUNTERS = ThreadPoolExecutor(_SEARCHES_AT_ONCE, "facets")
"""tantivy lets go of the interpreter while it works: what counts facets need not wait for what looks for hits."""


class EmbeddedSearch:
    """A SearchIndex over tantivy. `data` is where indexes are kept, `folder` the search/ folder with the settings."""

    def __init__(self, data: Path, folder: Path) -> None:
        self._settings = load_settings(folder)
        self._generations = {name: Generations(data / name) for name in self._settings}
        self._answers: dict[tuple[str, tuple[str, int, int] | None, str], Result] = {}
        self._limiter = anyio.CapacityLimiter(_SEARCHES_AT_ONCE)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._settings)

    async def search(self, index: str, query: Query) -> Result:
        version = self._generations[index].version()
        asked = (index, version, repr(query))
        if version is None or (answer := self._answers.get(asked)) is None:
            answer = await self._thread(partial(self._search, index, query))
            if len(self._answers) >= _ANSWERS_KEPT:
                self._answers.clear()
            self._answers[asked] = answer
        return answer

    async def explain(self, index: str, read: Mapping[str, Any], document: Document) -> Explanation | None:
        reading = Reading.of(read)
        return explain(self._settings[index], reading, document) if reading else None

    async def write(self, index: str, *, upsert: Sequence[Document] = (), delete: Sequence[UUID] = ()) -> None:
        await self._thread(partial(self._write, index, upsert, delete))

    async def rebuild(self, index: str, batches: AsyncIterator[Sequence[Document]]) -> int:
        settings, generations = self._settings[index], self._generations[index]
        folder = await self._thread(partial(generations.begin, settings.fingerprint))
        fresh = tantivy.Index(_schema(settings), path=str(folder))
        writer = fresh.writer(_HEAP_BYTES, 1)
        count = 0
        async for batch in batches:
            await self._thread(partial(_prepare_and_add, writer, fresh.schema, settings, batch))
            count += len(batch)
        await self._thread(partial(_finish, writer))
        await self._thread(partial(generations.swap, folder))
        return count

    async def needs_rebuild(self, index: str) -> bool:
        return self._generations[index].fingerprint() != self._settings[index].fingerprint

    async def count(self, index: str) -> int:
        found = self._generations[index].searcher()
        return found[0].num_docs if found else 0

    async def ids(self, index: str) -> set[UUID]:
        found = self._generations[index].searcher()
        return await self._thread(partial(_ids, found[0])) if found else set()

    async def greet(self) -> str:
        return "embedded"

    async def close(self) -> None:
        """Nothing stays open."""

    async def _thread(self, call: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(call, limiter=self._limiter)

    def _write(self, name: str, upsert: Sequence[Document], delete: Sequence[UUID]) -> None:
        settings, generations = self._settings[name], self._generations[name]
        # Before there is a writer: a document that can't be written must not leave its lock behind.
        prepared = [_fields(settings, document) for document in upsert]
        folder = generations.current()
        if folder is None:
            folder = generations.begin(settings.fingerprint)
            tantivy.Index(_schema(settings), path=str(folder))
            generations.swap(folder)
        index = tantivy.Index.open(str(folder))
        writer = index.writer(_HEAP_BYTES, 1)
        for id in delete:
            writer.delete_documents_by_term("id", str(id))
        for fields in prepared:
            writer.delete_documents_by_term("id", fields["id"])
        _add(writer, index.schema, prepared)
        _finish(writer)

    def _search(self, name: str, query: Query) -> Result:
        settings = self._settings[name]
        found = self._generations[name].searcher()
        check(query, settings)
        if found is None:
            return Result()
        return Search(settings, *found, Compiler(settings, found[1]), query).result()


class Search:
    """One search over one commit of one index."""

    def __init__(
        self,
        settings: IndexSettings,
        searcher: tantivy.Searcher,
        schema: tantivy.Schema,
        compiler: Compiler,
        query: Query,
    ) -> None:
        self.settings, self.searcher, self.compiler, self.asked = settings, searcher, compiler, query
        self.ranker = Ranker(settings, schema, searcher)
        self.wording = wording(query.words, settings)
        self.without = [(Occur.MustNot, self.ranker.anywhere(phrase)) for phrase in self.wording.without]
        self.reading = self._read()
        self.ways = self.ranker.ways(self.reading)

    def result(self) -> Result:
        """Relax the words while fewer than a page are found, then count, sort and page."""
        if self.asked.words.strip() and not self.wording:
            return Result()
        asked = self._query()
        counting = _COUNTERS.submit(self._counts, self._counted())  # while the hits are looked for
        query, found = self._relaxed(asked)
        hits = tuple(self._hits(query, found))
        words, needed = self.reading.words, self.reading.needed
        return Result(
            hits=hits,
            total=found.count,
            facets=counting.result() if query is asked else self._counts(self._counted()),
            used=(*(words[at] for at in sorted(needed)), *(f'"{" ".join(each)}"' for each in self.reading.phrases)),
            dropped=tuple(word for at, word in enumerate(words) if at not in needed),
            instead={word: tuple(likes) for word, likes in self.reading.instead.items()},
            read={} if self.asked.sort else self.reading.kept(),
        )

    def _read(self) -> Reading:
        """What the index knows of the words. Where they say nothing and nothing has them, all is shown."""
        reading = self.ranker.read(self.wording.words, self.wording.phrases)
        says_nothing = only_stop_words(self.wording.words, self.settings) and not self._count(reading)
        return Reading(()) if says_nothing else reading

    def _instead(self) -> dict[str, tuple[str, ...]]:
        """For each word that nothing has in any way and we do not know: what sounds like it and is in the index.

        Asked only where all words together find nothing: else each of them has something.
        """
        found: dict[str, tuple[str, ...]] = {}
        for word in self.reading.words:
            if word in self.reading.known or word in self.settings.vocabulary:
                continue
            likes = self.settings.sounds.like(word)
            alone = self.ranker.read([word])
            if likes and not self._count(alone):
                known = tuple(like for like in likes if self._count(replace(alone, instead={word: (like,)})))
                found |= {word: known} if known else {}
        return found

    def _relaxed(self, query: tantivy.Query) -> tuple[tantivy.Query, Any]:
        found = self._found(query)
        if not found.count and not self.asked.is_exact and (instead := self._instead()):
            self.reading = replace(self.reading, instead=instead)
            self.ways = self.ranker.ways(self.reading)
            query = self._query()
            found = self._found(query)
        if self.asked.matching == "last" and found.count < self.asked.limit:
            best = self._fewer_words(found.count)
            if best is not self.reading:
                self.reading = best
                query = self._query()
                found = self._found(query)
        return query, found

    def _fewer_words(self, most: int) -> Reading:
        """The reading that needs so few of the words that a page is found, or most; the present one if none finds more
        than `most`.
        """
        best = self.reading
        for needed in fewer(best.words, best.known, self.settings, beside=bool(best.phrases)):
            wider = replace(self.reading, needed=needed)
            if (count := self._counted_hits(self._narrowed(matching(wider, self.ways)))) > most:
                best, most = wider, count
            if most >= self.asked.limit or (most and len(needed) <= 1):
                break
        return best

    def _found(self, query: tantivy.Query) -> Any:
        """The count and, where relevance decides, all hits that pages reach: equal ones are yet to be sorted."""
        is_ranked = bool(self.reading) and not self.asked.sort
        return self.searcher.search(query, limit=self.settings.max_hits if is_ranked else 1)

    def _query(self) -> tantivy.Query:
        return self._narrowed(self.ranker.ranked(self.reading, self.ways))

    def _narrowed(self, words: tantivy.Query, *, without: str = "") -> tantivy.Query:
        """What the words find, as far as the filters and a minus let it through; without words all of that."""
        groups = (part for field, part in self.asked.groups.items() if field != without)
        filters = tantivy.Query.const_score_query(self.compiler.filter(And((self.asked.filter, *groups))), 0.0)
        found = [(Occur.Must, words)] if self.reading else []
        if not found and not self.without:
            return filters
        return tantivy.Query.boolean_query([*found, (Occur.Must, filters), *self.without])

    def _count(self, reading: Reading) -> int:
        return self._counted_hits(matching(reading, self.ranker.ways(reading)))

    def _counted_hits(self, query: tantivy.Query) -> int:
        return cast(Any, self.searcher.search(query, limit=1)).count

    def _hits(self, query: tantivy.Query, ranked: Any) -> list[Hit]:
        """The page: sorted by the number asked for, else by score; equals newest first, then by id."""
        begin, most = self.asked.offset, self.settings.max_hits
        end = min(begin + self.asked.limit, most)
        if begin >= end:
            return []
        field, _, order = self.asked.sort.partition(":")
        if field:
            direction = tantivy.Order.Asc if order == "asc" else tantivy.Order.Desc
            found = self.searcher.search(query, limit=end, count=False, order_by_field=field, order=direction).hits
            page = found[begin:end]
        elif self.reading:
            page = self._newest_among_equals(ranked.hits)[begin:end]
        else:
            by_newest = self.settings.newest_first
            page = self.searcher.search(query, limit=end, count=False, order_by_field=by_newest).hits[begin:end]
        return [Hit(UUID(self.searcher.doc(address)["id"][0]), float(score or 0)) for score, address in page]

    def _newest_among_equals(self, found: list[tuple[float, Any]]) -> list[tuple[float, Any]]:
        newest = self.searcher.fast_field_values(self.settings.newest_first, [address for _, address in found])
        in_order = sorted(zip(found, newest, strict=True), key=lambda pair: (-pair[0][0], -(pair[1] or 0)))
        return [hit for hit, _ in in_order]

    def _counted(self) -> list[tuple[tantivy.Query, list[str]]]:
        """Which query counts which facets: one with a group in force is counted without that group."""
        words = matching(self.reading, self.ways)
        own = [facet for facet in self.asked.facets if facet in self.asked.groups]
        rest = [facet for facet in self.asked.facets if facet not in own]
        apart = [(self._narrowed(words, without=facet), [facet]) for facet in own]
        return [(self._narrowed(words), rest), *apart] if rest else apart

    def _counts(self, counted: list[tuple[tantivy.Query, list[str]]]) -> dict[str, dict[str, int]]:
        """Counts of each facet. Runs beside the search, so that it may look at nothing that a search changes."""
        counts: dict[str, dict[str, int]] = {}
        for query, facets in counted:
            wanted = {each: {"terms": {"field": each, "size": self.settings.facet_values}} for each in facets}
            answer: dict[str, Any] = cast(Any, self.searcher).aggregate(query, wanted)
            counts |= {each: {row["key"]: row["doc_count"] for row in answer[each]["buckets"]} for each in facets}
        return {facet: counts[facet] for facet in self.asked.facets}


def _schema(settings: IndexSettings) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for field in settings.searchable:
        builder.add_text_field(field, tokenizer_name="whitespace")
    for field in sorted(settings.keywords - {"id"}):
        builder.add_text_field(field, fast=True, tokenizer_name="raw", index_option="basic")
    for field in sorted(settings.numbers):
        builder.add_integer_field(field, indexed=True, fast=True)
    return builder.build()


def _prepare_and_add(
    writer: tantivy.IndexWriter, schema: tantivy.Schema, settings: IndexSettings, documents: Sequence[Document]
) -> None:
    _add(writer, schema, [_fields(settings, document) for document in documents])


def _add(writer: tantivy.IndexWriter, schema: tantivy.Schema, prepared: Sequence[dict[str, Any]]) -> None:
    for fields in prepared:
        writer.add_document(cast(Any, tantivy.Document).from_dict(fields, schema))


def _fields(settings: IndexSettings, document: Document) -> dict[str, Any]:
    """What tantivy gets for a document: folded texts, keywords as text, whole numbers; what is None is left out."""
    expect_known(settings, document)
    fields: dict[str, Any] = {"id": str(document["id"])}
    for field in settings.searchable:
        fields[field] = searchable(document.get(field.removesuffix("_s")))
    for field in settings.keywords - {"id"}:
        fields[field] = [keyword(each) for each in keywords(document.get(field))]
    for field in settings.numbers:
        if (number := document.get(field)) is not None:
            fields[field] = int(number)
    return fields


def _ids(searcher: tantivy.Searcher) -> set[UUID]:
    everything = searcher.search(tantivy.Query.all_query(), limit=max(1, searcher.num_docs), count=False)
    return {UUID(searcher.doc(address)["id"][0]) for _, address in everything.hits}


def _finish(writer: tantivy.IndexWriter) -> None:
    writer.commit()
    writer.wait_merging_threads()
