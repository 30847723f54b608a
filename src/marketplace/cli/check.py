"""`marketplace check`: the books proved, ours and Stripe's."""

import sys

import click

from marketplace.cli.parts import json_option, print_json
from marketplace.cli.site import with_services
from marketplace.engines.ledger.sealing import JournalKey
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.escrow import checking
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services


@click.command("check", help="Prove the books; exit code 1 and a list when something is off.")
@json_option
def command(as_json: bool) -> None:
    problems, compared = with_services(Settings.from_env(), find)
    if as_json:
        print_json({"sound": not problems, "compared_with_stripe": compared, "problems": problems})
        sys.exit(1 if problems else 0)
    for problem in problems:
        click.echo(problem)
    if not compared:
        click.echo(
            "Payments do not answer: Stripe's books were not compared (run it beside `marketplace up`).", err=True
        )
    if problems:
        sys.exit(1)
    click.echo("The books are sound.")


async def find(services: Services) -> tuple[list[str], bool]:
    """What is wrong with the money, and whether Stripe's books (or the sandbox's) were compared."""
    settings = services[Settings]
    client = services[PaymentClient] if settings.stripe_api_key or settings.stripe_api_url else None
    async with services[Database].read() as db:
        try:
            return await checking.check(db, client, at=clock.now(), key=services[JournalKey]), client is not None
        except (PaymentRefused, PaymentUnavailable):
            return await checking.check(db, at=clock.now(), key=services[JournalKey]), False
