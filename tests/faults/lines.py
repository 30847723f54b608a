"""Dying at a line of ours instead of at a failpoint: every line of the money code is one."""

import os
import signal
import socket
import sys
from asyncio import selector_events
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

import marketplace

SOURCE = Path(marketplace.__file__).parent
MONEY = tuple(str(SOURCE / part) for part in ("escrow", "engines/ledger", "engines/payments", "kernel/queue"))


class Effects:
    """Counts what this process has done to the world: its commits, and what it sent to anything but PostgreSQL.

    Between two of them nothing outside changes by us: whatever a transaction has written so far, PostgreSQL rolls back
    when the process dies. So all lines between the same two effects leave the same behind (docs/ledger.md).
    """

    def __init__(self) -> None:
        self.count = 0

    def follow(self) -> None:
        event.listen(Engine, "commit", self._committed)
        transport: Any = selector_events._SelectorSocketTransport  # type: ignore[attr-defined]
        write = transport.write

        def counted(this: Any, data: Any) -> None:
            self.count += this.get_extra_info("socket").family != socket.AF_UNIX
            write(this, data)

        transport.write = counted

    def _committed(self, _connection: Any) -> None:
        self.count += 1


class Trace:
    """Notes each line of MONEY when it runs first, and the first after each effect: `file:line effects new|again`."""

    def __init__(self, path: Path) -> None:
        self._path, self._effects = path, Effects()
        self._lines: set[tuple[str, int]] = set()
        self._counts: set[int] = set()

    def follow(self) -> None:
        self._effects.follow()
        sys.settrace(self._enter)

    def _enter(self, frame: FrameType, _event: str, _given: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(MONEY) else None

    def _line(self, frame: FrameType, happened: str, _given: Any) -> Any:
        if happened != "line":
            return self._line
        place, count = (frame.f_code.co_filename, frame.f_lineno), self._effects.count
        if place not in self._lines or count not in self._counts:
            which = "again" if place in self._lines else "new"
            self._lines.add(place)
            self._counts.add(count)
            with self._path.open("a") as file:
                file.write(f"{Path(place[0]).relative_to(SOURCE)}:{place[1]} {count} {which}\n")
        return self._line


def die_at(line: str, after: int) -> None:
    """SIGKILL as soon as this line (`file:line`) is about to run, `after` so many effects at the earliest."""
    name, _, number = line.rpartition(":")
    path, wanted, effects = str(SOURCE / name), int(number), Effects()
    if after:
        effects.follow()

    def enter(frame: FrameType, _event: str, _given: Any) -> Any:
        return at if frame.f_code.co_filename == path else None

    def at(frame: FrameType, happened: str, _given: Any) -> Any:
        if happened == "line" and frame.f_lineno == wanted and effects.count >= after:
            os.kill(os.getpid(), signal.SIGKILL)
        return at

    sys.settrace(enter)
