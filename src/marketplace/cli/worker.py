"""`marketplace worker`: background tasks and schedules."""

import asyncio

import click

from marketplace.cli.site import opened
from marketplace.kernel.config import Settings
from marketplace.worker import run


@click.command("worker", help="Run background tasks and schedules only.")
def command() -> None:
    with opened(Settings.from_env()) as settings:
        asyncio.run(run(settings))
