"""The processes that `marketplace up` looks after: started, started again when they die, stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.kernel import launch

STOP_SECONDS = 15
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
LOG_MAX_BYTES = 10_000_000
STEADY_SECONDS = 60
"""Who lived that long had no trouble starting: the next pause is short again."""


@dataclass
class Child:
    """One `python -m marketplace.cli …` (or other Python module) in a session of its own; no log: our own output."""

    name: str
    words: list[str]
    environment: dict[str, str]
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_seconds: float = field(default=FIRST_PAUSE_SECONDS)

    def start(self) -> None:
        """It ends when we do, even by kill -9; Ctrl-C in the terminal is for us, who stop it in turn."""
        with contextlib.ExitStack() as stack:
            output = None
            if self.log is not None:
                _make_room(self.log)
                output = stack.enter_context(self.log.open("ab"))
            self.process = subprocess.Popen(
                launch.bound([sys.executable, *self.words]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environment,
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def keep_alive(self) -> str:
        """Start it again when it died, after a pause that doubles. Returns what there is to say, mostly nothing."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_again_at:
                self.start()
            return ""
        if self.process.poll() is None:
            return ""
        if now - self.started_at > STEADY_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        said = f"{self.name} ended ({_ending(self.process.returncode)}), it starts again in {self.pause_seconds:g} s"
        self.process, self.start_again_at = None, now + self.pause_seconds
        self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        return f"{said}; see {self.log}"

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        """Wait for its end; whoever does not end in time is killed with all its own children."""
        if self.process is None:
            return
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


def _make_room(log: Path) -> None:
    """A log that has grown large becomes NAME.old, in the place of the one before."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.replace(log.with_suffix(".old"))


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"code {code}"
