"""`marketplace clock`: the demo's time."""

import re
from datetime import datetime, timedelta
from functools import partial

import click

from marketplace.cli.site import Running, with_services
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services
from marketplace.runtime import pass_time

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Span(click.ParamType[timedelta]):
    """14d, 36h, 90m, 2w."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        found = re.fullmatch(r"(\d{1,5})([mhdw])", str(value))
        if found is None:
            self.fail(f"{value!r} is not a time: say 14d, 36h, 90m or 2w", param, ctx)
        return timedelta(**{UNITS[found[2]]: int(found[1])})


@click.group("clock", invoke_without_command=True, help="Show the demo's time, or move it forward.")
@click.pass_context
def command(context: click.Context) -> None:
    settings = Settings.from_env()
    clock.use_offset_file(settings.clock_file if settings.has_moving_clock else None)
    if context.invoked_subcommand is None:
        say()


@command.command("advance", help="Move the demo's time forward by 14d, 36h, 90m or 2w.")
@click.argument("span", type=Span())
def advance(span: timedelta) -> None:
    since = clock.now()
    try:
        clock.advance(span)
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    settings = Settings.from_env()
    if settings.database_url or Running.read(settings.data_dir).address:
        with_services(settings, partial(_pass, since))
    say()


async def _pass(since: datetime, services: Services) -> None:
    """What is due by the new time passes at once, not at the next full minute."""
    async with services[Database].write.begin() as db:
        await pass_time(db, since=since, until=clock.now())


def say() -> None:
    ahead = f", {clock.offset()} ahead" if clock.offset() else ""
    click.echo(f"{clock.now():%Y-%m-%d %H:%M} UTC{ahead}")
