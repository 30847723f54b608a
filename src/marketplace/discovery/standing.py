"""Why a profile or posting stood where it did in a list found by words, for its owner.

The score is said again from how the words were read when the list was served and from the document as it is now: it is
the served one unless the document, or the rules, changed since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.discovery.models import Impression
from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import Document, Explanation, SearchIndex
from marketplace.kernel.database import AnySession

_PAGE = 20
_NEAR = 0.01


@dataclass(frozen=True, slots=True)
class Served:
    """One time it was shown: the score then, those before it on the same page, the document as it is now.

    `better` scored more, `equal` the same and are newer. `document` is None when it can't be found any more.
    """

    shown: Impression
    score: float
    better: int
    equal: int
    document: Document | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Why there. `is_same`: the score said again is the one that was served."""

    served: Served
    said: Explanation
    is_same: bool


def is_by_words(shown: Impression) -> bool:
    """Whether what was kept says why it stood there among what words found."""
    return bool(shown.score and shown.score.get("read"))


def index_of(shown: Impression) -> str:
    """The index behind the list: `search/gigs` of the one box is gigs."""
    return shown.surface.rpartition("/")[2]


async def served(db: AnySession, document_id: UUID, number: int) -> Served | None:
    """The time with this number at which this document was shown in a list found by words; None for any other."""
    shown = await db.get(Impression, number)
    if shown is None or shown.document_id != document_id or not is_by_words(shown):
        return None
    score = _score(shown)
    before = [_score(each) for each in await _page_of(db, shown) if each.rank < shown.rank]
    equal = sum(abs(each - score) < _NEAR for each in before)
    documents = await outbox.documents(db, index_of(shown), [document_id])
    return Served(shown, score, len(before) - equal, equal, documents[0] if documents else None)


async def stands(index: SearchIndex, found: Served) -> Standing | None:
    """Why it stood there; None when it can't be found now, or another engine served it."""
    kept = found.shown.score
    assert kept is not None
    if found.document is None:
        return None
    said = await index.explain(index_of(found.shown), kept["read"], found.document)
    return Standing(found, said, abs(said.score - found.score) < _NEAR) if said else None


async def _page_of(db: AnySession, shown: Impression) -> Sequence[Impression]:
    """The page that it was shown on: its rows were written one after the other."""
    around = select(Impression).where(
        Impression.id.between(shown.id - _PAGE, shown.id + _PAGE),
        Impression.at == shown.at,
        Impression.surface == shown.surface,
        Impression.query == shown.query,
        Impression.user_id.is_not_distinct_from(shown.user_id),
    )
    return [each for each in await db.scalars(around) if is_by_words(each)]


def _score(shown: Impression) -> float:
    assert shown.score is not None
    return float(shown.score["words"])
