"""`marketplace payout`: batches from a terminal. Approving stays with two people on /ops/payouts."""

from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import func, select

from marketplace.cli.site import with_services
from marketplace.escrow.rails import batches, desk
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.identity.models import User
from marketplace.kernel import clock, ids
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import format_money
from marketplace.kernel.queue import Services


@click.group("payout", help="Batches of payouts: prepare, list, take the file of an approved one.")
def command() -> None:
    """Two people approve on /ops/payouts."""


@command.command("batch", help="Put what waits on a rail into files.")
@click.argument("rail", type=click.Choice(["bank", "wallet", "manual"]))
@click.option("--by", required=True, metavar="EMAIL", help="Who of finance prepares it.")
def batch(rail: str, by: str) -> None:
    async def act(services: Services) -> None:
        house, site = services[HouseAccounts], services[Settings].name
        async with services[Database].write.begin() as db:
            clerk = await clerk_named(db, by)
            made = await batches.prepare(db, rail, house=house, site=site, by=clerk, at=clock.now())
        for each in made:
            click.echo(f"{ids.short(each.id)}  {each.count} payouts  {each.file_name}  waits for two approvals")

    _run(act)


@command.command("batches", help="The newest batches and what they wait for.")
def list_batches() -> None:
    async def act(services: Services) -> None:
        async with services[Database].read() as db:
            rows = await desk.batches(db, limit=20)
        for each in rows:
            stands = f"{each.approvals} of 2 approvals" if each.state == "prepared" else f"{each.open} unanswered"
            total = format_money(each.total)
            click.echo(f"{ids.short(each.id)}  {each.rail}  {each.count} payouts  {total}  {each.state}, {stands}")

    _run(act)


@command.command("file", help="Write the file of a batch that two people have approved.")
@click.argument("batch_id")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--by", required=True, metavar="EMAIL", help="Who of finance takes it.")
def file(batch_id: str, path: Path, by: str) -> None:
    async def act(services: Services) -> None:
        async with services[Database].write.begin() as db:
            clerk = await clerk_named(db, by)
            taken = await desk.take_file(db, ids.parse(batch_id), by=clerk, at=clock.now())
        path.write_bytes(taken.content)  # noqa: ASYNC240 - a command has nobody to wait for
        click.echo(f"{path}: {taken.count} payouts, sha256 {taken.sha256}")

    _run(act)


def _run(act: object) -> None:
    try:
        with_services(Settings.from_env(), act)  # type: ignore[arg-type]
    except DomainError as error:
        raise click.ClickException(str(error)) from error


async def clerk_named(db: Session, email: str) -> UUID:
    """Somebody of finance by address. Raises: ClickException."""
    is_clerk = (func.lower(User.email) == email.strip().lower(), User.staff_role.in_(("finance", "operator")))
    found = await db.scalar(select(User.id).where(*is_clerk, User.closed_at.is_(None)))
    if found is None:
        raise click.ClickException(f"nobody of finance has the address {email}: `marketplace staff {email} finance`")
    return found
