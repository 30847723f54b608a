"""Make .venv ready: `python3 deploy/bootstrap.py run` (what the site needs) or `dev` (and what its tests need).

Standard library only, called by the Makefile before anything else exists. Uses uv when it is there, else venv and pip;
tries the caches first, then the network, then says in one line what is missing. A stamp makes the second time instant.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")
LOCKS = {"run": "deploy/requirements/run.txt", "dev": "deploy/requirements/dev.txt"}
NODE_LOCK = "deploy/requirements/node.txt"
BUILD_INPUTS = ("pyproject.toml", "hatch_build.py", "package-lock.json")


def main(kind: str) -> int:
    if sys.version_info < OLDEST:
        return with_newer_python()
    if is_ready(kind):
        return 0
    try:
        with_lock(kind)
    except Missing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


class Missing(Exception):
    """Something that this program can't help; the message is one line that says what to do."""


def with_newer_python() -> int:
    for name in NEWER_PYTHONS:
        path = shutil.which(name)
        if path:
            os.execv(path, [path, *sys.argv])
    found = ".".join(map(str, sys.version_info[:2]))
    print(f"Python 3.11 or newer is needed, {found} is here: install one (apt install python3.11).", file=sys.stderr)
    return 1


def with_lock(kind: str) -> None:
    """One bootstrap at a time: `make run` and `make test` may be typed together."""
    import fcntl

    VENV.mkdir(exist_ok=True)
    # Not .lock: that one is uv's own.
    with (VENV / ".bootstrap-lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not is_ready(kind):
            prepare(kind)


def is_ready(kind: str) -> bool:
    stamp = VENV / f".ready-{kind}"
    return stamp.is_file() and stamp.read_text(encoding="ascii") == fingerprint(kind)


def fingerprint(kind: str) -> str:
    """Everything that .venv was made from; a moved clone or a new Python makes it anew."""
    paths = [ROOT / name for name in (LOCKS[kind], NODE_LOCK, *BUILD_INPUTS)]
    paths += sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po"))
    digest = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def prepare(kind: str) -> None:
    began = time.monotonic()
    say("Preparing .venv" + ("" if kind == "run" else " with what the tests need"))
    python = make_environment()
    lock = ROOT / LOCKS[kind]
    install(python, ["--require-hashes", "-r", str(lock)], f"its packages (about {download_size(lock)} MB)")
    if shutil.which("npm") is None and not (VENV / "bin" / "npm").exists():
        install(python, ["--require-hashes", "-r", str(ROOT / NODE_LOCK)], "npm")
    hook(python, "assets")
    if kind == "dev":
        hook(python, "dev")
    if not attempt([*installer(python), "--no-deps", "--no-build-isolation", "-e", str(ROOT)], show=True):
        raise Missing("The project itself could not be installed: see above. `make clean` and run again.")
    for each in ("run", kind):
        (VENV / f".ready-{each}").write_text(fingerprint(each), encoding="ascii")
    say(f"Ready after {time.monotonic() - began:.0f} s")


def make_environment() -> Path:
    python = VENV / "bin" / "python"
    version = "import sys; print(*sys.version_info[:2])"
    if python.exists():
        answer = subprocess.run([str(python), "-c", version], capture_output=True, text=True, check=False)
        if answer.stdout.split() == [str(number) for number in sys.version_info[:2]]:
            return python
    if shutil.which("uv"):
        attempt(["uv", "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)])
    elif not has("ensurepip") or not has("venv"):
        raise Missing("python3 has no venv here: install it (apt install python3-venv), or install uv.")
    else:
        attempt([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if not python.exists():
        raise Missing(f"{VENV} could not be made: remove it and run again.")
    return python


def has(module: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def install(python: Path, what: list[str], name: str) -> None:
    """From uv's cache alone when it holds everything: quick, and the same without a network. Else by the network."""
    command = installer(python)
    if command[0] == "uv" and attempt([*command, "--offline", *what]):
        return
    say(f"Fetching {name}")
    if not attempt([*command, *what], show=True):
        raise Missing(
            f"Could not fetch {name}: it needs a network once. Connect and run again; what was fetched is kept."
        )


def installer(python: Path) -> list[str]:
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--quiet", "--python", str(python)]
    return [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--disable-pip-version-check",
        "--retries",
        "2",
    ]


def hook(python: Path, verb: str) -> None:
    """The browser files, before the build, so that a fault is told in one line."""
    done = subprocess.run([str(python), str(ROOT / "hatch_build.py"), verb], cwd=str(ROOT), check=False)
    if done.returncode != 0:
        raise SystemExit(done.returncode)  # it has said why, in one line


def attempt(command: list[str], show: bool = False) -> bool:
    output = None if show else subprocess.DEVNULL
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(command, cwd=str(ROOT), env=environment, stdout=output, stderr=output, check=False)
    return done.returncode == 0


def download_size(lock: Path) -> str:
    """Megabytes, from the lock's first line, where deploy/lock.py wrote what it measured."""
    found = re.match(r"# download: (\d+) MB", lock.read_text(encoding="utf-8"))
    return found.group(1) if found else "150"


def say(words: str) -> None:
    print(f"marketplace: {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
