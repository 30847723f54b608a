"""`marketplace search`: ask an index, compare it with PostgreSQL, build it anew, see what waits and what failed."""

import json
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click

from marketplace.cli.reindex import command as reindex
from marketplace.cli.site import with_services
from marketplace.engines.search import drift, outbox
from marketplace.engines.search.filters import And, Eq, Filter, In, Range, Value
from marketplace.engines.search.protocol import Query, SearchIndex
from marketplace.engines.search.settings import load_settings
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.paths import resource
from marketplace.kernel.queue import Services

_SHOWN = 20
_FILTER = re.compile(r"(?P<field>\w+)(?P<sign>>=|<=|=)(?P<value>.*)")


@click.group("search", help="Ask the search indexes, compare them with PostgreSQL, build them anew, see what waits.")
def command() -> None:
    """The group; its commands are below."""


command.add_command(reindex, "rebuild")


@command.command("query", help="Print ids, titles and scores in order: `search query gigs logo --filter pay=fixed`.")
@click.argument("index")
@click.argument("words", nargs=-1)
@click.option("--filter", "filters", multiple=True, help="field=value, field=a,b (one of them), field>=n, field<=n")
@click.option("--sort", default="", help="field:asc or field:desc")
@click.option("--limit", default=_SHOWN, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--exact", is_flag=True, help="the words as typed, nothing in place of one that nothing has")
@click.option("--json", "as_json", is_flag=True, help="one JSON object with hits, total and what was searched instead")
def query(index: str, words: tuple[str, ...], filters: tuple[str, ...], as_json: bool, **options: Any) -> None:
    asked = _query(index, " ".join(words), filters, **options)

    async def ask(services: Services) -> dict[str, Any]:
        found = await services[SearchIndex].search(index, asked)
        async with services[Database].read() as db:
            titles = await outbox.titles(db, index, [hit.id for hit in found.hits])
        hits = [{"id": str(hit.id), "score": round(hit.score, 4), **titles.get(hit.id, {})} for hit in found.hits]
        said = {"total": found.total, "dropped": found.dropped, "instead": found.instead, "by": _by(found.is_listing)}
        return {"hits": hits, **said}

    answer = _with(ask)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    for hit in answer["hits"]:
        click.echo(f"{hit['id']}  {hit['score']:10.4f}  {hit.get('title', '(no longer there)')}")
    click.echo(f"{answer['total']} found by {answer['by']}")


@command.command("diff", help="Compare the indexes with PostgreSQL; exit code 1 and a list when they differ.")
def diff() -> None:
    async def compare(services: Services) -> bool:
        search = services[SearchIndex]
        is_same = True
        for index in search.names:
            found = await drift.drift(services[Database], search, index)
            click.echo(
                f"{index}: {found.count} in the index, {len(found.missing)} missing, {len(found.extra)} too many"
            )
            for mark, ids in (("missing", found.missing), ("too many", found.extra)):
                for id in ids[:_SHOWN]:
                    click.echo(f"  {mark}: {id}")
            is_same = is_same and not found
        return is_same

    if not _with(compare):
        sys.exit(1)


@command.command("settings", help="Print the settings of an index and whether the engine has them.")
@click.argument("index")
def settings(index: str) -> None:
    body = _known(index).body

    async def ask(services: Services) -> bool:
        return await services[SearchIndex].needs_rebuild(index)

    needs_rebuild = _with(ask)
    click.echo(json.dumps(body, ensure_ascii=False, indent=2))
    click.echo("The index was built with other settings: the worker builds it anew." if needs_rebuild else "In use.")


@command.command("tasks", help="What waits for the index, and what it refused with the reason.")
def tasks() -> None:
    async def look(services: Services) -> None:
        async with services[Database].read() as db:
            lag, letters = await outbox.lag(db), await outbox.refused(db)
        click.echo(f"{lag.waiting} changes wait, the oldest for {lag.seconds:.0f} s")
        if lag.error:
            click.echo(f"last failure: {lag.error}")
        for letter in letters:
            click.echo(f"refused: {letter.index} {letter.document_id}: {letter.error}")

    _with(look)


def _query(index: str, words: str, filters: tuple[str, ...], *, sort: str, limit: int, exact: bool) -> Query:
    known = _known(index)
    parts = tuple(_filter(text, known.numbers) for text in filters)
    return Query(words, filter=And(parts), sort=sort, limit=limit, is_exact=exact)


def _known(index: str) -> Any:
    known = load_settings(resource("search"))
    if index not in known:
        raise click.ClickException(f"no index {index}: there are {', '.join(known)}")
    return known[index]


def _filter(text: str, numbers: frozenset[str]) -> Filter:
    """One --filter of the command line as a filter; an operator's shorthand, not a language of pages."""
    match = _FILTER.fullmatch(text)
    if not match:
        raise click.BadParameter(f"{text!r}: write field=value, field>=n or field<=n")
    field, sign, value = match.groups()
    try:
        if sign != "=":
            return Range(field, int(value), None) if sign == ">=" else Range(field, None, int(value))
        values: tuple[Value, ...] = tuple(int(each) if field in numbers else each for each in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {field} is compared with a whole number") from error
    return Eq(field, values[0]) if len(values) == 1 else In(field, values)


def _by(is_listing: bool) -> str:
    return "PostgreSQL (the search engine does not answer)" if is_listing else "the search engine"


def _with(act: Callable[[Services], Awaitable[Any]]) -> Any:
    try:
        return with_services(Settings.from_env(), act)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
