"""Recompute a reputation from its inputs, alone: python reputation.py inputs.json (docs/reputation.md)."""

import json
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path

inputs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
as_of = date.fromisoformat(inputs["as_of"])
weights = inputs["prior_reviews"] * 1_000_000
total = Fraction(weights * inputs["prior_score"])
for review in inputs["reviews"]:
    scores = review["scores"].values()
    days = max((as_of - date.fromisoformat(review["shown_on"])).days, 0)
    weight = 1_000_000 * inputs["half_days"] // (inputs["half_days"] + days)
    total += weight * Fraction(sum(scores), len(scores))
    weights += weight
hundredths = (total / weights * 200 + 1) // 2
print(f"{hundredths // 100}.{hundredths % 100:02d}" if inputs["reviews"] else "new")
