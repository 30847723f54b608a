"""`marketplace up` starts everything, looks after it, ends cleanly, and survives what a night may bring."""

import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.sites import UpSite, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; only Linux tells a child that its parent died"),
]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mkt-up-"))
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def up(data: Path) -> Iterator[UpSite]:
    site = UpSite(data).start()
    yield site
    site.stop()


def test_the_home_page_answers(up: UpSite) -> None:
    assert up.status("/") == 200


def test_it_runs_in_the_processes_that_the_house_plans(up: UpSite) -> None:
    commands = list(up.processes().values())
    assert sum("marketplace.cli serve" in command for command in commands) == 3, "one parent, two that serve"
    assert any("marketplace.cli worker" in command for command in commands)
    assert any("marketplace.cli.sandbox" in command for command in commands)


def test_a_second_one_is_told_where_the_first_is(up: UpSite) -> None:
    refused = up.run("up")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"http://127.0.0.1:{up.port}" in refused.stderr


def test_another_command_talks_to_the_same_parts(up: UpSite) -> None:
    assert up.run("check").stdout == "The books are sound.\n"
    doctor = up.run("doctor")
    assert doctor.returncode == 0
    assert "the sandbox at http://127.0.0.1:" in doctor.stdout


@pytest.mark.parametrize("part", ["marketplace.cli worker", "marketplace.cli.sandbox", "marketplace.cli serve"])
def test_a_part_that_is_killed_is_started_again(up: UpSite, part: str) -> None:
    before = {number for number, command in up.processes().items() if part in command}
    os.kill(min(before), signal.SIGKILL)
    until(lambda: not before & set(up.processes()), f"all of {part} end with their parent")
    until(lambda: any(part in command for command in up.processes().values()), f"{part} again")
    until(lambda: up.status() == 200, "ready again")
    assert not before & set(up.processes())


def test_one_web_process_that_is_killed_is_replaced(up: UpSite) -> None:
    serving = sorted(number for number, command in up.processes().items() if "cli serve" in command)
    os.kill(serving[-1], signal.SIGKILL)
    until(lambda: serving[-1] not in up.processes(), "gone")
    until(lambda: sum("cli serve" in command for command in up.processes().values()) == 3, "replaced")
    assert up.pid("cli serve") == serving[0], "its parent lived on"
    until(lambda: up.status() == 200, "ready again")


def test_a_database_that_is_killed_is_started_again(up: UpSite, data: Path) -> None:
    first = int((data / "postgres/postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(first, signal.SIGKILL)
    until(lambda: first not in up.processes(), "gone")
    until(lambda: up.status() == 200, "ready again")
    assert up.run("check").returncode == 0


def test_its_own_death_leaves_nothing_behind_and_the_next_start_goes_on(up: UpSite, data: Path) -> None:
    secret = (data / "secret-key").read_text()
    up.stop(signal.SIGKILL)
    until(lambda: not up.processes(), "all parts ended")
    up.start()
    assert up.status("/") == 200
    assert (data / "secret-key").read_text() == secret


def test_ctrl_c_ends_everything_and_a_taken_port_is_told(up: UpSite, data: Path) -> None:
    taken = up.port
    assert up.stop(signal.SIGINT) == 0
    assert up.processes() == {}
    assert "Stopped." in up.said
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", taken))
        stranger.listen()
        up.environment["MARKETPLACE_PORT"] = str(taken)
        up.start()
        assert f"Port {taken} is in use: taking {up.port}." in up.said
        assert up.status("/") == 200


def test_beyond_this_machine_a_token_is_asked(up: UpSite) -> None:
    up.stop(signal.SIGTERM)
    up.environment |= {"MARKETPLACE_HOST": "0.0.0.0", "MARKETPLACE_ENV": "demo"}
    (up.data / "demo-filled").touch()
    up.start()
    token = (up.data / "access-token").read_text()
    assert f"/?token={token}" in up.said
    assert up.status("/") == 403
    assert up.status(f"/?token={token}") in {200, 303}
