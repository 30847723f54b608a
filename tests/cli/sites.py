"""`marketplace up` as a child process, for tests that kill its parts."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.engines.payments.sandbox_server import free_port

STARTING_SECONDS = 120


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        pause.wait(0.05)


class UpSite:
    """A running `marketplace up` on a data folder."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.data = data
        self.environment = os.environ | {
            "MARKETPLACE_ENV": "test",
            "MARKETPLACE_DATA_DIR": str(data),
            "MARKETPLACE_PORT": str(free_port()),
            **variables,
        }
        self.output = data.with_name(f"{data.name}.out")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "UpSite":
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marketplace.cli", "up"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        until(self.is_ready_or_over, "ready", STARTING_SECONDS)
        assert self.process.poll() is None, self.said
        return self

    def is_ready_or_over(self) -> bool:
        assert self.process is not None
        return "is ready" in self.said or self.process.poll() is not None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command beside it."""
        command = [sys.executable, "-m", "marketplace.cli", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def port(self) -> int:
        address = json.loads((self.data / "running.json").read_text())["address"]
        return int(address.rsplit(":", 1)[1])

    def status(self, path: str = "/ready") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def processes(self) -> dict[int, str]:
        """All living processes of this data folder by number, with their command lines; not `up` itself."""
        found: dict[int, str] = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal() or (self.process is not None and int(folder.name) == self.process.pid):
                continue
            try:
                environment = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(self.data) in command or f"MARKETPLACE_DATA_DIR={self.data}\0".encode() in environment:
                found[int(folder.name)] = command
        return {number: command for number, command in found.items() if command}

    def pid(self, part: str) -> int:
        """The first process (the parent) whose command line has `part`."""
        return min(number for number, command in self.processes().items() if part in command)

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self.process = None
        return code
