"""The last line of `make faults`: how many processes were killed, races run, faults planted, and what went unseen.

A test that does more than one says so: `record_property("kills", 41)`, `record_property("races", 100)`.
"""

from collections import Counter
from typing import Any

KINDS = {
    "planted faults": ("test_planted.py::test_a_planted",),
    "twins without a guard": ("twin",),
    "kills": ("test_crashes.py::test_a_killed", "test_every_line.py::test_wherever"),
    "races": ("race",),
}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        kind = _kind(report.nodeid)
        counts[kind] += dict(report.user_properties).get(kind, 1)
    unlike = sum(len(terminalreporter.stats.get(outcome, [])) for outcome in ("failed", "error"))
    said = ", ".join(f"{counts[kind]} {kind}" for kind in (*KINDS, "others"))
    terminalreporter.write_line(f"faults: {said}; {unlike} not as they should be")


def _kind(nodeid: str) -> str:
    """The first that fits: a twin of a race is a twin."""
    known = nodeid.lower()
    return next((kind for kind, marks in KINDS.items() if any(mark in known for mark in marks)), "others")
