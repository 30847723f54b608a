"""`marketplace doctor`: which service of each kind is in use, and whether it answers."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import click
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from marketplace.cli import ports
from marketplace.cli.site import Running, is_migrated, with_services
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentUnavailable
from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.database.readiness import readiness
from marketplace.kernel.queue import Services

OLDEST_POSTGRESQL = 18
CONNECT_SECONDS = 3
NOT_MIGRATED = "waits for the database's tables"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the kind of service, which one is in use, what it says, and whether that is as it should be."""

    kind: str
    used: str
    says: str
    is_well: bool = True


@click.command("doctor", help="Say which service of each kind is in use and whether it answers.")
def command() -> None:
    settings = Settings.from_env()
    click.echo(f"Settings: MARKETPLACE_ENV={settings.env}, data in {settings.data_dir}")
    found = with_services(settings, lambda services: examine(settings, services), needs_tables=False)
    for finding in found:
        mark = click.style("ok ", fg="green") if finding.is_well else click.style("BAD", fg="red")
        click.echo(f"{mark}  {finding.kind:<9} {finding.used:<58} {finding.says}")
    if not all(finding.is_well for finding in found):
        sys.exit(1)


async def examine(given: Settings, services: Services) -> list[Finding]:
    """One finding for each kind. `given` are the settings as the operator set them, before addresses were filled in."""
    return [
        await _told("database", _database_used(given), lambda: _database(given, services)),
        await _told("tasks", "pgqueuer in the database", lambda: _tasks(services)),
        await _told("search", given.meili_url or "embedded", lambda: _search(services)),
        await _told("payments", _payments_used(given, services), lambda: _payments(given, services)),
        await _mail(given),
        _files(given),
        await _web(given),
    ]


async def _told(kind: str, used: str, ask: Callable[[], Awaitable[tuple[str, bool]]]) -> Finding:
    """What `ask` says; a failure is a finding too, in one line."""
    try:
        return Finding(kind, used, *await ask())
    except (SQLAlchemyError, OSError, ValueError, PaymentUnavailable) as error:
        return Finding(kind, used, (str(error).splitlines() or [type(error).__name__])[0], False)


def _database_used(given: Settings) -> str:
    if not given.database_url:
        return f"embedded PostgreSQL in {given.data_dir / 'postgres'}"
    url = make_url(given.database_url)
    return f"PostgreSQL at {url.host or url.query.get('host')}, database {url.database}"


async def _database(given: Settings, services: Services) -> tuple[str, bool]:
    began = time.monotonic()
    async with services[Database].read() as db:
        version = str(await db.scalar(text("SHOW server_version")))
        says = f"answers in {(time.monotonic() - began) * 1000:.0f} ms, version {version}, "
        has_our_tables = await is_migrated(db)
    if int(version.split(".")[0]) < OLDEST_POSTGRESQL:
        return f"version {version}: {OLDEST_POSTGRESQL} or newer is needed (uuidv7)", False
    if has_our_tables:
        return says + "migrated", True
    # `up` migrates the embedded one by itself.
    return says + ("run `marketplace migrate`" if given.database_url else "still empty"), not given.database_url


async def _tasks(services: Services) -> tuple[str, bool]:
    async with services[Database].read() as db:
        if not await is_migrated(db):
            return NOT_MIGRATED, True
        found = await readiness(db)
    says = f"{found.waiting_tasks} wait, the oldest for {found.oldest_task_seconds:.0f} s"
    return says + (": is the worker running?" if found.is_behind else ""), True


async def _search(services: Services) -> tuple[str, bool]:
    search = services[SearchIndex]
    used = await search.greet()
    counts = ", ".join([f"{await search.count(name)} {name}" for name in search.names])
    async with services[Database].read() as db:
        if not await is_migrated(db):
            return NOT_MIGRATED, True
        lag = await outbox.lag(db)
    says = f"{used} answers: {counts}; {lag.waiting} changes behind, {lag.refused} refused"
    return says + (" (`marketplace search tasks`)" if lag.refused else ""), not lag.refused


def _payments_used(given: Settings, services: Services) -> str:
    kind = "Stripe, live" if given.stripe_api_key.startswith("sk_live_") else "Stripe, test mode"
    address = services[Settings].stripe_api_url
    if not given.stripe_api_key:
        return f"the sandbox at {address}" if address else "the sandbox"
    return f"{kind} at {address or 'https://api.stripe.com'}"


async def _payments(given: Settings, services: Services) -> tuple[str, bool]:
    if not given.stripe_api_key and not services[Settings].stripe_api_url:
        return "starts with `marketplace up`", True
    takes_our_key = await services[PaymentClient].answers()
    return ("answers" if takes_our_key else "answers, but refuses our key"), takes_our_key


async def _mail(given: Settings) -> Finding:
    if not given.smtp_url:
        return Finding("mail", "the mailbox page /dev/mail", "nothing leaves this machine")
    parts = urlsplit(given.smtp_url)
    host, port = parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 587)
    return await _connects("mail", f"{host}:{port}", host, port)


def _files(given: Settings) -> Finding:
    folder = given.data_dir / "files"
    folder.mkdir(parents=True, exist_ok=True)
    is_well = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    return Finding("files", str(folder), "can be written" if is_well else "can't be written", is_well)


async def _web(given: Settings) -> Finding:
    address = Running.read(given.data_dir).address
    if not address:
        return Finding("web", "none", "starts with `marketplace up` or `marketplace serve`")
    parts = urlsplit(address)
    return await _connects("web", address, parts.hostname or "", parts.port or 80)


async def _connects(kind: str, used: str, host: str, port: int) -> Finding:
    loop = asyncio.get_running_loop()
    try:
        reached = await asyncio.wait_for(loop.run_in_executor(None, ports.answers, host, port), CONNECT_SECONDS)
    except (TimeoutError, OSError):
        reached = False
    return Finding(kind, used, "answers" if reached else "does not answer", reached)
