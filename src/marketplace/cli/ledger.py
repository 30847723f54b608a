"""`marketplace ledger`: what operators ask of the journal."""

import sys
from datetime import timedelta

import click

from marketplace.cli.site import with_services
from marketplace.engines.ledger import checking, publishing
from marketplace.engines.ledger.publishing import RootKey
from marketplace.engines.ledger.sealing import JournalKey, verify_chain
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.engines.payments.movements import fetch_movements
from marketplace.escrow import reconciling, roots
from marketplace.escrow.statements import Whose, span, statements_of
from marketplace.identity.actions import find_user
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money, format_money
from marketplace.kernel.queue import Services


@click.group("ledger", help="Verify the journal, compare it with Stripe, sign its root, print a statement.")
def command() -> None: ...


@command.command("verify", help="The journal, its hash chain and what was published of it; exit code 1 when broken.")
def verify() -> None:
    problems, sealed = with_services(Settings.from_env(), _verify)
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    click.echo(f"The journal is sound: {sealed} transactions are sealed.")


@command.command("reconcile", help="Lay Stripe's balance transactions beside the ledger; exit code 1 on a difference.")
@click.option("--grace-minutes", type=click.IntRange(0), default=60, help="What is younger is left out.")
def reconcile(grace_minutes: int) -> None:
    async def act(services: Services) -> int:
        database, client = services[Database], services[PaymentClient]
        grace = timedelta(minutes=grace_minutes)
        await fetch_movements(database, client)
        async with database.write.begin() as db:
            made = await reconciling.reconcile(db, at=clock.now(), grace=grace)
        click.echo(f"{made.compared} objects compared, {made.different} different.")
        async with database.read() as db:
            for each in await reconciling.open_differences(db, limit=1_000):
                sides = [_said(each.stripe_minor, each.currency), _said(each.ledger_minor, each.currency)]
                click.echo(f"{each.source_id}: {sides[0]} at Stripe, {sides[1]} in the ledger")
            return await reconciling.count_open(db)

    try:
        waiting = with_services(Settings.from_env(), act)
    except (PaymentRefused, PaymentUnavailable) as error:
        raise click.ClickException(f"Payments do not answer: {error}") from error
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


@command.command("statement", help="What a freelancer earned and was paid in a month or year, from the ledger.")
@click.argument("email")
@click.argument("month", metavar="MONTH")
def statement(email: str, month: str) -> None:
    async def act(services: Services) -> None:
        since, until = span(month)
        async with services[Database].read() as db:
            user = await find_user(db, email)
            if user is None:
                raise NotFound
            found = await statements_of(db, Whose(user_id=user.id), since=since, until=until)
        for each in found:
            click.echo(f"{each.currency}: {format_money(each.opening)} at the beginning")
            for line in each.lines:
                fee = f" (fee {format_money(line.fee)})" if line.fee else ""
                said = f"{line.change.at:%Y-%m-%d %H:%M}  {line.change.kind:12} {format_money(line.change.money)}{fee}"
                click.echo(f"  {said}  {line.purpose}")
            click.echo(f"{each.currency}: {format_money(each.closing)} at the end")

    try:
        with_services(Settings.from_env(), act)
    except NotFound as error:
        raise click.ClickException(f"no account {email}, or no month {month} (write it like 2026-11)") from error


async def _verify(services: Services) -> tuple[list[str], int]:
    async with services[Database].read() as db:
        report = await verify_chain(db, services[JournalKey])
        problems = [*await checking.problems(db), *await publishing.contradictions(db)]
        return problems + ([f"hash chain: {report.problem}"] if report.problem else []), report.sealed


def _said(minor: int | None, currency: str) -> str:
    return "nothing" if minor is None else format_money(Money(minor, currency))
