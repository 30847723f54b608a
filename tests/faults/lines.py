"""Dying at a line of ours instead of at a failpoint: every line of the money code is one."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import marketplace

SOURCE = Path(marketplace.__file__).parent
MONEY = tuple(str(SOURCE / part) for part in ("escrow", "engines/ledger", "engines/payments", "kernel/queue"))


class Lines:
    """Follows the process line by line. Notes each line of MONEY when it runs first, and dies at `kill`."""

    def __init__(self, *, kill: str = "", trace: str = "") -> None:
        self._kill, self._trace = kill, Path(trace) if trace else None
        self._seen: set[tuple[str, int]] = set()

    def follow(self) -> None:
        sys.settrace(self._enter)

    def _enter(self, frame: FrameType, _event: str, _given: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(MONEY) else None

    def _line(self, frame: FrameType, event: str, _given: Any) -> Any:
        place = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and place not in self._seen:
            self._seen.add(place)
            name = f"{Path(place[0]).relative_to(SOURCE)}:{place[1]}"
            if name == self._kill:
                os.kill(os.getpid(), signal.SIGKILL)
            if self._trace:
                with self._trace.open("a") as file:
                    file.write(f"{name}\n")
        return self._line
