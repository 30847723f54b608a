"""What was shown to whom at which rank, written beside the requests: a crash may lose the last second of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, null, select

from marketplace.discovery.models import Impression
from marketplace.kernel.database import AnySession, Session

_MOST = 20_000
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Shown:
    """One list that somebody saw; `first_rank` is the rank of the first document, counted from 1."""

    at: datetime
    user_id: UUID | None
    surface: str
    query: str
    documents: tuple[UUID, ...]
    first_rank: int = 1
    scores: tuple[dict[str, Any], ...] = ()
    """One for each document: of recommendations as `matches.stored` makes it, of lists found by words as `by_words`."""


class Impressions:
    """The buffer of one process. When nobody empties it, what is too much is dropped, never a request."""

    def __init__(self) -> None:
        self._shown: list[Shown] = []

    def note(self, shown: Shown) -> None:
        """Remember a list that is being sent."""
        if shown.documents and len(self._shown) < _MOST:
            self._shown.append(shown)

    def take(self) -> list[Shown]:
        """All that was noted since the last time."""
        taken, self._shown = self._shown, []
        return taken


def by_words(
    documents: Sequence[UUID], scores: Mapping[UUID, float], read: Mapping[str, Any]
) -> tuple[dict[str, Any], ...]:
    """What is kept of a list found by words, so that an owner can be told why there: its score, how they were read."""
    return tuple({"words": scores.get(id, 0.0), "read": dict(read)} for id in documents) if read else ()


async def record(db: Session, shown: Sequence[Shown]) -> int:
    """Write what was shown and return how many documents that were."""
    rows = [
        {
            "at": each.at,
            "user_id": each.user_id,
            "surface": each.surface,
            "query": each.query,
            "document_id": document_id,
            "rank": each.first_rank + position,
            "score": each.scores[position] if each.scores else null(),
        }
        for each in shown
        for position, document_id in enumerate(each.documents)
    ]
    for begin in range(0, len(rows), _BATCH):
        await db.execute(insert(Impression), rows[begin : begin + _BATCH])
    return len(rows)


async def shown_of(db: AnySession, document_id: UUID, *, limit: int = 50) -> Sequence[Impression]:
    """The last lists in which this profile or posting was shown, the newest first; to its owner, never who looked."""
    last = select(Impression).where(Impression.document_id == document_id)
    return (await db.scalars(last.order_by(Impression.at.desc(), Impression.id.desc()).limit(limit))).all()
