"""`marketplace rates`: the table of exchange rates."""

from pathlib import Path

import click
from sqlalchemy import select

from marketplace.cli.parts import text_of
from marketplace.cli.site import with_services
from marketplace.escrow.rails.models import FxRate
from marketplace.escrow.rails.rates import FarRate, import_rates
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services


@click.group("rates", help="Exchange rates by which payouts are changed.")
def command() -> None:
    """A rate of more than seven days ago changes nothing."""


@command.command("import", help="Read a CSV with date, base, quote, rate (2026-11-28,USD,PKR,278.50).")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", required=True, help="Who says so: it stands beside every rate.")
@click.option("--sure", "is_sure", is_flag=True, help="Take rates that are more than a tenth away from those known.")
def import_file(path: Path, source: str, is_sure: bool) -> None:
    text = text_of(path)

    async def act(services: Services) -> None:
        async with services[Database].write.begin() as db:
            count = await import_rates(db, text, source=source, by=None, at=clock.now(), is_sure=is_sure)
        click.echo(f"{count} new rates")

    try:
        with_services(Settings.from_env(), act)
    except FarRate as error:
        raise click.ClickException(f"{error} Nothing was imported. If it is right, import it with --sure.") from error


@command.command("list", help="The newest twenty.")
def list_rates() -> None:
    async def act(services: Services) -> None:
        async with services[Database].read() as db:
            rows = (await db.execute(select(FxRate).order_by(FxRate.on.desc(), FxRate.id.desc()).limit(20))).scalars()
            for each in rows:
                click.echo(f"{each.on}  1 {each.base} = {each.rate.normalize():f} {each.quote}  ({each.source})")

    with_services(Settings.from_env(), act)
