"""`marketplace migrate`: the database at this version, with the skills and places that travel with the code."""

import asyncio

import click

from marketplace.cli.site import opened
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.database.migrate import upgrade_async
from marketplace.places.actions import load_places
from marketplace.skills.actions import load_skills


@click.command("migrate", help="Bring the database to this version and load skills and places.")
def command() -> None:
    with opened(Settings.from_env()) as settings:
        applied = asyncio.run(migrate(settings))
    click.echo(f"{len(applied)} migrations applied" if applied else "The database is at this version already.")


async def migrate(settings: Settings) -> list[str]:
    """Apply what is missing, and bring skills and places up to date; returns the versions applied."""
    applied = await upgrade_async(settings.migration_database_url or settings.database_url)
    database = Database(settings.database_url)
    try:
        async with database.write.begin() as db:
            await load_skills(db)
            await load_places(db)
    finally:
        await database.close()
    return applied
