"""Start the site as a user does, open it, stop it with Ctrl-C, start it again: `python3 .ci/smoke.py make run`.

Standard library only. Prints what it took; exits with 1 and the output of the command when anything is not as it should
be.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIRST_SECONDS = 240
STOP_SECONDS = 60


class Failed(Exception):
    """What is not as it should be."""


def main(command: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        environment = {**os.environ, "MARKETPLACE_DATA_DIR": f"{folder}/data", "MARKETPLACE_PORT": str(free_port())}
        try:
            for turn in ("first", "second"):
                started, stopped = once(command, environment, output)
                print(f"{turn} start: the home page after {started:.1f} s; Ctrl-C: all ended after {stopped:.1f} s")
        except Failed as error:
            print(output.read_text(), error, sep="\n")
            for log in sorted(Path(folder).glob("data/logs/*.log")):
                print(f"--- {log.name}", log.read_text()[-4000:], sep="\n")
            return 1
    return 0


def once(command: list[str], environment: dict[str, str], output: Path) -> tuple[float, float]:
    """Seconds until the home page answered, and until everything had ended."""
    began = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, env=environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        address = wait_for_address(process, output, began)
        for path in ("/ready", "/"):
            if (status := get(address, path)) != 200:
                raise Failed(f"GET {path}: {status}")
        started = time.monotonic() - began
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to make and to what it runs
        process.wait(STOP_SECONDS)
        if left := survivors(environment["MARKETPLACE_DATA_DIR"]):
            raise Failed(f"still there after Ctrl-C: {left}")
        if "Stopped." not in output.read_text():
            raise Failed("it did not say that it stopped")
    except subprocess.TimeoutExpired:
        raise Failed(f"not stopped {STOP_SECONDS} s after Ctrl-C") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return started, time.monotonic() - began


def wait_for_address(process: subprocess.Popen[bytes], output: Path, began: float) -> str:
    while time.monotonic() - began < FIRST_SECONDS:
        found = re.search(r"is ready after .*http://([^\s/?]+)", output.read_text())
        if found:
            return found.group(1)
        if process.poll() is not None:
            raise Failed(f"it ended with {process.returncode}")
        time.sleep(0.1)
    raise Failed(f"not ready after {FIRST_SECONDS} s")


def get(address: str, path: str) -> int:
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


def survivors(data: str) -> list[str]:
    shown = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in shown.splitlines() if data in line]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
