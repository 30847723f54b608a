"""Why a document got its score for some words: the arithmetic of ranking.py once more, without an index.

From how the words were read when the list was served (`Reading.kept`) and the document, every word's best way in every
attribute follows, and with it the same score: tests hold it equal to what tantivy served.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from marketplace.engines.search import ranking as rank
from marketplace.engines.search.folding import searchable
from marketplace.engines.search.protocol import Document, Explanation, Ground
from marketplace.engines.search.reading import BEST_ATTRIBUTE, Meaning, Reading, attributes, meaning, together
from marketplace.engines.search.settings import IndexSettings
from marketplace.engines.search.synonyms import Phrase
from marketplace.engines.search.vocabulary import one_apart

_Texts: TypeAlias = Mapping[str, Sequence[str]]
MOST_OF_A_WORD = rank.WORD + rank.EXACT + BEST_ATTRIBUTE


@dataclass(frozen=True, slots=True)
class _Way:
    """One way in which a word was found in one attribute."""

    how: str
    found: str
    field: str
    score: float


def explain(settings: IndexSettings, reading: Reading, document: Document) -> Explanation:
    """The score of the document for these words, and what each word and each pair of neighbours gives."""
    texts = {field: searchable(document.get(field.removesuffix("_s"))).split() for field in settings.searchable}
    grounds = [
        ground
        for position in range(len(reading.words))
        for ground in _of_word(meaning(reading, position, settings), texts, settings)
    ]
    for phrase in reading.phrases:
        grounds += _of_phrase(phrase, texts, settings)
    for pair in pairwise(reading.words):
        grounds += _of_pair(pair, texts, settings)
    return Explanation(sum(ground.points for ground in grounds), tuple(grounds))


def _of_word(word: Meaning, texts: _Texts, settings: IndexSettings) -> Iterator[Ground]:
    """Its best way, and the little that more attributes add."""
    best = [
        max(ways, key=lambda way: way.score)
        for field, worth in attributes(settings)
        if (ways := list(_ways(word, field, texts[field], worth, settings)))
    ]
    yield from _best(word.text, best)


def _of_phrase(phrase: Phrase, texts: _Texts, settings: IndexSettings) -> Iterator[Ground]:
    """Words in quotes stand somewhere as they are."""
    said = " ".join(phrase)
    there = [
        _Way("phrase", said, field, rank.WORD + rank.EXACT + worth)
        for field, worth in attributes(settings)
        if _stands_in(phrase, texts[field])
    ]
    yield from _best(f'"{said}"', there)


def _best(typed: str, best: Sequence[_Way]) -> Iterator[Ground]:
    """The best of the ways, one for each attribute, and what the others add."""
    if not best:
        yield Ground("none", typed, points=0, most=MOST_OF_A_WORD)
        return
    first = max(best, key=lambda way: way.score)
    yield Ground(first.how, typed, first.found, _named(first.field), first.score, MOST_OF_A_WORD)
    if others := [way for way in best if way is not first]:
        fields = ", ".join(_named(way.field) for way in others)
        more = rank.MORE_FIELDS * sum(way.score for way in others)
        yield Ground("more", typed, "", fields, more, more)


def _ways(word: Meaning, field: str, text: Sequence[str], worth: int, settings: IndexSettings) -> Iterator[_Way]:
    """All ways in which something in this attribute matches, as `Ranker` asks for them."""

    def way(how: str, found: str, score: float) -> _Way:
        return _Way(how, found, field, rank.WORD + score + worth)

    if word.text in text:
        yield way("exact", word.text, rank.EXACT)
    if word.begins and (longer := next((each for each in text if each.startswith(word.text)), "")):
        yield way("longer", longer, rank.LONGER_OF_WHOLE if word.is_whole else rank.LONGER)
    if word.is_slip:
        yield from (way(*typo) for typo in _typos(word, text, settings))
    phrases = [("equal", phrase, rank.EQUAL) for phrase in word.equals if word.text not in phrase]
    phrases += [("slipped", phrase, rank.SLIPPED) for phrase in word.slipped]
    phrases += [("sound", phrase, rank.SOUND - less) for phrase, less in word.meant]
    yield from (way(how, " ".join(phrase), score) for how, phrase, score in phrases if _stands_in(phrase, text))


def _typos(word: Meaning, text: Sequence[str], settings: IndexSettings) -> Iterator[tuple[str, str, int]]:
    typed = word.text
    if found := next((each for each in text if one_apart(typed, each)), ""):
        yield "typo", found, rank.TYPO
    if word.is_last and not word.is_whole and (found := next((each for each in text if _begins(typed, each)), "")):
        yield "longer_typo", found, rank.LONGER_TYPO
    if len(typed) >= settings.two_typos and (found := next((each for each in text if _apart(typed, each) <= 2), "")):
        yield "two_typos", found, rank.TWO_TYPOS


def _of_pair(pair: tuple[str, str], texts: _Texts, settings: IndexSettings) -> Iterator[Ground]:
    """What it gives that two neighbours are neighbours in an attribute, however they stand there."""
    others = list(together(pair, settings))
    for field, worth in attributes(settings):
        share = worth / BEST_ATTRIBUTE
        typed, most = " ".join(pair), rank.TOGETHER * share
        if _stands_in(pair, texts[field]):
            yield Ground("together", typed, typed, _named(field), most, most)
        elif found := next((phrase for phrase in others if _stands_in(phrase, texts[field])), None):
            points = rank.OTHERWISE_TOGETHER * share
            yield Ground("together", typed, " ".join(found), _named(field), points, most)


def _stands_in(phrase: Phrase, text: Sequence[str]) -> bool:
    """Whether the words of the phrase follow each other in the text."""
    size, first = len(phrase), phrase[0]
    return any(word == first and tuple(text[at : at + size]) == phrase for at, word in enumerate(text))


def _begins(typed: str, word: str) -> bool:
    """Whether the word begins with what is at most one slip from what was typed."""
    return any(one_apart(typed, word[:size]) for size in range(len(typed) - 1, len(typed) + 2))


def _apart(left: str, right: str) -> int:
    """Letters put in, left out, changed or swapped with their neighbour (optimal string alignment); 3 is far."""
    if abs(len(left) - len(right)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(right) + 1))
    for at, a in enumerate(left, start=1):
        fresh = [at]
        for to, b in enumerate(right, start=1):
            cost = min(row[to] + 1, fresh[to - 1] + 1, row[to - 1] + (a != b))
            if at > 1 and to > 1 and a == right[to - 2] and left[at - 2] == b:
                cost = min(cost, before[to - 2] + 1)
            fresh.append(cost)
        before, row = row, fresh
    return row[-1]


def _named(field: str) -> str:
    return field.removesuffix("_s")
