"""The words of our trade: what a skill may be called, what else our synonyms know, and words one slip from them."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Final

from marketplace.engines.search.synonyms import Phrase

SKILL: Final = 2
_OTHER: Final = 1
_SHORTEST_BEGINNING, _SHORTEST_SLIP = 3, 5
"""Letters from which a word may be the beginning of another, and a slip of one."""


class Vocabulary:
    """Knows how much a word says of what is looked for: 2 in the name of a skill, 1 in another synonym, else 0."""

    def __init__(self, skills: Iterable[Phrase], others: Iterable[Phrase], names: Iterable[Phrase] = ()) -> None:
        self._names = frozenset(name[0] for name in names if len(name) == 1)
        worth = {word: _OTHER for phrase in others for word in phrase}
        self._worth: Mapping[str, int] = worth | {word: SKILL for phrase in skills for word in phrase}
        self._sorted = sorted(self._worth)
        self._by_slip: dict[str, list[str]] = {}
        for word in self._worth:
            if len(word) >= _SHORTEST_SLIP - 1 and word.isalpha():
                for slip in (word, *_shorter(word)):
                    self._by_slip.setdefault(slip, []).append(word)

    def __contains__(self, word: str) -> bool:
        return word in self._worth

    def is_name(self, word: str) -> bool:
        """Whether the word alone is what a skill is called, not another word for it: Shopify, not shop."""
        return word in self._names

    def worth(self, word: str) -> int:
        """What it says of the work; a slip says what was meant."""
        if (worth := self._worth.get(word)) is not None:
            return worth
        return max((self._worth[each] for each in self.near(word)), default=0)

    def worth_begun(self, word: str) -> int:
        """What a word says that may be half typed: the most that one which begins so says."""
        if len(word) < _SHORTEST_BEGINNING:
            return self.worth(word)
        begins = takewhile(lambda each: each.startswith(word), self._sorted[bisect_left(self._sorted, word) :])
        return max(self.worth(word), max((self._worth[each] for each in begins), default=0))

    def near(self, word: str) -> tuple[str, ...]:
        """The known words that are one slip from this unknown one: a letter put in, left out, changed or swapped."""
        if len(word) < _SHORTEST_SLIP or word in self._worth or not word.isalpha():
            return ()
        found = {each for slip in (word, *_shorter(word)) for each in self._by_slip.get(slip, ())}
        return tuple(sorted(each for each in found if each[0] == word[0] and one_apart(word, each)))


def one_apart(left: str, right: str) -> bool:
    """At most one letter put in, left out, changed or swapped with its neighbour."""
    if abs(len(left) - len(right)) > 1:
        return False
    same = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    a, b = left[same:], right[same:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


def _shorter(word: str) -> list[str]:
    """The word without each of its letters: two words that are one slip apart share one of these, or are one."""
    return [word[:at] + word[at + 1 :] for at in range(len(word))]
