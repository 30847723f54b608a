"""One figure out of many reviews, so that anybody can recompute it (docs/reputation.md). Pure, in exact fractions.

The mean of a beta distribution over reviews read as r in [0, 1], with an early opinion and with forgetting
(A. Jøsang, R. Ismail, "The Beta Reputation System", 15th Bled eConference, 2002, sections 2.2 and 3.2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

FORMULA = "beta-1"
"""The version; it changes whenever a number below or the sum itself does."""
PRIOR_REVIEWS = 4
PRIOR_SCORE = 4
"""Everybody begins as if four reviews of 4.0 had been written: one bad one ruins nobody, one good one crowns nobody."""
HALF_DAYS = 365
"""A review as old as this counts half, twice as old a third."""
WHOLE = 1_000_000
"""Weights are whole millionths, rounded down: sums stay small numbers, however many reviews there are."""


@dataclass(frozen=True, slots=True)
class Rating:
    """One shown review: its scores by criterion, and the day since which it is shown (UTC)."""

    scores: Mapping[str, int]
    shown_on: date

    @property
    def mean(self) -> Fraction:
        """Between 1 and 5."""
        return Fraction(sum(self.scores.values()), len(self.scores))


def score(ratings: Iterable[Rating], *, as_of: date) -> Fraction:
    """Between 1 and 5; of no ratings it is the early opinion itself, which nobody is shown."""
    total, weights = Fraction(PRIOR_REVIEWS * PRIOR_SCORE * WHOLE), PRIOR_REVIEWS * WHOLE
    for rating in ratings:
        weight = weight_of(rating, as_of=as_of)
        total += weight * rating.mean
        weights += weight
    return total / weights


def weight_of(rating: Rating, *, as_of: date) -> int:
    """In millionths: a million for a review of today, less the older it is."""
    days = max((as_of - rating.shown_on).days, 0)
    return WHOLE * HALF_DAYS // (HALF_DAYS + days)


def said(figure: Fraction) -> str:
    """Two decimals, halves up: "4.53"."""
    hundredths = (figure * 200 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}"
