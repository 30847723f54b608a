"""Whether an index holds exactly the documents that PostgreSQL says may be found."""

from dataclasses import dataclass
from uuid import UUID

from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.database import Database


@dataclass(frozen=True, slots=True)
class Drift:
    """Ids that the index lacks, and ids that it should not have; `count` is how many it has. False when none."""

    count: int
    missing: tuple[UUID, ...]
    extra: tuple[UUID, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


async def drift(database: Database, search: SearchIndex, index: str) -> Drift:
    """Compare all ids of `index` with PostgreSQL's."""
    has, should = await search.ids(index), await outbox.findable_ids(database, index)
    return Drift(len(has), tuple(sorted(should - has)), tuple(sorted(has - should)))
