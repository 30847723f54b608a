"""What commands share: the settings with every address filled in, and the embedded PostgreSQL when no other is set.

`marketplace up` writes down where its parts listen (DATA_DIR/running.json), so that `check` or `doctor` in another
terminal talks to the same ones.
"""

import asyncio
import contextlib
import dataclasses
import hashlib
import hmac
import json
import os
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, ReadSession
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.readiness import readiness
from marketplace.kernel.queue import Services

DATABASE = "marketplace"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Running:
    """Where the parts of a running `marketplace up` listen; empty addresses: it does not run, or has no such part."""

    address: str = ""
    sandbox_address: str = ""

    @classmethod
    def read(cls, data_dir: Path) -> "Running":
        try:
            return cls(**json.loads(_running_file(data_dir).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls()

    def write(self, data_dir: Path) -> None:
        path = _running_file(data_dir)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")
        fresh.replace(path)

    @staticmethod
    def forget(data_dir: Path) -> None:
        _running_file(data_dir).unlink(missing_ok=True)


def _running_file(data_dir: Path) -> Path:
    return data_dir / "running.json"


def embedded(settings: Settings) -> EmbeddedPostgres:
    """The PostgreSQL of this data folder."""
    return EmbeddedPostgres(settings.data_dir / "postgres")


@contextlib.contextmanager
def opened(settings: Settings) -> Generator[Settings]:
    """The settings with an address of a running database and, where `up` runs one, of the sandbox."""
    running = Running.read(settings.data_dir)
    if not settings.stripe_api_key and running.sandbox_address:
        settings = dataclasses.replace(settings, **sandbox_settings(settings, running.sandbox_address))
    if settings.database_url:
        yield settings
        return
    server = embedded(settings)
    server.start()
    try:
        asyncio.run(make_database(server))
        yield with_database(settings, server)
    finally:
        server.stop()


def with_database(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """The settings with the address of our database in the embedded server."""
    return dataclasses.replace(settings, database_url=server.url(DATABASE))


async def make_database(server: EmbeddedPostgres) -> None:
    """Make our database in the embedded server when it is not there yet."""
    engine = create_async_engine(server.url(), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            known = await connection.scalars(text("SELECT datname FROM pg_database"))
            if DATABASE not in known.all():
                await connection.execute(text("CREATE DATABASE " + DATABASE))
    finally:
        await engine.dispose()


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment with the settings that were filled in, for a child that reads its own."""
    filled = {
        "MARKETPLACE_HOST": settings.host,
        "MARKETPLACE_PORT": str(settings.port),
        "MARKETPLACE_DATA_DIR": str(settings.data_dir),
        "MARKETPLACE_BASE_URL": settings.base_url,
        "MARKETPLACE_ACCESS_TOKEN": settings.access_token,
        "DATABASE_URL": settings.database_url,
        "STRIPE_API_URL": settings.stripe_api_url,
        "STRIPE_WEBHOOK_SECRET": settings.stripe_webhook_secret,
        "STRIPE_CONNECT_WEBHOOK_SECRET": settings.stripe_connect_webhook_secret,
    }
    return os.environ | {name: value for name, value in filled.items() if value}


def sandbox_settings(settings: Settings, address: str) -> dict[str, str]:
    """The settings that point payments at the sandbox; its secrets follow from the secret key of this data folder."""
    return {
        "stripe_api_url": address,
        "stripe_webhook_secret": _derived(settings, "sandbox webhooks"),
        "stripe_connect_webhook_secret": _derived(settings, "sandbox connect webhooks"),
    }


def _derived(settings: Settings, purpose: str) -> str:
    return "whsec_" + hmac.new(settings.secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def with_services(settings: Settings, act: Callable[[Services], Awaitable[T]], *, needs_tables: bool = True) -> T:
    """Run `act(services)` over everything that a process has open, with a database that is there.

    Raises: ClickException when the database has not the tables of this version and `act` needs them.
    """
    from marketplace.runtime import running

    async def run(settings: Settings) -> T:
        async with running(settings) as services:
            if needs_tables:
                async with services[Database].read() as db:
                    if not await is_migrated(db):
                        raise click.ClickException("The database is not at this version: run `marketplace migrate`.")
            return await act(services)

    with opened(settings) as complete:
        return asyncio.run(run(complete))


def payments(services: Services) -> PaymentClient:
    """Stripe, or the sandbox of a running `marketplace up`. Raises: ClickException where there is neither."""
    settings = services[Settings]
    if not settings.stripe_api_key and not settings.stripe_api_url:
        raise click.ClickException("No payments: set STRIPE_API_KEY, or run this beside `marketplace up`.")
    return services[PaymentClient]


async def is_migrated(db: ReadSession) -> bool:
    """The database has the tables of this version."""
    has_tables = await db.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    return bool(has_tables) and (await readiness(db)).is_migrated
