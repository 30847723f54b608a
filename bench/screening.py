"""Precision and recall of the screening on the labelled corpus, and its false alarms on real postings.

    python -m bench.screening [--errors]

The corpus is tests/trust/corpus/*.jsonl, one {"text", "label": "scam" | "real", "language"} a line. A text counts as
flagged when any rule fires, and as held when one of them holds. Real postings in ../shared/data are measured where
they are and never committed; what is flagged in them is printed, since nobody has labelled them.
"""

import argparse
import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.trust.screening import Signal, screen

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "trust" / "corpus"
REAL = ROOT.parent / "shared" / "data"


@dataclass(slots=True)
class Counts:
    """One confusion table; `missed` and `alarms` are the texts on which the screening is wrong."""

    hits: int = 0
    held: int = 0
    quiet: int = 0
    missed: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def add(self, text: str, *, is_scam: bool) -> None:
        """Screen one labelled text as a posting."""
        signals = screen(text, place="posting")
        if is_scam and signals:
            self.hits += 1
            self.held += any(signal.severity == "hold" for signal in signals)
        elif is_scam:
            self.missed.append(text)
        elif signals:
            self.alarms.append(f"{signals[0].rule} [{signals[0].excerpt}] {text}")
        else:
            self.quiet += 1

    @property
    def precision(self) -> float:
        """Of what was flagged, how much is a scam; nan when nothing was flagged."""
        flagged = self.hits + len(self.alarms)
        return self.hits / flagged if flagged else float("nan")

    @property
    def recall(self) -> float:
        """Of the scams, how many were flagged; nan without any."""
        scams = self.hits + len(self.missed)
        return self.hits / scams if scams else float("nan")


def measure(folder: Path = CORPUS) -> dict[str, Counts]:
    """The confusion table of each language, and of all together under "all"."""
    tables: defaultdict[str, Counts] = defaultdict(Counts)
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                for name in (row["language"], "all"):
                    tables[name].add(row["text"], is_scam=row["label"] == "scam")
    return dict(tables)


def real_postings(folder: Path = REAL) -> Iterator[tuple[str, str]]:
    """(file, text) of the real postings; nothing where the folder is not there."""
    for name, columns in {
        "gigs_upwork_powerbi.csv": ("title", "raw_description"),
        "gigs_upwork_titles.csv": ("Job Title", "Description"),
        "gigs_upwork_sample.csv": ("Title", "Description"),
        "jobs_wuzzuf.csv": ("Title", "Company", "Skills"),
        "jobs_rozee_lahore.csv": ("Title", "Company", "Salary"),
        "jobs_rozee_karachi.csv": ("Title", "Company", "Salary"),
    }.items():
        path = folder / name
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    text = " ".join(row.get(column) or "" for column in columns)
                    yield name, re.sub(r"<[^>]+>", " ", text)


def alarms_on_real() -> dict[str, tuple[int, list[tuple[str, Signal]]]]:
    """For each file how many postings there are, and those that a rule would hold."""
    found: dict[str, tuple[int, list[tuple[str, Signal]]]] = {}
    for name, text in real_postings():
        count, held = found.get(name, (0, []))
        holding = [signal for signal in screen(text, place="posting") if signal.severity == "hold"]
        found[name] = (count + 1, held + [(text, signal) for signal in holding[:1]])
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--errors", action="store_true", help="print every text on which the screening is wrong")
    wants_errors = parser.parse_args().errors
    for language, table in sorted(measure().items()):
        scams, real = table.hits + len(table.missed), table.quiet + len(table.alarms)
        line = f"{language:8} scam {scams:4} real {real:4}  precision {table.precision:.3f}  recall {table.recall:.3f}"
        print(f"{line}  held {table.held}")
        if wants_errors and language != "all":
            print(*(f"    missed: {text}" for text in table.missed), sep="\n")
            print(*(f"    alarm:  {text}" for text in table.alarms), sep="\n")
    for name, (count, held) in alarms_on_real().items():
        print(f"{name:28} {count:6} real postings, {len(held)} held ({len(held) / count:.2%})")
        if wants_errors:
            print(*(f"    {s.rule}: {s.excerpt}" for _, s in held), sep="\n")


if __name__ == "__main__":
    main()
