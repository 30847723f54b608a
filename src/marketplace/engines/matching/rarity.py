"""How much a skill tells: rare ones more than common ones.

Inverse document frequency as in BM25 (Spärck Jones 1972; Robertson and Zaragoza, The Probabilistic Relevance
Framework, section 3.3), always positive.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rarity:
    """`counts` says how many of `total` people have each skill."""

    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    total: int = 0

    def weight(self, skill: str) -> float:
        """w(s) = ln(1 + (N - df + 0.5) / (df + 0.5)), above 0 as long as no more people have it than there are."""
        count = self.counts.get(skill, 0)
        return math.log(1 + (self.total - count + 0.5) / (count + 0.5))

    def sum(self, skills: Collection[str]) -> float:
        return sum(self.weight(skill) for skill in skills)


def tversky(need: Collection[str], have: Collection[str], rarity: Rarity, *, missing: float, surplus: float) -> float:
    """Share of what is needed that is there, 0 to 1 (Tversky, Features of Similarity, 1977), by rarity.

    m / (m + missing * what lacks + surplus * what is more than asked). For people who fit a gig.
    """
    needed, had = set(need), set(have)
    met = rarity.sum(needed & had)
    if met == 0:
        return 0.0
    return met / (met + missing * rarity.sum(needed - had) + surplus * rarity.sum(had - needed))


def cosine(need: Collection[str], have: Collection[str], rarity: Rarity) -> float:
    """Cosine of the two skill sets with squared rarities, 0 to 1. For gigs that fit a person.

    Coverage would put gigs with one skill first.
    """
    needed, had = set(need), set(have)
    met = sum(rarity.weight(skill) ** 2 for skill in needed & had)
    if met == 0:
        return 0.0
    lengths = (sum(rarity.weight(skill) ** 2 for skill in skills) for skills in (needed, had))
    return min(1.0, met / math.prod(math.sqrt(length) for length in lengths))
