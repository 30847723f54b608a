"""`marketplace my-data`: everything about one person in a ZIP file, for whoever asks on paper."""

from pathlib import Path

import click

from marketplace.cli.site import with_services
from marketplace.engines.files.folder import Folder
from marketplace.identity.actions import find_user
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services
from marketplace.privacy import exports


@click.command("my-data", help="Write everything about one person into a ZIP file.")
@click.argument("email")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(email: str, file: Path) -> None:
    with_services(Settings.from_env(), lambda services: write(services, email, file))
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


async def write(services: Services, email: str, file: Path) -> None:
    """All that /account/data gives her."""
    async with services[Database].read() as db:
        user = await find_user(db, email)
        if user is None:
            raise click.ClickException(f"no account with the address {email}")
        person = await exports.person_of(db, user.id)
        words = exports.readme(user.locale, services[Settings].name, clock.now())
        await exports.write(db, services[Folder], person, file, readme=words)
