"""`marketplace outbox`: commands to Stripe that are not done."""

import click
from sqlalchemy import select, update

from marketplace.cli.site import with_services
from marketplace.engines.payments import outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.models import Command
from marketplace.kernel import ids
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services


@click.group("outbox", help="Commands to Stripe that are not done.")
def command() -> None:
    """They are sent by the worker; this is for whoever looks why one is not."""


@command.command("list", help="What is not done, and what Stripe refused lately.")
@click.option("--failed", is_flag=True, help="Those that Stripe refused for good, too.")
def list_commands(failed: bool) -> None:
    states = ("pending", "sent", "failed") if failed else ("pending", "sent")

    async def act(services: Services) -> None:
        query = select(Command).where(Command.state.in_(states)).order_by(Command.id.desc()).limit(100)
        async with services[Database].read() as db:
            for each in (await db.execute(query)).scalars():
                tried = f"{each.attempts} tries since {each.created_at:%Y-%m-%d %H:%M}"
                click.echo(f"{ids.short(each.id)}  {each.operation}  {each.state}  {tried}  {each.error or ''}")

    with_services(Settings.from_env(), act)


@command.command("retry", help="Send one now, under its own key: Stripe does nothing twice.")
@click.argument("command_id")
def retry(command_id: str) -> None:
    async def act(services: Services) -> None:
        id, database = ids.parse(command_id), services[Database]
        async with database.write.begin() as db:
            free = update(Command).where(Command.id == id, Command.state.in_(("pending", "sent")))
            found = (await db.execute(free.values(lease_until=None).returning(Command.id))).scalar_one_or_none()
        if found is None:
            raise click.ClickException("there is no such command, or it is done or refused for good")
        done = await outbox.dispatch(database, services[PaymentClient], id)
        click.echo(f"{done.state}  {done.error or done.result_id or ''}")

    with_services(Settings.from_env(), act)
