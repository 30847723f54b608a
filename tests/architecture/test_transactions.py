"""Transactions open in the entry points and in two dispatchers, and the answer is made after COMMIT (house rules)."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.reading import SOURCE, calls, dotted, modules

MAY_OPEN = (
    "web/",
    "cli/",
    "demo/",
    "kernel/queue/",
    "kernel/database/",
    "engines/payments/",  # claim; call without one; record
    "engines/notify/outgoing.py",  # the same for mail and text messages
    "discovery/tasks.py",  # read; ask the index without one; record
    "fairs/planning_run.py",  # claim; plan without one, in a child; record
    "fairs/paper_run.py",  # read; set without one; record
    "engines/search/embedded.py",  # tantivy's own commit
    *("engines/search/outbox.py", "engines/search/tasks.py", "engines/search/writing.py"),  # the same for the index
)
_OPENING = (".write.begin", "visit.write", "visit.submit", ".commit", ".rollback")


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))


def _opens(call: ast.Call) -> bool:
    return dotted(call.func).endswith(_OPENING)


def test_transactions_open_only_where_they_may() -> None:
    strays = [
        f"{name}:{line} {called}"
        for name, tree in modules()
        if not name.startswith(MAY_OPEN)
        for line, called in calls(tree)
        if called.endswith(_OPENING)
    ]
    assert strays == []


def _early_answers(tree: ast.AST) -> Iterator[ast.AST]:
    """Answers made, and cookies given, inside a block whose COMMIT is still to come."""
    for block in ast.walk(tree):
        if not isinstance(block, ast.AsyncWith):
            continue
        if not any(isinstance(i.context_expr, ast.Call) and _opens(i.context_expr) for i in block.items):
            continue
        for node in (inner for statement in block.body for inner in ast.walk(statement)):
            if isinstance(node, ast.Call) and dotted(node.func) in _ANSWERING:
                yield node


_ANSWERING = (
    "page",
    "redirect",
    "download",
    "pages.page",
    "pages.redirect",
    "render",
    "sessions.begin",
    "visit.set_cookie",
)


def test_answers_are_made_after_commit() -> None:
    web = ((name, tree) for name, tree in modules() if name.startswith("web/"))
    early = [f"{name}:{node.lineno}" for name, tree in web for node in _early_answers(tree)]
    assert early == []


def test_the_check_sees_an_answer_before_commit() -> None:
    head = "async def f(visit):\n    async with visit.write() as db:\n        await act(db)\n"
    assert len(list(_early_answers(ast.parse(f"{head}        return page(visit, 'x')")))) == 1
    assert list(_early_answers(ast.parse(f"{head}    return page(visit, 'x')"))) == []


def _asks_the_index(tree: ast.AST) -> list[int]:
    """Lines on which a search index, which may be a network away, is asked or written inside a transaction."""
    blocks = [block for block in ast.walk(tree) if isinstance(block, ast.AsyncWith)]
    inside = [
        call
        for block in blocks
        if any(isinstance(i.context_expr, ast.Call) and _opens(i.context_expr) for i in block.items)
        for statement in block.body
        for call in _calls(statement)
    ]
    return [call.lineno for call in inside if _OF_INDEX.search(ast.unparse(call.func))]


_OF_INDEX = re.compile(r"((search|index|SearchIndex\])\.(search|write|rebuild|ids)|found_now|carry_over)$")


def test_no_transaction_is_open_while_the_index_answers() -> None:
    found = {name: lines for name, tree in modules() if (lines := _asks_the_index(tree))}
    assert found == {}
    head = "async def f(database, search):\n    async with database.write.begin() as db:\n"
    assert _asks_the_index(ast.parse(f"{head}        await search.write('gigs', upsert=[])")) == [3]


def test_no_answer_is_cached_and_nothing_commits_by_itself() -> None:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "advanced_alchemy" not in text and "cache=True" not in text, path
