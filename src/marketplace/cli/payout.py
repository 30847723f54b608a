"""`marketplace payout`: batches from a terminal. Approving stays with two people on /ops/payouts."""

from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import func, select

from marketplace.cli.parts import Id, json_option, print_json
from marketplace.cli.site import with_services
from marketplace.escrow.rails import batches, desk, freezing
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.escrow.rules import MoveRefused
from marketplace.identity.models import User
from marketplace.kernel import clock, ids
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import format_money
from marketplace.kernel.queue import Services


@click.group("payout", help="Batches of payouts: prepare, list, take the file of an approved one; stop all payouts.")
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

    with_services(Settings.from_env(), act)


@command.command("batches", help="The newest batches and what they wait for.")
@json_option
def list_batches(as_json: bool) -> None:
    async def act(services: Services) -> list[desk.BatchLine]:
        async with services[Database].read() as db:
            return await desk.batches(db, limit=20)

    rows = with_services(Settings.from_env(), act)
    if as_json:
        print_json([asdict(each) | {"id": ids.short(each.id)} for each in rows])
        return
    for each in rows:
        stands = f"{each.approvals} of 2 approvals" if each.state == "prepared" else f"{each.open} unanswered"
        total = format_money(each.total)
        click.echo(f"{ids.short(each.id)}  {each.rail}  {each.count} payouts  {total}  {each.state}, {stands}")
    if not rows:
        click.echo("There is no batch yet: `marketplace payout batch bank --by EMAIL` prepares one.")


@command.command("file", help="Write the file of a batch that two people have approved.")
@click.argument("batch_id", type=Id())
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--by", required=True, metavar="EMAIL", help="Who of finance takes it.")
def file(batch_id: UUID, path: Path, by: str) -> None:
    async def act(services: Services) -> None:
        async with services[Database].write.begin() as db:
            clerk = await clerk_named(db, by)
            try:
                taken = await desk.take_file(db, batch_id, by=clerk, at=clock.now())
            except NotFound:
                raise click.ClickException("There is no such batch: `marketplace payout batches` lists them.") from None
            except MoveRefused:
                raise click.ClickException("Two people have to approve it first, on /ops/payouts.") from None
        path.write_bytes(taken.content)  # noqa: ASYNC240 - a command has nobody to wait for
        click.echo(f"{path}: {taken.count} payouts, sha256 {taken.sha256}")

    with_services(Settings.from_env(), act)


@command.command("freeze", help="Stop all payouts: no asking, no preparing, no approving, until `payout lift`.")
@click.argument("reason")
@click.option("--by", required=True, metavar="EMAIL", help="Who of finance says so.")
def freeze(reason: str, by: str) -> None:
    async def act(services: Services) -> None:
        async with services[Database].write.begin() as db:
            try:
                await freezing.freeze(db, reason, by=await clerk_named(db, by), at=clock.now())
            except MoveRefused:
                raise click.ClickException("They are stopped already: `marketplace payout lift` ends it.") from None
        click.echo("All payouts are stopped. What Stripe or a bank has already goes on.")

    with_services(Settings.from_env(), act)


@command.command("lift", help="Let payouts go on.")
@click.option("--by", required=True, metavar="EMAIL", help="Who of finance says so.")
def lift(by: str) -> None:
    async def act(services: Services) -> None:
        async with services[Database].write.begin() as db:
            try:
                await freezing.lift(db, by=await clerk_named(db, by), at=clock.now())
            except MoveRefused:
                raise click.ClickException("Payouts are not stopped.") from None
        click.echo("Payouts go on.")

    with_services(Settings.from_env(), act)


async def clerk_named(db: Session, email: str) -> UUID:
    """Somebody of finance by address. Raises: ClickException."""
    is_clerk = (func.lower(User.email) == email.strip().lower(), User.staff_role.in_(("finance", "operator")))
    found = await db.scalar(select(User.id).where(*is_clerk, User.closed_at.is_(None)))
    if found is None:
        raise click.ClickException(f"nobody of finance has the address {email}: `marketplace staff {email} finance`")
    return found
