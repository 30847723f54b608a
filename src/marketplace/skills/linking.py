"""From what somebody typed, or wrote in a posting, to skills of the taxonomy, each with how sure we are. Pure.

Character 3- and 4-grams weighted by rarity, compared by cosine: the strongest lexical baseline in published tests of
linking job skills (MRR .58 on MELO, where BM25 has .29; search notes, section 4.1). It is offered for confirmation,
never taken over silently.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

from marketplace.engines.search.folding import words
from marketplace.skills.taxonomy import known_skills

_SIZES = (3, 4)
_LONGEST_NAME = 4
_SHORTEST_MENTION = 3
SURE = 0.35
"""Under this a typed word is not offered: what is unlike everything stays unlinked."""


@dataclass(frozen=True, slots=True)
class Link:
    """A skill that may be meant; `confidence` from 0 to 1."""

    slug: str
    confidence: float


class Linker:
    """Knows names by what they stand for. Made once: building it reads all names."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        said = [(slug, _grams(name)) for slug, each in names.items() for name in each]
        seen = Counter(chain.from_iterable(grams.keys() for _, grams in said))
        self._rarity = {gram: math.log((1 + len(said)) / (1 + count)) + 1 for gram, count in seen.items()}
        self._slugs = [slug for slug, _ in said]
        self._by_gram: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, grams) in enumerate(said):
            for gram, weight in self._weighted(grams).items():
                self._by_gram[gram].append((number, weight))
        self._phrases = {tuple(words(name)): slug for slug, each in names.items() for name in each if words(name)}

    def link(self, text: str, limit: int = 5) -> list[Link]:
        """The skills most like `text`, the surest first."""
        found: defaultdict[int, float] = defaultdict(float)
        for gram, weight in self._weighted(_grams(text)).items():
            for number, other in self._by_gram.get(gram, ()):
                found[number] += weight * other
        best: dict[str, float] = {}
        for number, likeness in found.items():
            slug = self._slugs[number]
            best[slug] = max(best.get(slug, 0.0), min(1.0, likeness))
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
        return [Link(slug, confidence) for slug, confidence in ranked[:limit]]

    def mentioned(self, text: str) -> list[str]:
        """The skills whose names stand in a text as they are, the longest name at each place, in their order."""
        found: dict[str, None] = {}
        said, at = words(text), 0
        while at < len(said):
            for size in range(_LONGEST_NAME, 0, -1):
                phrase = tuple(said[at : at + size])
                if phrase in self._phrases and len("".join(phrase)) >= _SHORTEST_MENTION:
                    found[self._phrases[phrase]] = None
                    at += size - 1
                    break
            at += 1
        return list(found)

    def _weighted(self, grams: Counter[str]) -> dict[str, float]:
        weights = {gram: (1 + math.log(n)) * self._rarity.get(gram, 1.0) for gram, n in grams.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        return {gram: weight / length for gram, weight in weights.items()}


@cache
def taxonomy_linker() -> Linker:
    """Over all names and aliases of this release, in three scripts."""
    return Linker({skill.slug: skill.search_names for skill in known_skills().values()})


def _grams(text: str) -> Counter[str]:
    """Pieces of its folded words, with their edges."""
    padded = f" {' '.join(words(text))} "
    return Counter(padded[at : at + size] for size in _SIZES for at in range(len(padded) - size + 1))
