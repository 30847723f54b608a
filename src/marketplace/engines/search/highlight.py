"""Marks in a shown text what the words of a query found, by the same folding. The template escapes, then marks."""

import re
from dataclasses import dataclass
from functools import lru_cache

from marketplace.engines.search.folding import words
from marketplace.engines.search.typed import taken_apart
from marketplace.engines.search.vocabulary import one_apart

_RUNS = re.compile(r"\S+")
_SLIPS_FROM, _KEPT = 5, 2_000
"""Letters of a word that is found with one slip too; runs kept for each query."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text as it was written, and whether a word was found in it."""

    text: str
    is_hit: bool


def highlight(text: str, query: str) -> list[Piece]:
    """Cut `text` into pieces that join to it again; those with a word of `query`, also as prefix or typo, are hits."""
    hits = _hits(query)
    pieces: list[Piece] = []
    end = 0
    for run in _RUNS.finditer(text) if hits.whole else ():
        if not hits[run.group()]:
            continue
        if run.start() > end:
            pieces.append(Piece(text[end : run.start()], False))
        pieces.append(Piece(run.group(), True))
        end = run.end()
    if end < len(text):
        pieces.append(Piece(text[end:], False))
    return pieces


class _Hits(dict[str, bool]):
    """Whether a word of the query is in a run of letters; what was asked once is kept: titles say the same again."""

    def __init__(self, query: str) -> None:
        sought = words(taken_apart(query).sought)
        wanted = [word for word in sought if len(word) > 1 or not word.isalnum()]
        self.whole = frozenset(wanted)
        self.beginnings = tuple(word for word in self.whole if len(word) > 2)
        self.with_slips = tuple(word for word in self.whole if len(word) >= _SLIPS_FROM)

    def __missing__(self, run: str) -> bool:
        found = any(self._is_hit(word) for word in words(run))
        if len(self) < _KEPT:
            self[run] = found
        return found

    def _is_hit(self, word: str) -> bool:
        if word in self.whole or word.startswith(self.beginnings):
            return True
        return any(abs(len(word) - len(each)) < 2 and one_apart(word, each) for each in self.with_slips)


_hits = lru_cache(maxsize=256)(_Hits)
