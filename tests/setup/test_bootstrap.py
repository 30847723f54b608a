"""deploy/bootstrap.py: instant the second time, and one line for whatever it can't help."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # starts servers and programs: seconds each

ROOT = Path(__file__).parents[2]
COPIED = ("pyproject.toml", "hatch_build.py", "package.json", "package-lock.json", "deploy")
BASE_PYTHON = Path(sys.base_prefix) / "bin" / "python3"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of a fresh clone as set-up reads before it fails."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, clone / name)
    return clone


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH without uv and npm."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def bootstrap(clone: Path, kind: str = "run", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    return subprocess.run(
        [str(BASE_PYTHON), str(clone / "deploy/bootstrap.py"), kind],
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_python_without_venv_is_told_what_to_install(clone: Path, programs: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ensurepip.py").write_text("raise ImportError('left out, as some distributions do')")
    failed = bootstrap(clone, PATH=str(programs), PYTHONPATH=str(tmp_path / "broken"))
    assert failed.returncode == 1
    assert failed.stderr == "python3 has no venv here: install it (apt install python3-venv), or install uv.\n"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uv") is None, reason="with pip alone it takes minutes to give up")
def test_without_a_network_and_with_empty_caches_one_line_says_so(clone: Path, tmp_path: Path) -> None:
    nowhere = {"https_proxy": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", "ALL_PROXY": ""}
    failed = bootstrap(clone, UV_CACHE_DIR=str(tmp_path / "uv"), UV_HTTP_RETRIES="0", **nowhere)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith("Could not fetch its packages (about ")
    assert "Traceback" not in failed.stderr


def test_the_second_time_nothing_is_done() -> None:
    ready = bootstrap(ROOT, "dev")
    if "Preparing" in ready.stdout:  # these tests were not started by `make test`
        assert ready.returncode == 0, ready.stderr
        ready = bootstrap(ROOT, "dev")
    assert (ready.returncode, ready.stdout, ready.stderr) == (0, "", "")


def test_an_old_python_looks_for_a_newer_one(clone: Path, programs: Path) -> None:
    """Asked to believe that 3.99 is needed, it finds none newer and says so; the check itself is the same."""
    text = (clone / "deploy/bootstrap.py").read_text()
    assert "OLDEST = (3, 11)" in text
    (clone / "deploy/bootstrap.py").write_text(text.replace("OLDEST = (3, 11)", "OLDEST = (3, 99)"))
    failed = bootstrap(clone, PATH=str(programs))
    assert failed.returncode == 1
    assert failed.stderr.startswith("Python 3.11 or newer is needed, 3.")
    assert failed.stderr.count("\n") == 1


def test_makefile_and_ci_know_each_other() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run:", "test:", "test-slow:", "lint:", "types:", "lock:"):
        assert f"\n{target}" in makefile
    assert "make test" in (ROOT / ".ci/run").read_text()
