"""A child ends when its starter does, by the kernel's word (Linux) and by watching (everywhere)."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.kernel import launch

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="waits by pidfd")]

PROGRAM = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
STARTER = f"""
import subprocess, sys
from marketplace.kernel import launch
subprocess.Popen(launch.bound([sys.executable, "-c", {PROGRAM!r}], verb=sys.argv[1])).wait()
"""


def has_ended(process: int) -> bool:
    return bool(select.select([process], [], [], 30)[0])


@pytest.mark.parametrize("verb", ["run", "watch"])
def test_it_ends_when_its_starter_is_killed(verb: str) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER, verb], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        program = os.pidfd_open(int(starter.stdout.readline()))
        starter.kill()
        assert has_ended(program)
        os.close(program)


def test_who_watches_passes_signals_on_and_tells_the_exit_code() -> None:
    speaks = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print(1, flush=True)"
    command = launch.bound([sys.executable, "-c", f"{speaks}; time.sleep(60)"], verb="watch")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        watcher.stdout.readline()
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(30) == 7


def test_a_program_whose_starter_is_gone_already_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    gone = 2**22 + 1  # above the highest number of a process
    words = [sys.executable, "-c", f"open({str(mark)!r}, 'w')"]
    command = [sys.executable, "-I", "-S", str(launch.__file__), str(gone), "self", "run", *words]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
    assert not mark.exists()
