"""`marketplace statement`: read a bank's or wallet's statement."""

from pathlib import Path

import click

from marketplace.cli.site import with_services
from marketplace.escrow.rails import desk, statements
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services


@click.group("statement", help="Statements of the platform's own accounts.")
def command() -> None:
    """What they confirm is confirmed; the rest stands on /ops/lines."""


@command.command("import", help="Read a camt.053, or the CSV of this account's bank. Reading it again changes nothing.")
@click.argument("account")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_file(account: str, path: Path) -> None:
    given = statements.Given(path.name, path.read_bytes())

    async def act(services: Services) -> None:
        houses = services[HouseAccounts].by_slug
        if account not in houses:
            there = ", ".join(houses) or "none: MARKETPLACE_HOUSE_ACCOUNTS names them"
            raise click.ClickException(f"There is no account {account} of ours. There are {there}.")
        async with services[Database].write.begin() as db:
            made = await statements.import_statement(db, given, houses[account], by=None, at=clock.now())
            waiting = await desk.open_lines(db)
        if not made.is_new:
            click.echo(f"This file was read before, for {made.statement.house}: nothing has changed.")
        click.echo(f"{made.statement.new_lines} new of {made.statement.lines} lines; {waiting} wait on /ops/lines")

    with_services(Settings.from_env(), act)
