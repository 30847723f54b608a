"""The command line: help without loading everything, expected failures in one line, the small commands."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from marketplace.cli import COMMANDS, main, ports
from marketplace.cli.children import Child
from marketplace.cli.site import Running
from tests.cli.sites import until

pytestmark = pytest.mark.slow  # starts servers and programs: seconds each


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "marketplace.cli", *words]
    environment = os.environ | {"MARKETPLACE_ENV": "test", **variables}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert f"marketplace {name}" in shown.output.replace("main", "marketplace")


def test_help_loads_no_command() -> None:
    script = "import sys; from marketplace.cli import main; main(['--help'], standalone_mode=False);"
    script += "sys.exit('sqlalchemy' in sys.modules or 'litestar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"MARKETPLACE_PORT": "many"}, "MARKETPLACE_PORT"),
        ({"MARKETPLACE_ENV": "demonstration"}, "MARKETPLACE_ENV"),
        ({"DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none"}, "Connect call failed"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    failed = run("check", **{"MARKETPLACE_DATA_DIR": str(tmp_path), **variables})
    assert failed.returncode == 1
    assert words in failed.stderr
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["check", "reindex"])
def test_a_database_without_tables_is_one_line(tmp_path: Path, command: str) -> None:
    failed = run(command, MARKETPLACE_DATA_DIR=str(tmp_path))
    assert failed.returncode == 1
    assert "run `marketplace migrate`" in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_doctor_names_what_does_not_answer(tmp_path: Path) -> None:
    ill = run(
        "doctor",
        MARKETPLACE_DATA_DIR=str(tmp_path),
        DATABASE_URL="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        STRIPE_API_URL="http://127.0.0.1:1",
        SMTP_URL="smtp://127.0.0.1:1",
    )
    assert ill.returncode == 1
    bad = {line.split()[1] for line in ill.stdout.splitlines() if line.startswith("BAD")}
    assert {"database", "tasks", "payments", "mail"} <= bad


def test_the_clock_goes_forward_and_stays_there(tmp_path: Path) -> None:
    data = {"MARKETPLACE_DATA_DIR": str(tmp_path)}
    assert "ahead" not in run("clock", **data).stdout
    assert "14 days, 0:00:00 ahead" in run("clock", "advance", "14d", **data).stdout
    assert "14 days, 1:30:00 ahead" in run("clock", "advance", "90m", **data).stdout
    assert float((tmp_path / "clock-offset").read_text()) == timedelta(days=14, minutes=90).total_seconds()


@pytest.mark.parametrize("span", ["14", "-3d", "3x", "d", "999999d"])
def test_a_strange_span_is_refused(tmp_path: Path, span: str) -> None:
    refused = run("clock", "advance", "--", span, MARKETPLACE_DATA_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert "say 14d" in refused.stderr


def test_the_clock_of_production_does_not_move(tmp_path: Path) -> None:
    production = {
        "MARKETPLACE_ENV": "production",
        "MARKETPLACE_DATA_DIR": str(tmp_path),
        "MARKETPLACE_SECRET_KEY": "k" * 40,
        "MARKETPLACE_BASE_URL": "https://example.org",
        "DATABASE_URL": "postgresql+asyncpg://x@127.0.0.1:1/x",
        "SMTP_URL": "smtp://127.0.0.1:1",
    }
    assert "only in demo and tests" in run("clock", "advance", "1d", **production).stderr


def test_running_is_written_read_and_forgotten(tmp_path: Path) -> None:
    assert Running.read(tmp_path) == Running()
    Running("http://127.0.0.1:8000", "http://127.0.0.1:9000").write(tmp_path)
    assert Running.read(tmp_path).sandbox_address == "http://127.0.0.1:9000"
    (tmp_path / "running.json").write_text(json.dumps({"of another version": 1}))
    assert Running.read(tmp_path) == Running()
    Running.forget(tmp_path)
    assert not (tmp_path / "running.json").exists()


def test_a_taken_port_is_passed_over() -> None:
    import socket

    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        assert ports.answers("127.0.0.1", taken)
        assert ports.next_free("127.0.0.1", taken) > taken
    assert ports.next_free("127.0.0.1", 0) > 0


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("192.0.2.7", False), ("a.b", False)],
)
def test_what_is_beyond_this_machine(host: str, loopback: bool) -> None:
    assert ports.is_loopback(host) is loopback


def test_a_child_that_dies_comes_back_later_each_time(tmp_path: Path) -> None:
    child = Child("short-lived", ["-c", "raise SystemExit(3)"], dict(os.environ), tmp_path / "logs" / "child.log")
    child.start()
    assert child.process is not None
    child.process.wait(20)
    said = child.keep_alive()
    assert "code 3" in said
    assert "again in 0.5 s" in said
    assert child.keep_alive() == "", "it waits"
    until(lambda: child.keep_alive() == "" and child.process is not None, "started again", 10)
    child.process.wait(20)
    assert "again in 1 s" in child.keep_alive()


def test_a_child_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.cli.children.STOP_SECONDS", 0.2)
    log = tmp_path / "child.log"
    stubborn = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    child = Child("stubborn", ["-c", stubborn], dict(os.environ), log)
    child.start()
    until(lambda: log.read_text(), "it runs")
    process = child.process
    assert process is not None
    child.ask_to_stop()
    child.wait()
    assert process.returncode == -9
