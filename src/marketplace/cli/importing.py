"""`marketplace import`: postings and freelancers from a file, by a mapping."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from uuid import UUID

import click

from marketplace.cli.site import with_services
from marketplace.discovery.imports import freelancers, postings
from marketplace.discovery.imports.mapping import BadMapping, FileMapping, Read, read_mapping, rows_of
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.errors import NotFound
from marketplace.kernel.paths import resource
from marketplace.kernel.queue import Services

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_MAPPING = click.option("--mapping", required=True, help="A file, or the name of one in search/mappings/.")
_SKIP = click.option("--skip-bad", is_flag=True, help="Load the other rows where some are bad.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the rows that are loaded now: source_ref and id.")
_SOURCE = click.option("--source", default="", help="Whose keys they are; without it the file's name, less its ending.")


@click.group("import", help="Load postings or freelancers from a CSV file; a file with a bad row loads nothing.")
def command() -> None:
    pass


@command.command("postings", help="Publish postings for an employer.")
@_FILE
@_MAPPING
@click.option("--organisation", required=True, help="The slug of the employer they are for.")
@_SOURCE
@_SKIP
@_JSON
def import_postings(file: Path, mapping: str, organisation: str, source: str, **how_to: bool) -> None:
    how = _mapping(mapping, postings.FIELDS)
    read = _read(lambda: postings.read(rows_of(file), how, at=clock.now()))
    _check(read, how_to["skip_bad"])

    async def load(services: Services) -> None:
        async with services[Database].write.begin() as db:
            try:
                by = await postings.employer(db, organisation)
            except NotFound:
                raise click.ClickException(f"there is no organisation {organisation} with an owner") from None
            whence = postings.Source(source or file.stem, how.kind, by)
            there = await postings.known(db, whence)
            made = await postings.load(db, read.good, whence, at=clock.now())
        _say(read, made, there, how_to["as_json"])

    with_services(Settings.from_env(), load)


@command.command("freelancers", help="List freelancers; nobody can sign in as one until an address is proved.")
@_FILE
@_MAPPING
@_SOURCE
@_SKIP
@_JSON
def import_freelancers(file: Path, mapping: str, source: str, **how_to: bool) -> None:
    how, whence = _mapping(mapping, freelancers.FIELDS), source or file.stem
    read = _read(lambda: freelancers.read(rows_of(file), how))

    async def load(services: Services) -> None:
        async with services[Database].write.begin() as db:
            await freelancers.refuse_members(db, read, source=whence)
            _check(read, how_to["skip_bad"])
            there = await freelancers.known(db, whence)
            made = await freelancers.load(db, read.good, source=whence, at=clock.now())
        _say(read, made, there, how_to["as_json"])

    with_services(Settings.from_env(), load)


def _mapping(name: str, fields: Iterable[str]) -> FileMapping:
    path = Path(name)
    if not path.suffix:
        path = resource("search") / "mappings" / f"{name}.toml"
    try:
        return read_mapping(path.read_text(encoding="utf-8"), fields)
    except BadMapping as error:
        raise click.ClickException(f"{path.name}: {error}") from error


def _read(read_file: Callable[[], Read]) -> Read:
    try:
        return read_file()
    except BadMapping as error:
        raise click.ClickException(str(error)) from error


def _check(read: Read, skip_bad: bool) -> None:
    """Name every bad row. Raises: ClickException when there are some that are not to be skipped."""
    for line, reason in sorted(read.bad):
        click.echo(f"line {line}: {reason}", err=True)
    if read.bad and not skip_bad:
        rows = "1 bad row" if len(read.bad) == 1 else f"{len(read.bad)} bad rows"
        way_out = f"Mend them, or load the other {len(read.good)} with --skip-bad."
        raise click.ClickException(f"{rows}, nothing was loaded. {way_out}")


def _say(read: Read, made: Mapping[str, UUID], there: Mapping[str, UUID], as_json: bool) -> None:
    if as_json:
        ids = {key: made.get(key) or there[key] for key in read.good}
        click.echo(json.dumps([{"source_ref": key, "id": str(id)} for key, id in ids.items()], ensure_ascii=False))
        return
    click.echo(
        f"{len(made)} loaded, {len(read.good) - len(made)} were there already, {len(read.bad)} bad rows left out"
    )
