"""The floors of the house hold: who imports whom, who opens transactions, who may speak to the outside."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.reading import SOURCE, calls, dotted, imported, modules, nodes

ROOT = Path(__file__).parents[2]

OPENS_TRANSACTIONS = (
    *("web/", "cli/", "demo/", "kernel/queue/", "kernel/database/"),
    *("engines/payments/", "engines/search/", "engines/notify/", "discovery/tasks.py"),
    *("fairs/planning_run.py", "fairs/paper_run.py"),
)
"""Entry points, the queue, and what must call the network, the disk or a child process between two transactions."""

ONLY_HERE = {
    "litestar": ("web", "engines/payments/sandbox"),
    "stripe": ("engines/payments",),
    "tantivy": ("engines/search",),
    "pgqueuer": ("kernel/queue",),
    "asyncpg": ("kernel",),
    "ortools": ("engines/matching/timetable",),
    "numpy": ("engines/matching/timetable", "fairs/"),
}
TELL_TIME = {"kernel/clock.py", "engines/payments/webhooks.py", "engines/payments/sandbox/webhooks.py"}
"""The clock; and Stripe's signatures, which carry real time whatever the demo's clock says."""

PURE = re.compile(r"(/rules\.py|engines/matching/)")
IMPURE = (
    "sqlalchemy",
    "asyncpg",
    "litestar",
    "stripe",
    "aiohttp",
    "tantivy",
    "marketplace.kernel.database",
    "marketplace.kernel.clock",
)


def test_imports_only_go_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_entry_points_and_dispatchers_open_transactions() -> None:
    found = [
        f"{name}:{line}"
        for name, tree in modules()
        for line, call in calls(tree)
        if call.endswith("write.begin") and not name.startswith(OPENS_TRANSACTIONS)
    ]
    assert found == []


def test_nothing_commits_but_the_block_that_opened_the_transaction() -> None:
    found = [
        f"{name}:{line}"
        for name, tree in modules()
        for line, call in calls(tree)
        if re.search(r"\b(db|session)\.(commit|rollback)$", call)
    ]
    assert found == []


@pytest.mark.parametrize("package", ONLY_HERE)
def test_a_library_stays_in_its_room(package: str) -> None:
    found = [
        name
        for name, tree in modules()
        if any(module.split(".")[0] == package for module in imported(tree)) and not name.startswith(ONLY_HERE[package])
    ]
    assert found == []


def test_rules_and_matching_are_pure() -> None:
    found = [
        f"{name}: {module}"
        for name, tree in modules()
        if PURE.search(f"/{name}")
        for module in imported(tree)
        if module.startswith(IMPURE)
    ]
    assert found == []


def test_web_knows_no_sql() -> None:
    found = [
        f"{name}: {module}"
        for name, tree in modules()
        if name.startswith("web/")
        for module in imported(tree)
        if module.startswith("sqlalchemy") and module != "sqlalchemy.exc"
    ]
    assert found == []


def test_sql_is_never_glued_from_strings() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in nodes(tree)
        if isinstance(node, ast.Call)
        and dotted(node.func).split(".")[-1] == "text"
        and node.args
        and isinstance(node.args[0], ast.JoinedStr)
    ]
    assert found == []


def test_functions_and_files_stay_readable() -> None:
    found = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in modules()
        for node in nodes(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 50
    ]
    found += [p.name for p in SOURCE.rglob("*.py") if p.read_text(encoding="utf-8").count("\n") > 400]
    assert found == []


def test_only_the_clock_knows_what_time_it_is() -> None:
    found = [
        f"{name}:{line}"
        for name, tree in modules()
        for line, call in calls(tree)
        if call.endswith(("datetime.now", "datetime.utcnow", "date.today", "time.time")) and name not in TELL_TIME
    ]
    assert found == []
