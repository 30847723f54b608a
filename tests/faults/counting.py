"""The last line of `make faults`: how many processes were killed, races run, faults planted, and what went unseen."""

from collections import Counter
from typing import Any

KINDS = {
    "planted faults": ("test_planted.py::test_a_planted",),
    "twins without a guard": ("twin",),
    "kills": ("test_crashes.py", "test_real_processes.py", "killed"),
}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        counts[_kind(report.nodeid)] += 1
    failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    said = ", ".join(f"{counts[kind]} {kind}" for kind in (*KINDS, "races and others"))
    terminalreporter.write_line(f"faults: {said}; {failed} not as they should be")


def _kind(nodeid: str) -> str:
    return next((kind for kind, marks in KINDS.items() if any(mark in nodeid for mark in marks)), "races and others")
