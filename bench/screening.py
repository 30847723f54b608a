"""Precision and recall of the screening on the labelled corpus, and what it would hold of real postings.

    python -m bench.screening [--half tuning|held_out] [--errors]

The corpus is tests/trust/corpus/{tuning,held_out}.jsonl, one {"text", "label": "scam" | "real", "language"} a line. The
halves were split by the hash of the text before any rule was changed for them; rules are tuned on `tuning` alone, so
print the errors of `held_out` only to report them. A text is held when a rule of severity "hold" fires: then a
moderator reads it before anybody else. A warning alone (a phone number) holds nothing; it is counted apart. Real
postings in ../shared/data are measured where they are and never committed; nobody has labelled them.
"""

import argparse
import csv
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.trust.screening import Signal, screen

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "trust" / "corpus"
REAL = ROOT.parent / "shared" / "data"
HALVES = ("tuning", "held_out")
_Z = 1.959964
"""Of the standard normal distribution, for 95 %."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, JASA 22, 1927, p. 209); (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(slots=True)
class Counts:
    """One confusion table; `missed` and `alarms` are the texts on which the screening is wrong."""

    hits: int = 0
    quiet: int = 0
    warned: int = 0
    missed: list[str] = field(default_factory=list[str])
    alarms: list[str] = field(default_factory=list[str])

    def add(self, text: str, *, is_scam: bool) -> None:
        """Screen one labelled text as a posting. `warned` counts the real ones with a warning and no hold."""
        signals = screen(text, place="posting")
        held = [signal for signal in signals if signal.severity == "hold"]
        if is_scam and held:
            self.hits += 1
        elif is_scam:
            self.missed.append(text)
        elif held:
            self.alarms.append(f"{held[0].rule} [{held[0].excerpt}] {text}")
        else:
            self.quiet += 1
            self.warned += bool(signals)

    @property
    def held(self) -> int:
        """All that waits for a moderator."""
        return self.hits + len(self.alarms)

    @property
    def scams(self) -> int:
        """All that should."""
        return self.hits + len(self.missed)

    @property
    def precision(self) -> float:
        """Of what is held, how much is a scam; nan when nothing is held."""
        return self.hits / self.held if self.held else float("nan")

    @property
    def recall(self) -> float:
        """Of the scams, how many are held; nan without any."""
        return self.hits / self.scams if self.scams else float("nan")


def measure(half: str, folder: Path = CORPUS) -> dict[str, Counts]:
    """The confusion table of each language of a half, and of all together under "all"."""
    tables: defaultdict[str, Counts] = defaultdict(Counts)
    for line in (folder / f"{half}.jsonl").read_text(encoding="utf-8").splitlines():
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


def held_of_real() -> dict[str, tuple[int, list[tuple[str, Signal]]]]:
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
    parser.add_argument("--half", choices=HALVES, action="append", help="only this half")
    parser.add_argument("--errors", action="store_true", help="print every text on which the screening is wrong")
    asked = parser.parse_args()
    for half in asked.half or HALVES:
        for language, table in sorted(measure(half).items()):
            print(f"{half:9} {language:6} scam {table.scams:4} real {table.quiet + len(table.alarms):4}", end="  ")
            for name, hits, of in (("precision", table.hits, table.held), ("recall", table.hits, table.scams)):
                low, high = wilson(hits, of)
                print(f"{name} {hits / of if of else math.nan:.3f} ({low:.3f} to {high:.3f})", end="  ")
            print(f"real with a warning only {table.warned}")
            if asked.errors and language != "all":
                print(*(f"    missed: {text}" for text in table.missed), sep="\n")
                print(*(f"    alarm:  {text}" for text in table.alarms), sep="\n")
    if asked.half:
        return
    for name, (count, held) in held_of_real().items():
        print(f"{name:28} {count:6} real postings, {len(held)} held ({len(held) / count:.2%})")
        if asked.errors:
            print(*(f"    {s.rule}: {s.excerpt}" for _, s in held), sep="\n")


if __name__ == "__main__":
    main()
