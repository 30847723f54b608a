"""`marketplace outbox`: commands to Stripe that are not done."""

import sys
from uuid import UUID

import click
from sqlalchemy import select, update

from marketplace.cli.parts import Id, json_option, print_json
from marketplace.cli.site import payments, with_services
from marketplace.engines.payments import outbox
from marketplace.engines.payments.models import Command
from marketplace.kernel import ids
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services

_COLUMNS = ("operation", "state", "subject_kind", "subject_id", "attempts", "created_at", "error")


@click.group("outbox", help="Commands to Stripe that are not done.")
def command() -> None:
    """They are sent by the worker; this is for whoever looks why one is not."""


@command.command("list", help="What is not done yet, the newest hundred.")
@click.option("--failed", is_flag=True, help="Those that Stripe refused for good, too.")
@json_option
def list_commands(failed: bool, as_json: bool) -> None:
    states = ("pending", "sent", "failed") if failed else ("pending", "sent")

    async def act(services: Services) -> list[Command]:
        query = select(Command).where(Command.state.in_(states)).order_by(Command.id.desc()).limit(100)
        async with services[Database].read() as db:
            return list((await db.execute(query)).scalars())

    found = with_services(Settings.from_env(), act)
    if as_json:
        print_json([{"id": ids.short(each.id)} | {name: getattr(each, name) for name in _COLUMNS} for each in found])
        return
    for each in found:
        tried = f"{each.attempts} tries since {each.created_at:%Y-%m-%d %H:%M}"
        click.echo(f"{ids.short(each.id)}  {each.operation}  {each.state}  {tried}  {each.error or ''}")
    if not found:
        click.echo("Everything is done." + ("" if failed else " What Stripe refused for good: --failed."))


@command.command("retry", help="Send one now, under its own key: Stripe does nothing twice. Exit code 1 if not done.")
@click.argument("command_id", type=Id())
def retry(command_id: UUID) -> None:
    async def act(services: Services) -> Command:
        client, database = payments(services), services[Database]
        async with database.write.begin() as db:
            free = update(Command).where(Command.id == command_id, Command.state.in_(("pending", "sent")))
            found = (await db.execute(free.values(lease_until=None).returning(Command.id))).scalar_one_or_none()
        if found is None:
            raise click.ClickException(
                "There is no such command, or it is done, or refused for good: see `marketplace outbox list --failed`."
            )
        return await outbox.dispatch(database, client, command_id)

    done = with_services(Settings.from_env(), act)
    click.echo(f"{done.state}  {done.error or done.result_id or ''}")
    sys.exit(0 if done.state == "done" else 1)
