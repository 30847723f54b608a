"""`marketplace reindex`: the search indexes anew, swapped in when complete."""

import click

from marketplace.cli.site import with_services
from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services


@click.command("reindex", help="Build the search indexes anew from PostgreSQL and swap them in.")
@click.argument("indexes", nargs=-1)
def command(indexes: tuple[str, ...]) -> None:
    async def rebuild(services: Services) -> None:
        search = services[SearchIndex]
        for index in indexes or search.names:
            if index not in search.names:
                raise click.ClickException(f"no index {index}: there are {', '.join(search.names)}")
            click.echo(f"{index}: {await outbox.rebuild(services[Database], search, index)} documents")

    try:
        with_services(Settings.from_env(), rebuild)
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
