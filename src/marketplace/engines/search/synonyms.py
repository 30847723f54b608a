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
_AND = frozenset({"and", "or", "aur", "ya", "اور", "یا"})
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


def without_stop_words(synonyms: Synonyms, stop_words: frozenset[str]) -> Synonyms:
    """The same, found too by what a query leaves of a phrase: ghar ka naqsha by ghar naqsha.

    Not by a single word, and not what names two things (web hosting and domains).
    """
    found = dict(synonyms)
    for phrase, others in synonyms.items():
        left = tuple(word for word in phrase if word not in stop_words)
        if 1 < len(left) < len(phrase) and _AND.isdisjoint(phrase):
            found[left] = tuple(dict.fromkeys((phrase, *others, *found.get(left, ()))))
    return found


def groups(path: Path) -> list[list[str]]:
    """The groups of one file."""
    return cast("dict[str, list[list[str]]]", json.loads(path.read_text(encoding="utf-8")))["groups"]


def curated_phrases(folder: Path) -> list[Phrase]:
    """The folded phrases of synonyms/*.json."""
    return [
        tuple(words(each))
        for path in sorted((folder / "synonyms").glob("*.json"))
        for group in groups(path)
        for each in group
    ]


def skill_phrases(folder: Path) -> list[Phrase]:
    """The folded names of the skills of skills/*.toml."""
    return [tuple(words(name)) for pair in _named(folder / "skills") for name in pair]


def skill_titles(folder: Path) -> list[Phrase]:
    """What each skill of skills/*.toml is called in English and in Urdu, folded, without its other names."""
    return [
        tuple(words(name))
        for path in sorted((folder / "skills").glob("*.toml"))
        for skill in _skills(path)
        for name in (_IN_BRACKETS.sub("", skill["en"]), skill["ur"])
    ]


def _curated(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.json")):
        for group in groups(path):
            yield from permutations(group, 2)


def _named(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.toml")):
        for skill in _skills(path):
            names = [_IN_BRACKETS.sub("", skill["en"]), skill["ur"]]
            aliases = [*_IN_BRACKETS.findall(skill["en"]), *skill.get("aliases", ())]
            yield from permutations(names, 2)
            yield from ((name, alias) for name in names for alias in aliases)
            yield from ((alias, name) for name in names for alias in aliases)


def _skills(path: Path) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", tomllib.loads(path.read_text(encoding="utf-8"))["skill"])
