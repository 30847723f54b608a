"""What every search engine of ours does: the port between the domains and tantivy or Meilisearch."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

from marketplace.engines.search.filters import EVERYTHING, Filter

Document: TypeAlias = Mapping[str, Any]
PAGE = 20


@dataclass(frozen=True, slots=True)
class Query:
    """What to find in one index.

    `groups` are the filters in force by the field they narrow: a facet named there is counted as if its own group were
    not in force (so its other values stay choosable). `sort` is "field:asc" or "field:desc"; without it, by relevance.
    `matching`: "last" leaves words out from the right while fewer than a page are found, "all" never does.
    `is_exact` looks for the words as they were typed only: nothing instead of a word that nothing has.
    """

    words: str = ""
    filter: Filter = EVERYTHING
    groups: Mapping[str, Filter] = field(default_factory=dict[str, Filter])
    facets: tuple[str, ...] = ()
    sort: str = ""
    offset: int = 0
    limit: int = PAGE
    matching: Literal["last", "all"] = "last"
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found; the score only orders hits of the same answer."""

    id: UUID
    score: float


@dataclass(frozen=True, slots=True)
class Result:
    """Hits of one page, best first; `total` counts all matches (pages reach the first 1,000).

    `facets` holds counts by facet and value, most frequent first; `used` are the folded words that hits had to
    match, `dropped` those left out because too little was found with them. `instead` says what else was looked for in
    place of a word that nothing has (Roman Urdu by its sound). `is_listing` when the engine is down and PostgreSQL
    listed instead: no ranking, no typos. `read` is how the words were read, for `explain` later; empty without words.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    used: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    is_listing: bool = False
    read: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground of a score: how a word (or a pair of neighbours, or all words) was found, where, and what it gives.

    `how` is a code, `field` the attribute's name; `most` is what the best way would give.
    """

    how: str
    word: str = ""
    found: str = ""
    field: str = ""
    points: float = 0.0
    most: float = 0.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document has its score. Where `is_summed`, the score is the sum of the points of its grounds."""

    score: float
    grounds: tuple[Ground, ...]
    is_summed: bool = True


class SearchIndex(Protocol):
    """All indexes of one engine, by name. Only the worker (and commands) write; every process searches."""

    async def search(self, index: str, query: Query) -> Result:
        """Find documents. An index that was never built answers with nothing.

        Raises: ValueError for a field that the settings of the index do not allow there.
        """
        ...

    async def explain(self, index: str, read: Mapping[str, Any], document: Document) -> Explanation | None:
        """The score of one document for words as they were read (`Result.read`), with its grounds.

        None when it was not this engine that read them.
        """
        ...

    async def write(self, index: str, *, upsert: Sequence[Document] = (), delete: Sequence[UUID] = ()) -> None:
        """Replace and delete documents in one commit; when it returns, every process finds them."""
        ...

    async def rebuild(self, index: str, batches: AsyncIterator[Sequence[Document]]) -> int:
        """Fill a fresh index from `batches`, put it in place of the present one at once, return how many it holds."""
        ...

    async def needs_rebuild(self, index: str) -> bool:
        """True when the index is missing or was built with other settings, synonyms or folding."""
        ...

    async def count(self, index: str) -> int:
        """How many documents the index holds."""
        ...

    async def ids(self, index: str) -> set[UUID]:
        """The ids of all documents of the index."""
        ...

    async def greet(self) -> str:
        """Which engine this is, in a few words, when it can be worked with.

        Raises: SearchUnavailable saying in one line what is wrong and what to do.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The indexes that have a settings file."""
        ...
