"""`marketplace ledger`: what operators ask of the journal."""

import sys
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import select

from marketplace.cli.parts import json_option, print_json
from marketplace.cli.site import payments, with_services
from marketplace.engines.ledger import checking, publishing
from marketplace.engines.ledger.publishing import RootKey
from marketplace.engines.ledger.sealing import JournalKey, verify_chain
from marketplace.engines.payments.movements import fetch_movements
from marketplace.escrow import reconciling, roots
from marketplace.escrow.models import BookDifference, Reconciliation
from marketplace.escrow.statements import Statement, Whose, span, statements_of
from marketplace.identity.actions import find_user
from marketplace.identity.models import Organisation
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, ReadSession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money, format_money
from marketplace.kernel.queue import Services

_DIFFERENCE = ("source_id", "currency", "stripe_minor", "ledger_minor", "found_at")


@click.group("ledger", help="Verify the journal, compare it with Stripe, sign its root, print a statement.")
def command() -> None: ...


@command.command("verify", help="The journal, its hash chain and what was published of it; exit code 1 when broken.")
@json_option
def verify(as_json: bool) -> None:
    problems, sealed = with_services(Settings.from_env(), _verify)
    if as_json:
        print_json({"sound": not problems, "sealed": sealed, "problems": problems})
        sys.exit(1 if problems else 0)
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    click.echo(f"The journal is sound: {sealed} transactions are sealed.")


@command.command("reconcile", help="Lay Stripe's balance transactions beside the ledger; exit code 1 on a difference.")
@click.option("--grace-minutes", type=click.IntRange(0), default=60, help="What is younger is left out.")
@json_option
def reconcile(grace_minutes: int, as_json: bool) -> None:
    async def act(services: Services) -> tuple[Reconciliation, list[BookDifference], int]:
        client, database = payments(services), services[Database]
        await fetch_movements(database, client)
        async with database.write.begin() as db:
            made = await reconciling.reconcile(db, at=clock.now(), grace=timedelta(minutes=grace_minutes))
        async with database.read() as db:
            return made, await reconciling.open_differences(db, limit=1_000), await reconciling.count_open(db)

    made, shown, waiting = with_services(Settings.from_env(), act)
    if as_json:
        told = [{name: getattr(each, name) for name in _DIFFERENCE} for each in shown]
        print_json({"compared": made.compared, "different": made.different, "waiting": waiting, "differences": told})
        sys.exit(1 if waiting else 0)
    click.echo(f"{made.compared} objects older than {grace_minutes} minutes compared, {made.different} different.")
    for each in shown:
        sides = [_said(each.stripe_minor, each.currency), _said(each.ledger_minor, each.currency)]
        click.echo(f"{each.source_id}: {sides[0]} at Stripe, {sides[1]} in the ledger")
    if waiting:
        click.echo(f"{waiting} wait for an explanation on /ops/books.")
        sys.exit(1)


@command.command("root", help="Publish what is sealed and sign a root now (the worker does it every night).")
def root() -> None:
    async def act(services: Services) -> None:
        async with services[Database].write.begin() as db:
            made = await roots.sign(db, services[RootKey], at=clock.now())
        click.echo(made.line)

    with_services(Settings.from_env(), act)


class Span(click.ParamType[tuple[datetime, datetime]]):
    """2026-11, or 2026."""

    name = "span"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[datetime, datetime]:
        try:
            return span(str(value))
        except NotFound:
            self.fail(f"{value!r} is no month or year: write it like 2026-11 or 2026", param, ctx)


@command.command("statement", help="What WHO earned or paid in and where it went in a month or year, by the ledger.")
@click.argument("who")
@click.argument("months", metavar="MONTH", type=Span())
@json_option
def statement(who: str, months: tuple[datetime, datetime], as_json: bool) -> None:
    """WHO is a freelancer's address, or the slug of an organisation."""

    async def act(services: Services) -> list[Statement]:
        async with services[Database].read() as db:
            return await statements_of(db, await _whose(db, who), since=months[0], until=months[1])

    found = with_services(Settings.from_env(), act)
    if as_json:
        print_json([_as_json(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.currency}: {format_money(each.opening)} at the beginning")
        for line in each.lines:
            fee = f" (fee {format_money(line.fee)})" if line.fee else ""
            said = f"{line.change.at:%Y-%m-%d %H:%M}  {line.change.kind:12} {format_money(line.change.money)}{fee}"
            click.echo(f"  {said}  {line.purpose}".rstrip())
        click.echo(f"{each.currency}: {format_money(each.closing)} at the end")
    if not found:
        click.echo("No money of theirs has ever moved. What an employer paid in: the slug of the organisation.")


async def _whose(db: ReadSession, who: str) -> Whose:
    """Raises: ClickException for somebody who is not there."""
    if "@" in who:
        user = await find_user(db, who)
        found = Whose(user_id=user.id) if user else None
    else:
        id = await db.scalar(select(Organisation.id).where(Organisation.slug == who))
        found = Whose(organisation_id=id) if id else None
    if found is None:
        raise click.ClickException(f"There is no account {who}: an address, or the slug of an organisation.")
    return found


def _as_json(each: Statement) -> dict[str, Any]:
    lines = [
        {
            "at": line.change.at,
            "kind": line.change.kind,
            "amount_minor": line.change.money.amount_minor,
            "fee_minor": line.fee.amount_minor,
            "purpose": line.purpose,
        }
        for line in each.lines
    ]
    ends = {"opening_minor": each.opening.amount_minor, "closing_minor": each.closing.amount_minor}
    return {"currency": each.currency, **ends, "lines": lines}


async def _verify(services: Services) -> tuple[list[str], int]:
    async with services[Database].read() as db:
        report = await verify_chain(db, services[JournalKey])
        problems = [*await checking.problems(db), *await publishing.contradictions(db)]
        return problems + ([f"hash chain: {report.problem}"] if report.problem else []), report.sealed


def _said(minor: int | None, currency: str) -> str:
    return "nothing" if minor is None else format_money(Money(minor, currency))
