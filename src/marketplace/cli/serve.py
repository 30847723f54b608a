"""`marketplace serve`: the web processes."""

import importlib
import os
from pathlib import Path

import click

from marketplace.cli.ports import answers, reachable
from marketplace.cli.site import environment, opened
from marketplace.kernel import launch
from marketplace.kernel.config import Settings

APPLICATION = "marketplace.web.app"
WORKERS = 2
KILL_SECONDS = 5
RESPAWN_SECONDS = 0.5


@click.command("serve", help="Run the web processes only.")
@click.option("--workers", default=WORKERS, show_default=True, help="How many processes.")
def command(workers: int) -> None:
    settings = Settings.from_env()
    if answers(reachable(settings.host), settings.port):
        raise click.ClickException(f"Port {settings.port} is in use: set MARKETPLACE_PORT to another.")
    with opened(settings) as complete:
        os.environ.update(environment(complete))  # the web processes read their settings themselves
        serve("marketplace.cli.serve:create_app", settings.host, settings.port, workers=workers, preload=APPLICATION)


def serve(target: str, host: str, port: int, *, workers: int, preload: str) -> None:
    """Serve an application factory until SIGTERM or SIGINT. A process that dies is replaced."""
    # Where processes are forked (Linux) they share what is imported now: half the memory, and half the time to start.
    importlib.import_module(preload)

    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_SECONDS,
        workers_kill_timeout=KILL_SECONDS,  # an open event stream would hold a stop for ever
        working_dir=Path.cwd(),
    ).serve()


def create_app() -> object:
    """The application of one web process, which ends with the process that started it, even by kill -9."""
    launch.die_with(os.getppid())
    return importlib.import_module(APPLICATION).create_app()
