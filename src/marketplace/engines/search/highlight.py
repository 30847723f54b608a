"""Marks in a shown text what the words of a query found, by the same folding. The template escapes, then marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from marketplace.engines.search.folding import words
from marketplace.engines.search.typed import taken_apart
from marketplace.engines.search.vocabulary import one_apart

_RUNS = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text as it was written, and whether a word was found in it."""

    text: str
    is_hit: bool


def highlight(text: str, query: str) -> list[Piece]:
    """Cut `text` into pieces that join to it again; those with a word of `query`, also as prefix or typo, are hits."""
    wanted = _wanted(query)
    pieces: list[Piece] = []
    end = 0
    if wanted:
        for run in _RUNS.finditer(text):
            if not _is_hit(run.group(), wanted):
                continue
            if run.start() > end:
                pieces.append(Piece(text[end : run.start()], False))
            pieces.append(Piece(run.group(), True))
            end = run.end()
    if end < len(text):
        pieces.append(Piece(text[end:], False))
    return pieces


@lru_cache(maxsize=256)
def _wanted(query: str) -> tuple[str, ...]:
    sought = taken_apart(query).sought
    return tuple(word for word in dict.fromkeys(words(sought)) if len(word) > 1 or not word.isalnum())


@lru_cache(maxsize=16_384)
def _is_hit(run: str, wanted: tuple[str, ...]) -> bool:
    """Whether one of the words is in a run of letters: the titles of a page say the same ones again and again."""
    return any(_found(word, wanted) for word in words(run))


def _found(word: str, wanted: Sequence[str]) -> bool:
    return any(
        word == each or (len(each) > 2 and word.startswith(each)) or (len(each) >= 5 and one_apart(word, each))
        for each in wanted
    )
