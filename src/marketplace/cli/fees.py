"""`marketplace fees`: the published table of fees, and changes to it."""

from datetime import UTC, datetime
from typing import cast

import click

from marketplace.cli.site import with_services
from marketplace.escrow.fees import CHARGED, fees_in_force, fees_to_come, publish_fee
from marketplace.escrow.models import FeeKind
from marketplace.escrow.rules import FeeTerms
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.money import CURRENCIES, format_money
from marketplace.kernel.queue import Services


@click.group("fees", invoke_without_command=True, help="Show the table of fees, or publish a change to it.")
@click.pass_context
def command(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        with_services(Settings.from_env(), _show)


@command.command("publish", help="From a later day on, new contracts of KIND pay POINTS hundredths of a percent.")
@click.argument("kind", type=click.Choice(CHARGED))
@click.argument("currency", type=click.Choice(CURRENCIES))
@click.argument("points", type=click.IntRange(0, 10_000))
@click.option("--minimum", "minimum_minor", type=click.IntRange(0), default=0, help="In minor units (cents, paisa).")
@click.option("--from", "valid_from", type=click.DateTime(["%Y-%m-%d"]), required=True, help="A day, 00:00 UTC.")
def publish(kind: str, currency: str, points: int, minimum_minor: int, valid_from: datetime) -> None:
    async def act(services: Services) -> None:
        terms, begins = FeeTerms(points, minimum_minor), valid_from.replace(tzinfo=UTC)
        async with services[Database].write.begin() as db:
            await publish_fee(db, cast(FeeKind, kind), currency, terms, valid_from=begins, at=clock.now())

    with_services(Settings.from_env(), act)
    click.echo(f"New contracts pay this from {valid_from:%Y-%m-%d} on; it stands at /fees now.")


async def _show(services: Services) -> None:
    async with services[Database].read() as db:
        now = clock.now()
        for fee in [*await fees_in_force(db, at=now), *await fees_to_come(db, at=now)]:
            least = f", at least {format_money(fee.minimum)}" if fee.minimum else ""
            click.echo(
                f"{fee.kind:9}{fee.currency}  {fee.percent} %{least}, {fee.payer}, from {fee.valid_from:%Y-%m-%d}"
            )
