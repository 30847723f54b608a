"""Which phrases mean the same: curated groups, and the names of every skill of the taxonomy."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any, TypeAlias, cast

from marketplace.engines.search.folding import words

Phrase: TypeAlias = tuple[str, ...]
Synonyms: TypeAlias = Mapping[Phrase, tuple[Phrase, ...]]
_IN_BRACKETS = re.compile(r"\(([^)]*)\)")


def read_synonyms(folder: Path) -> Synonyms:
    """Folded phrase to the folded phrases that mean the same.

    All phrases of a group of synonyms/*.json mean each other. Of a skill in skills/*.toml its English and its Urdu
    name mean each other and every alias, but two aliases not each other ("docker" is not "kubernetes").
    """
    found: dict[Phrase, dict[Phrase, None]] = {}
    for one, other in (*_curated(folder / "synonyms"), *_named(folder / "skills")):
        folded, same = tuple(words(one)), tuple(words(other))
        if folded and same and folded != same:
            found.setdefault(folded, {})[same] = None
    return {phrase: tuple(others) for phrase, others in found.items()}


def groups(path: Path) -> list[list[str]]:
    """The groups of one file."""
    return cast("dict[str, list[list[str]]]", json.loads(path.read_text(encoding="utf-8")))["groups"]


def _curated(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.json")):
        for group in groups(path):
            yield from permutations(group, 2)


def _named(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.toml")):
        skills = cast("list[dict[str, Any]]", tomllib.loads(path.read_text(encoding="utf-8"))["skill"])
        for skill in skills:
            names = [_IN_BRACKETS.sub("", skill["en"]), skill["ur"]]
            aliases = [*_IN_BRACKETS.findall(skill["en"]), *skill.get("aliases", ())]
            yield from permutations(names, 2)
            yield from ((name, alias) for name in names for alias in aliases)
            yield from ((alias, name) for name in names for alias in aliases)
