"""`marketplace staff`: who moderates and operates."""

import click

from marketplace.cli.site import with_services
from marketplace.identity.staff import appoint
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.errors import DomainError
from marketplace.kernel.queue import Services


@click.command("staff", help="Make an account a moderator, an operator or finance, or nothing any more.")
@click.argument("email")
@click.argument("role", type=click.Choice(["moderator", "operator", "finance", "none"]), default="moderator")
def command(email: str, role: str) -> None:
    async def act(services: Services) -> None:
        async with services[Database].write.begin() as db:
            user = await appoint(db, email, None if role == "none" else role, at=clock.now())
        click.echo(f"{user.name}: {role}")

    try:
        with_services(Settings.from_env(), act)
    except DomainError as error:
        raise click.ClickException(f"no account with the address {email}") from error
