"""`marketplace up`: everything on this machine, until Ctrl-C.

Order: database; payment sandbox and web (they load while the database is migrated); worker; then, once and behind the
running site, the demo world. A part that dies is started again, the database first. All end with this process, even by
kill -9.
"""

import asyncio
import dataclasses
import fcntl
import http.client
import secrets
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from marketplace.cli import ports
from marketplace.cli.children import Child
from marketplace.cli.site import Running, embedded, environment, make_database, sandbox_settings, with_database
from marketplace.kernel.config import Settings
from marketplace.kernel.database.embedded import EmbeddedPostgres

READY_SECONDS = 120
LOOK_SECONDS = 0.25
DEMO_SECONDS = 900
"""How often the demo's fairs are brought to today."""


@click.command("up", help="Run everything on this machine until Ctrl-C.")
def command() -> None:
    settings = Settings.from_env()
    with only_one(settings.data_dir):
        try:
            Site(prepared(settings)).run()
        except OSError as error:
            raise click.ClickException(str(error)) from error


@contextmanager
def only_one(data_dir: Path) -> Generator[None]:
    """One `up` per data folder; the kernel gives the lock back also after kill -9."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "up.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            address = Running.read(data_dir).address or "it is just starting"
            raise click.ClickException(f"It runs already on {data_dir}: {address}") from None
        yield


def prepared(settings: Settings) -> Settings:
    """The settings with a free port, an address that others can open, and a token where others can come."""
    port = ports.next_free(settings.host, settings.port)
    if port != settings.port:
        click.echo(f"Port {settings.port} is in use: taking {port}.")
    base_url = settings.base_url
    if base_url == f"http://{settings.host}:{settings.port}":
        base_url = f"http://{ports.visible(settings.host)}:{port}"
    token = settings.access_token
    if not token and settings.is_demo and not ports.is_loopback(settings.host):
        token = _kept_token(settings.data_dir / "access-token")
    return dataclasses.replace(settings, port=port, base_url=base_url, access_token=token)


def _kept_token(path: Path) -> str:
    """The same after a restart, so that open pages stay open."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(16), encoding="ascii")
    return path.read_text(encoding="ascii")


class Site:
    """All parts, from start to stop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.children: list[Child] = []
        self.server: EmbeddedPostgres | None = None
        self.demo: Child | None = None
        self._demo_at = 0.0
        self._stop = threading.Event()
        self._began = time.monotonic()

    def run(self) -> None:
        """Start everything, look after it until SIGINT or SIGTERM, stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            self._start()
            while not self._stop.wait(LOOK_SECONDS):
                self._look_after()
        finally:
            self._end()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self) -> None:
        if not self.settings.database_url:
            self.server = embedded(self.settings)
            self.server.start()
            self.settings = with_database(self.settings, self.server)
        if not self.settings.stripe_api_key:
            self._start_sandbox()
        Running(self.settings.base_url, self.settings.stripe_api_url).write(self.settings.data_dir)
        self._start_child("web", "-m", "marketplace.cli", "serve")
        self._migrate()
        self._start_child("worker", "-m", "marketplace.cli", "worker")
        if self._wait_until_ready():
            self._say_address()
            self._start_demo()

    def _migrate(self) -> None:
        # Imported while web and sandbox are loading.
        from marketplace.cli.migrate import migrate

        if self.server is not None:
            asyncio.run(make_database(self.server))
        asyncio.run(migrate(self.settings))

    def _start_sandbox(self) -> None:
        settings = self.settings
        port = ports.next_free(settings.host, settings.sandbox_port)
        # Its pages are opened by the same browsers as ours.
        address = f"http://{ports.visible(settings.host)}:{port}"
        self.settings = settings = dataclasses.replace(settings, **sandbox_settings(settings, address))
        web = f"http://{ports.reachable(settings.host)}:{settings.port}"
        self._start_child(
            "sandbox",
            "-m",
            "marketplace.cli.sandbox",
            MARKETPLACE_SANDBOX_BOOKS=str(settings.data_dir / "sandbox.sqlite"),
            MARKETPLACE_SANDBOX_HOST=settings.host,
            MARKETPLACE_SANDBOX_PORT=str(port),
            MARKETPLACE_SANDBOX_URL=address,
            MARKETPLACE_SANDBOX_WEBHOOK_URL=f"{web}/webhooks/stripe",
            MARKETPLACE_SANDBOX_WEBHOOK_SECRET=settings.stripe_webhook_secret,
            MARKETPLACE_SANDBOX_CONNECT_WEBHOOK_SECRET=settings.stripe_connect_webhook_secret,
            MARKETPLACE_CLOCK_FILE=str(settings.clock_file) if settings.has_moving_clock else "",
        )

    def _start_child(self, name: str, *words: str, **variables: str) -> Child:
        log = self.settings.data_dir / "logs" / f"{name}.log"
        child = Child(name, list(words), environment(self.settings) | variables, log)
        child.start()
        self.children.append(child)
        return child

    def _wait_until_ready(self) -> bool:
        """True when the site answers; False when we were asked to stop before. Raises: ClickException when neither."""
        host = ports.reachable(self.settings.host)
        deadline = time.monotonic() + READY_SECONDS
        while not self._stop.wait(0.1):
            if _answers_ok(host, self.settings.port):
                return True
            self._look_after()
            if time.monotonic() > deadline:
                logs = self.settings.data_dir / "logs"
                raise click.ClickException(f"The site did not answer in {READY_SECONDS} s: see {logs}.")
        return False

    def _say_address(self) -> None:
        settings = self.settings
        query = f"/?token={settings.access_token}" if settings.access_token else ""
        seconds = time.monotonic() - self._began
        click.secho(f"\n  {settings.name} is ready after {seconds:.1f} s:  {settings.base_url}{query}\n", bold=True)
        click.echo(f"  Data and logs in {settings.data_dir}. Ctrl-C stops everything.\n")

    def _start_demo(self) -> None:
        """Filled once per data folder, on our own output, so that its progress is seen; brought to today ever after."""
        if not self.settings.is_demo:
            return
        today = ["--today"] if self._demo_mark.exists() else []
        log = self.settings.data_dir / "logs" / "demo.log" if today else None
        self.demo = Child("demo", ["-m", "marketplace.cli", "demo", *today], environment(self.settings), log)
        self.demo.start()
        self._demo_at = time.monotonic() + DEMO_SECONDS

    @property
    def _demo_mark(self) -> Path:
        return self.settings.data_dir / "demo-filled"

    def _look_after(self) -> None:
        if self.server is not None and self.server.has_ended():
            click.echo("The database ended, it starts again.", err=True)
            self.server.start()
        for child in self.children:
            if said := child.keep_alive():
                click.echo(said, err=True)
        if self.demo is not None and self.demo.process is not None and self.demo.process.poll() is not None:
            if self.demo.process.returncode == 0:
                self._demo_mark.touch()
            else:
                minutes = DEMO_SECONDS // 60
                click.echo(f"The demo world is not complete; it goes on in {minutes} minutes.", err=True)
            self.demo = None
        if self.demo is None and 0 < self._demo_at < time.monotonic():
            self._start_demo()

    def _end(self) -> None:
        """Web first, so that nothing new comes in; the database last. A second Ctrl-C changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        ending = [*([self.demo] if self.demo else []), *reversed(self.children)]
        for child in ending:
            child.ask_to_stop()
        for child in ending:
            child.wait()
        if self.server is not None:
            self.server.stop()
        Running.forget(self.settings.data_dir)
        if sys.exc_info()[0] is None:
            click.echo("\nStopped. The data are kept; `make run` goes on with them.")


def _answers_ok(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
