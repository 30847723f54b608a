"""`marketplace demo`: fill the demo world."""

import sys
import time

import click

from marketplace.cli.site import with_services
from marketplace.kernel.config import Settings

REPORT_SECONDS = 5.0


@click.command("demo", help="Fill the demo world.")
@click.option("--today", is_flag=True, help="Only bring its fairs to today: what is over ends, the next ones are made.")
def command(today: bool) -> None:
    from marketplace.demo import bring_to_today, fill

    settings = Settings.from_env()
    if not settings.is_demo:
        raise click.ClickException(f"MARKETPLACE_ENV is {settings.env}: the demo world belongs into demo only.")
    began, make = time.monotonic(), bring_to_today if today else fill
    try:
        with_services(settings, lambda services: make(services, Progress()))
    except TimeoutError as error:
        raise click.ClickException(
            f"{error}: the demo world is filled behind a running site; run `make run`."
        ) from error
    if today:
        return
    start_of_line = "\r" if sys.stdout.isatty() else ""
    click.echo(f"{start_of_line}demo world: complete after {time.monotonic() - began:.0f} s".ljust(60))


class Progress:
    """One line that is written over on a terminal; elsewhere a line every few seconds."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        line = f"demo world: {what}, {done} of {total}"
        if sys.stdout.isatty():
            click.echo(f"\r{line}".ljust(60), nl=False)
        elif time.monotonic() - self._last > REPORT_SECONDS:
            self._last = time.monotonic()
            click.echo(line)
