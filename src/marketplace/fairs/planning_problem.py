"""Who may meet whom at a fair, when, and how much it is worth: what a problem is made of, pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from marketplace.fairs import wishes
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate, Preference
from marketplace.fairs.fit import Seat, faults
from marketplace.fairs.models import FairSlot

UNWISHED, MOST_UNWISHED = 100, 12
"""Who wished for nobody may meet this many employers that fit, at this weight: nobody is left out for being shy."""
STANDBY = 50
"""Weight of a pair that nobody wished: people without a wish who came on the day fit everywhere."""
WORTH = {("candidate", "must"): 700, ("candidate", "would"): 400, ("employer", "must"): 300, ("employer", "would"): 150}
RANKED = 15
"""What each place further down a candidate's list takes off."""
Pairs = Mapping[tuple[int, int], tuple[int, int, int]]
"""Candidate and employer: weight, her rank, the employer's rank."""


def is_free(candidate: FairCandidate, slot: FairSlot, away: Sequence[Any] | None = None) -> bool:
    """The slot lies in her transport window and overlaps nothing that she said (or `away` in its place)."""
    if candidate.arrives_at is not None and slot.starts_at < candidate.arrives_at:
        return False
    if candidate.leaves_at is not None and slot.ends_at > candidate.leaves_at:
        return False
    said: Sequence[Any] = candidate.away if away is None else away
    gone = ((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in said)
    return not any(begins < slot.ends_at and slot.starts_at < ends for begins, ends in gone)


def pairs_of(
    candidates: Sequence[FairCandidate], offers: Sequence[tuple[Booth, Seat]], wished: Sequence[Preference]
) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Who may meet: (weight, her rank, the employer's rank) of each pair that somebody wished and that fits.

    What fits is what both sides read beforehand (`fit.faults`).
    """
    c_of = {each.id: n for n, each in enumerate(candidates)}
    e_of = {booth.id: n for n, (booth, _) in enumerate(offers)}
    seekers = [wishes.seeker_of(each) for each in candidates]

    def fits(c: int, e: int) -> bool:
        return not faults(seekers[c], offers[e][1])

    said: dict[tuple[int, int], dict[str, Preference]] = defaultdict(dict)
    for wish in wished:
        if wish.candidate_id in c_of and wish.booth_id in e_of:
            said[c_of[wish.candidate_id], e_of[wish.booth_id]][wish.side] = wish
    found: dict[tuple[int, int], tuple[int, int, int]] = {}
    for pair, both in said.items():
        if all(each.choice != "no" for each in both.values()) and fits(*pair):
            found[pair] = _worth(both), _rank(both.get("candidate")), _rank(both.get("employer"))
    served = {c for c, _ in found}
    for c in set(range(len(candidates))) - served:
        turned = ((candidates[c].number + n) % len(offers) for n in range(len(offers)))
        fitting = [e for e in turned if fits(c, e)]
        for e in [e for e in fitting if (c, e) not in said][:MOST_UNWISHED]:
            found[c, e] = (UNWISHED, 0, 0)
    return found


def _worth(both: dict[str, Preference]) -> int:
    score = sum(WORTH[side, wish.choice] for side, wish in both.items())
    hers = both.get("candidate")
    return max(1, min(1_000, score - RANKED * ((hers.rank or 1) - 1 if hers else 0)))


def _rank(wish: Preference | None) -> int:
    if wish is None:
        return 0
    return wish.rank or (1 if wish.choice == "must" else 2)
