"""What commands take and print alike: ids as lists print them, text files, one JSON value for scripts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from marketplace.kernel import ids
from marketplace.kernel.errors import NotFound

json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="One JSON value, for scripts.")


class Id(click.ParamType[UUID]):
    """The 26 letters that lists print."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        try:
            return ids.parse(str(value))
        except NotFound:
            self.fail(f"{str(value)!r} is no id: copy its 26 letters from the list", param, ctx)


def print_json(value: Any) -> None:
    """Minor units and times as they are stored; what JSON does not know (ids, times) as text."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def text_of(path: Path) -> str:
    """A text file of somebody. Raises: ClickException when it is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is no text: save it as CSV in UTF-8") from error
