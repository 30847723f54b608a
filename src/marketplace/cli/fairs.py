"""`marketplace fairs`: a whole fair from its files and back; make a published timetable again, or check one.

`plan` and `check` need no database.
"""

import json
from pathlib import Path
from typing import Any, cast

import click

from marketplace.cli.site import with_services
from marketplace.engines.matching.timetable import exchange
from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.planner import solve
from marketplace.engines.matching.timetable.problem import Plan, Problem, ProblemError, Progress
from marketplace.kernel.config import Settings
from marketplace.kernel.queue import Services

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("fairs", help="Load or write a whole fair; make a published timetable again, or check one.")
def command() -> None:
    """The group; its commands are below."""


@command.command("import", help="Load employers, tables, candidates and wishes into an empty fair: all or nothing.")
@click.argument("slug")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--send-tickets", is_flag=True, help="Each candidate gets her ticket by SMS or mail.")
def import_fair(slug: str, path: Path, send_tickets: bool) -> None:
    from marketplace.fairs import whole_files, whole_loading, whole_reading
    from marketplace.fairs.tickets import TicketKey
    from marketplace.kernel import clock
    from marketplace.kernel.database import Database
    from marketplace.kernel.errors import DomainError, Invalid, NotFound

    async def load(services: Services) -> None:
        try:
            files = whole_files.read_path(path)
            async with services[Database].write.begin() as db:
                fair = await whole_loading.by_slug(db, slug, lock=True)
                told: dict[str, Any] = {"by": fair.created_by, "at": clock.now(), "sends_tickets": send_tickets}
                counts = await whole_loading.load(db, services[TicketKey], fair, files, **told)
        except whole_reading.BadFiles as error:
            for bad in error.bad:
                click.echo(f"{bad.file}.csv line {bad.line}, {bad.column}: {bad.message % dict(bad.values)}", err=True)
            raise click.ClickException(f"{error}") from error
        except NotFound:
            raise click.ClickException(f"there is no fair {slug}") from None
        except Invalid as error:
            raise click.ClickException(f"{path}: {error}") from error
        except DomainError as error:
            raise click.ClickException(f"{error}") from error
        click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))

    with_services(Settings.from_env(), load)


@command.command("export", help="Write a fair's four files into a folder, or into a zip: `fairs export SLUG fair.zip`.")
@click.argument("slug")
@click.argument("path", type=click.Path(path_type=Path))
def export_fair(slug: str, path: Path) -> None:
    from marketplace.fairs import whole_export, whole_files, whole_loading
    from marketplace.kernel.database import Database
    from marketplace.kernel.errors import NotFound

    async def write(services: Services) -> None:
        try:
            async with services[Database].read() as db:
                files = await whole_export.export(db, await whole_loading.by_slug(db, slug))
        except NotFound:
            raise click.ClickException(f"there is no fair {slug}") from None
        whole_files.write_path(path, files)
        click.echo(f"{path}: {', '.join(f'{name}.csv' for name in files)}")

    with_services(Settings.from_env(), write)


@command.command(
    "plan", help="Print the timetable of a problem as JSON: `fairs plan problem.json --compare plan.json`."
)
@click.argument("file", type=READABLE)
@click.option("--effort", default=1, show_default=True, type=click.IntRange(1, 2), help="2 goes on where a gap stays")
@click.option("--seconds", default=600.0, show_default=True, type=click.FloatRange(0), help="outer limit")
@click.option("--compare", type=READABLE, help="a published plan: exit code 1 when another one comes out")
def plan(file: Path, effort: int, seconds: float, compare: Path | None) -> None:
    problem = _problem(file)
    published = _plan(compare) if compare else None
    made = solve(problem, effort=effort, seconds=seconds, progress=_tell)
    click.echo(exchange.written(exchange.plan_to_json(made)), nl=False)
    if published is not None and made.meetings.tolist() != published.meetings.tolist():
        raise click.ClickException(
            "another plan came out: other effort, other version of OR-tools, or not this problem"
        )


@command.command("check", help="Say whether a published plan keeps every rule of its problem; exit code 1 when not.")
@click.argument("problem_file", type=READABLE)
@click.argument("plan_file", type=READABLE)
def check_plan(problem_file: Path, plan_file: Path) -> None:
    problem, published = _problem(problem_file), _plan(plan_file)
    found = check(problem, published.meetings)
    for violation in found:
        click.echo(f"{violation.kind}: {violation.text}")
    if found:
        raise click.ClickException(f"{len(found)} broken rules")
    click.echo(
        f"{len(published.meetings)} meetings, no rule broken; problem {exchange.fingerprint(_json(problem_file))}"
    )


def _problem(path: Path) -> Problem:
    return _read(path, exchange.problem_from_json)


def _plan(path: Path) -> Plan:
    return _read(path, exchange.plan_from_json)


def _read(path: Path, parse: Any) -> Any:
    try:
        return parse(_json(path))
    except ProblemError as error:
        raise click.ClickException(f"{path}: {error}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{path} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise click.ClickException(f"{path} is no JSON object")
    return cast("dict[str, Any]", content)


def _tell(progress: Progress) -> None:
    click.echo(f"{progress.stage} {progress.share:.0%}: {progress.meetings} meetings, gap {progress.gap:.2%}", err=True)
