"""The weights of the score, read from their file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARTS = ("skills", "training", "availability", "budget", "language", "reputation")


@dataclass(frozen=True, slots=True)
class Weights:
    """All numbers of the score. `parts` sum to 1; `prior_good` of `prior_of` is what a person without history gets."""

    version: str
    parts: Mapping[str, float]
    missing: float
    surplus: float
    budget_tolerance: float
    training_half_life_years: float
    prior_good: float
    prior_of: float


def read_weights(text: str) -> Weights:
    """Weights from the JSON of search/matching.json.

    Raises: ValueError when a part is missing or they don't sum to 1.
    """
    content: dict[str, Any] = json.loads(text)
    parts: dict[str, float] = content["weights"]
    if set(parts) != set(PARTS) or abs(sum(parts.values()) - 1) > 1e-9:
        raise ValueError(f"matching.json: weights must be of {', '.join(PARTS)} and sum to 1")
    return Weights(
        version=content["version"],
        parts=parts,
        missing=content["missing_weight"],
        surplus=content["surplus_weight"],
        budget_tolerance=content["budget_tolerance"],
        training_half_life_years=content["training_half_life_years"],
        prior_good=content["reputation_prior"]["good"],
        prior_of=content["reputation_prior"]["of"],
    )
