"""Our modules as syntax trees, read once for all tests of a process."""

import ast
from functools import cache
from pathlib import Path

import marketplace

SOURCE = Path(marketplace.__file__).parent


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Each module: its path under src/marketplace, and its tree."""
    paths = sorted(SOURCE.rglob("*.py"))
    return tuple((p.relative_to(SOURCE).as_posix(), ast.parse(p.read_text(encoding="utf-8"))) for p in paths)


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """All of a module."""
    return tuple(ast.walk(tree))


@cache
def imported(tree: ast.Module) -> tuple[str, ...]:
    """The modules that it imports, or imports from."""
    found: list[str] = []
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return tuple(found)


@cache
def calls(tree: ast.Module) -> tuple[tuple[int, str], ...]:
    """Each call: its line, and what is called."""
    return tuple((node.lineno, dotted(node.func)) for node in nodes(tree) if isinstance(node, ast.Call))


def dotted(called: ast.expr) -> str:
    """`a.b.c`; where it begins with more than a name, that part is `…` (ten times quicker than ast.unparse)."""
    parts: list[str] = []
    while isinstance(called, ast.Attribute):
        parts.append(called.attr)
        called = called.value
    parts.append(called.id if isinstance(called, ast.Name) else "…")
    return ".".join(reversed(parts))
