"""Processor time: what something costs, however many others are at work on the machine."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

_PROCESSES = Path("/proc")


def family_seconds() -> float:
    """Of this process and all it has started: its PostgreSQL, its sandbox. Only its own where there is no /proc."""
    if not (_PROCESSES / "self" / "stat").exists():
        return time.process_time()
    parents, ticks = {}, {}
    for pid, fields in _stats():
        parents[pid] = int(fields[1])
        ticks[pid] = sum(map(int, fields[11:15]))  # utime, stime and those of children that have ended
    return sum(ticks[pid] for pid in ticks if _belongs(pid, parents)) / os.sysconf("SC_CLK_TCK")


def _stats() -> Iterator[tuple[int, list[str]]]:
    for folder in _PROCESSES.glob("[0-9]*"):
        try:
            told = (folder / "stat").read_text()
        except OSError:  # it has ended in between
            continue
        yield int(folder.name), told.rpartition(")")[2].split()


def _belongs(pid: int, parents: dict[int, int]) -> bool:
    while pid:
        if pid == os.getpid():
            return True
        pid = parents.get(pid, 0)
    return False
