"""What is locked: every package, by hash, from no particular address."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("run.txt", "dev.txt", "node.txt")
DOWNLOAD_LIMIT_MB = 200


def entries(lock: str) -> dict[str, str]:
    """Name to everything that the lock says of it."""
    text = (ROOT / "deploy" / "requirements" / lock).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    return {re.split(r"[=\[ ]", block, maxsplit=1)[0]: block for block in blocks if block.strip()}


def named(requirement: str) -> str:
    return re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0].lower().replace("_", "-")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_one_version_and_hashes(lock: str) -> None:
    found = entries(lock)
    assert found
    assert [name for name, block in found.items() if "==" not in block or "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("path", [*(f"deploy/requirements/{lock}" for lock in LOCKS), "package-lock.json"])
def test_no_address_is_locked(path: str) -> None:
    assert "://" not in (ROOT / path).read_text(encoding="utf-8")


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = {named(requirement) for requirement in project["dependencies"]}
    assert len(run) > 15
    assert run <= set(entries("run.txt"))
    assert run | {named(requirement) for requirement in project["optional-dependencies"]["dev"]} <= set(
        entries("dev.txt")
    )


def test_both_locks_agree() -> None:
    """Else `make test` after `make run` would change what runs."""
    version = re.compile(r"==([^ \\]+)")
    run, dev = entries("run.txt"), entries("dev.txt")
    assert {n for n in run if version.findall(run[n]) != version.findall(dev.get(n, ""))} == set()


def test_the_download_stays_small() -> None:
    first = (ROOT / "deploy/requirements/run.txt").read_text(encoding="utf-8").split("\n", 1)[0]
    found = re.match(r"# download: (\d+) MB", first)
    assert found, "`make lock` measures it"
    assert 0 < int(found[1]) <= DOWNLOAD_LIMIT_MB


def test_the_browser_s_packages_are_pinned_with_their_hash() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert [name for name, entry in locked.items() if name and not entry["integrity"].startswith("sha512-")] == []
