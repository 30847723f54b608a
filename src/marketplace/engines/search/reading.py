"""How a query is read: which words count, what stands in quotes or behind a minus, which words may be left out first,
and what each may stand for.

Pure: what the index knows of a word comes in as `Reading.known` and `Reading.slips`. ranking.py makes a query of it,
explaining.py says afterwards from the same reading why a document got the score that it has.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.engines.search.folding import words
from marketplace.engines.search.settings import IndexSettings
from marketplace.engines.search.synonyms import Phrase
from marketplace.engines.search.typed import taken_apart
from marketplace.engines.search.vocabulary import SKILL

MOST_WORDS = 10
MOST_LETTERS = 40
MOST_QUOTED = 5
"""Phrases in quotes that count, and as many words or phrases behind a minus."""
BEST_ATTRIBUTE = 9
_SHORTEST_PLURAL, _SHORTEST_BEGINNING, _SHORTEST_SPLIT = 4, 3, 5
_BY = "embedded"
_SURE_SKILLS = 2
"""So many words of the trade say what is looked for, whatever else stands before them."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A query in folded words: loose ones in the order of typing, phrases that must stand as they are, and words or
    phrases that no document may have.
    """

    words: list[str]
    phrases: tuple[Phrase, ...] = ()
    without: tuple[Phrase, ...] = ()

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.words or self.phrases or self.without)


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a query in the order of typing, and what an index knew of them.

    `known`: a document has exactly this word; `slips`: so few have it that it may be a slip; `instead`: words that
    sound like one that nothing has; `needed`: the positions of the words that a document must have. `phrases` stood in
    quotes: a document must have each of them as it is.
    """

    words: tuple[str, ...]
    known: frozenset[str] = frozenset()
    slips: frozenset[str] = frozenset()
    instead: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    needed: frozenset[int] = frozenset()
    phrases: tuple[Phrase, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.words or self.phrases)

    def kept(self) -> dict[str, Any]:
        """What has to be kept of it so that a score can be explained later, as JSON."""
        if not self:
            return {}
        kept = {"by": _BY, "words": list(self.words), "known": sorted(self.known), "slips": sorted(self.slips)}
        kept |= {"phrases": [list(phrase) for phrase in self.phrases]} if self.phrases else {}
        return kept | ({"instead": {word: list(likes) for word, likes in self.instead.items()}} if self.instead else {})

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Reading | None":
        """The reading from what was kept; None when another engine read the words."""
        if kept.get("by") != _BY:
            return None
        known, slips = frozenset(kept["known"]), frozenset(kept["slips"])
        phrases = tuple(tuple(phrase) for phrase in kept.get("phrases", ()))
        return cls(tuple(kept["words"]), known, slips, kept.get("instead", {}), phrases=phrases)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One word and what it may stand for.

    `equals` are phrases that mean the same, `slipped` what the word means if it is a slip of one of ours, `meant` what
    sounds like it with how much less that is worth. `begins`: longer words count too (of the last, which may be half
    typed, and of one too short for typos); `is_whole`: it is a word by itself, so longer ones are worth less.
    """

    text: str
    equals: tuple[Phrase, ...]
    slipped: tuple[Phrase, ...]
    meant: tuple[tuple[Phrase, int], ...]
    begins: bool
    is_last: bool
    is_whole: bool
    is_slip: bool


def wording(text: str, settings: IndexSettings) -> Wording:
    """What counts of a query: ten words of 40 letters and five phrases at most, no stop words unless there is nothing
    else. Of more words those that say most of the work.
    """
    typed = taken_apart(text)
    phrases, without = _phrases(typed.phrases, settings), _phrases(typed.without, settings)
    found = [word[:MOST_LETTERS] for word in words(typed.loose)]
    saying = [word for word in found if word not in settings.stop_words]
    return Wording(_most(saying if saying or phrases or without else found, settings), phrases, without)


def _phrases(typed: Sequence[str], settings: IndexSettings) -> tuple[Phrase, ...]:
    folded = (tuple(words(each)[:MOST_WORDS]) for each in typed)
    return tuple(dict.fromkeys(each for each in folded if not settings.stop_words.issuperset(each)))[:MOST_QUOTED]


def _most(found: list[str], settings: IndexSettings) -> list[str]:
    if len(found) <= MOST_WORDS:
        return found
    found = list(dict.fromkeys(found))
    worth = _worth(found, settings)
    best = sorted(range(len(found)), key=lambda at: -worth[at])[:MOST_WORDS]
    return [found[at] for at in sorted(best)]


def only_stop_words(found: Sequence[str], settings: IndexSettings) -> bool:
    """Whether the words say nothing of what is looked for: `kaam chahiye`, `jobs`."""
    return bool(found) and all(word in settings.stop_words for word in found)


def fewer(
    found: Sequence[str], known: Collection[str], settings: IndexSettings, *, beside: bool = False
) -> Iterator[frozenset[int]]:
    """Positions of the words to need when all of them find too little, as few left out as possible first.

    Names of skills are kept longest, then other words of the trade, the first typed before the later; where nothing has
    the one that is left, the others are tried by themselves. What begins with a word that nothing has is looked for as
    it is (nothing is its answer) unless two words of skills follow, or one that is the whole name of a skill. `beside`
    phrases all words may be left out.
    """
    worth = _worth(found, settings)
    is_sure = beside or worth.count(SKILL) >= _SURE_SKILLS or any(map(settings.vocabulary.is_name, found))
    is_strange = bool(found) and not worth[0] and found[0] not in known and not is_sure
    kept = list(range(len(found)))
    if not is_strange:
        kept.sort(key=lambda at: -worth[at])
    yield from (frozenset(kept[:count]) for count in range(len(kept) - 1, 0, -1))
    if not is_strange:
        yield from (frozenset({at}) for at in kept[1:] if worth[at])
    if beside and found:
        yield frozenset()


def _worth(found: Sequence[str], settings: IndexSettings) -> list[int]:
    """How much each word says of the work; the last may be half typed."""
    vocabulary, last = settings.vocabulary, len(found) - 1
    return [vocabulary.worth_begun(word) if at == last else vocabulary.worth(word) for at, word in enumerate(found)]


def meaning(reading: Reading, position: int, settings: IndexSettings) -> Meaning:
    """What the word at this position may stand for."""
    found, text = reading.words, reading.words[position]
    is_last, is_known = position == len(found) - 1, text in reading.known
    likes = settings.vocabulary.near(text) if not is_known else ()
    return Meaning(
        text,
        tuple(dict.fromkeys(_equals(reading, position, settings))),
        tuple(dict.fromkeys(phrase for like in likes for phrase in settings.synonyms.get((like,), ()))),
        tuple(_meant(reading.instead.get(text, ()), settings)),
        begins=is_last or (not is_known and _SHORTEST_BEGINNING <= len(text) < settings.one_typo),
        is_last=is_last,
        is_whole=is_known and (len(text) == 1 or text in settings.vocabulary),
        is_slip=text in reading.slips,
    )


def may_slip(word: str, settings: IndexSettings) -> bool:
    """Whether a word like this is looked for with typos at all."""
    return len(word) >= settings.one_typo and (settings.typos_in_numbers or not any(map(str.isdigit, word)))


def together(pair: tuple[str, str], settings: IndexSettings) -> Iterator[Phrase]:
    """The ways in which two neighbours can stand as neighbours but as typed: joined, or as what means the same.

    One of the two alone is not both of them, whatever it means (bot is a chat bot).
    """
    joined = (pair[0] + pair[1],)
    for phrase in (joined, *settings.synonyms.get(pair, ()), *settings.synonyms.get(joined, ())):
        if phrase not in ((pair[0],), (pair[1],)):
            yield phrase


def attributes(settings: IndexSettings) -> Iterator[tuple[str, int]]:
    """Attributes with their worth, 9 for the first down to 1 for the last."""
    last = max(1, len(settings.searchable) - 1)
    for rank, name in enumerate(settings.searchable):
        yield name, round(BEST_ATTRIBUTE - rank * (BEST_ATTRIBUTE - 1) / last)


def _equals(reading: Reading, position: int, settings: IndexSettings) -> Iterator[Phrase]:
    """Phrases as good as the word here: its synonyms, its plural, joined with a neighbour, split."""
    found = reading.words
    for start in range(max(0, position - 3), position + 1):
        for end in range(position + 1, min(len(found), start + 4) + 1):
            yield from settings.synonyms.get(tuple(found[start:end]), ())
    joined = [found[at] + found[at + 1] for at in (position - 1, position) if 0 <= at < len(found) - 1]
    others = [(each,) for each in (*joined, *_other_number(found[position]))]
    for phrase in (*others, *_splits(reading, found[position])):
        yield phrase
        yield from settings.synonyms.get(phrase, ())


def _other_number(word: str) -> Iterator[str]:
    """The singular of an English plural, the plural of a singular, by spelling: `accountants`, `accountant`."""
    if not (word.isascii() and word.isalpha()) or len(word) < _SHORTEST_PLURAL:
        return
    if word.endswith("ies"):
        yield f"{word[:-3]}y"
    elif word.endswith(("ss", "us", "is")):
        return
    elif word.endswith("s"):
        if len(word) > _SHORTEST_PLURAL:
            yield word[:-1]
    else:
        yield f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _splits(reading: Reading, word: str) -> Iterator[Phrase]:
    """Two words that make this unknown one: frontend is front end."""
    if len(word) >= _SHORTEST_SPLIT and word not in reading.known:
        yield from ((word[:cut], word[cut:]) for cut in range(2, len(word) - 1))


def _meant(likes: Sequence[str], settings: IndexSettings) -> Iterator[tuple[Phrase, int]]:
    """What sounds like it and what means the same, the nearest first: a farther one is never worth more."""
    for farther, like in enumerate(likes):
        for phrase in ((like,), *settings.synonyms.get((like,), ())):
            yield phrase, farther * (BEST_ATTRIBUTE + 1)
