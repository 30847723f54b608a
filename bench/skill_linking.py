"""How well typed text is linked to skills: MRR and recall on a validation file of spans and labels.

    python bench/skill_linking.py LABELS.txt VALIDATION.csv

LABELS has one skill a line; VALIDATION has the columns `sentence`, `span` and `label` (Decorte et al., Design of
Negative Sampling Strategies for Distantly Supervised Skill Extraction, 2022). The files are not in this repository.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

from marketplace.skills.linking import Linker


def main(labels: str, validation: str) -> None:
    names = [line.strip() for line in Path(labels).read_text(encoding="utf-8").splitlines() if line.strip()]
    linker = Linker({name: [name] for name in names})
    gold: defaultdict[str, set[str]] = defaultdict(set)
    by_span: defaultdict[str, set[str]] = defaultdict(set)
    known = set(names)
    with Path(validation).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["label"] in known:
                gold[row["sentence"]].add(row["label"])
                by_span[row["span"]].add(row["label"])
    for said, wanted in (("sentences", gold), ("spans", by_span)):
        ranks = [_rank(linker, text, labels) for text, labels in wanted.items()]
        mrr = sum(1 / rank for rank in ranks if rank) / len(ranks)
        at_5 = sum(1 for rank in ranks if rank and rank <= 5) / len(ranks)
        print(f"{said}: {len(ranks)} queries over {len(names)} labels, MRR {mrr:.3f}, hit@5 {at_5:.3f}")


def _rank(linker: Linker, text: str, wanted: set[str]) -> int:
    found = [link.slug for link in linker.link(text, 100)]
    return next((rank for rank, slug in enumerate(found, 1) if slug in wanted), 0)


if __name__ == "__main__":
    main(*sys.argv[1:3])
