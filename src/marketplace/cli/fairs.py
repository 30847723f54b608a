"""`marketplace fairs`: make a published timetable again, or check one. Needs no database."""

import json
from pathlib import Path
from typing import Any, cast

import click

from marketplace.engines.matching.timetable import exchange
from marketplace.engines.matching.timetable.checker import check
from marketplace.engines.matching.timetable.planner import solve
from marketplace.engines.matching.timetable.problem import Plan, Problem, ProblemError, Progress

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("fairs", help="Make a fair's published timetable again, or check one; no database is needed.")
def command() -> None:
    """The group; its commands are below."""


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
