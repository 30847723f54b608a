"""The taxonomy as it lies in search/skills/*.toml, and the type-ahead over it. No database here."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from marketplace.engines.search.folding import words

_SMALLEST = 1


@dataclass(frozen=True, slots=True)
class SkillEntry:
    """One skill of the files. `uri` is its concept in ESCO or O*NET where one truly fits."""

    slug: str
    name_en: str
    name_ur: str
    aliases: tuple[str, ...]
    parent: str | None
    uri: str | None


@dataclass(frozen=True, slots=True)
class SkillName:
    """A skill as pages need it."""

    slug: str
    name_en: str
    name_ur: str
    aliases: tuple[str, ...] = ()

    def name(self, locale: str) -> str:
        """Its name in the reader's language."""
        return self.name_ur if locale == "ur" else self.name_en

    @property
    def search_names(self) -> list[str]:
        """All that people may call it: for the `skill_names` of a search document."""
        return [self.name_en, self.name_ur, *self.aliases]


def read_taxonomy(folder: Path) -> list[SkillEntry]:
    """Read all skills, parents before their children.

    Raises: ValueError naming the skill when a slug is given twice or a parent is missing.
    """
    entries: dict[str, SkillEntry] = {}
    for path in sorted(folder.glob("*.toml")):
        for entry in _entries(path):
            if entry.slug in entries:
                raise ValueError(f"{path.name}: {entry.slug} is there twice")
            entries[entry.slug] = entry
    ordered: dict[str, SkillEntry] = {}
    for entry in entries.values():
        _place(entry, entries, ordered)
    return list(ordered.values())


def suggestions(skills: Iterable[SkillName], text: str, limit: int) -> list[SkillName]:
    """The skills that somebody who typed `text` may mean, best first.

    A name or alias that is the text goes before one that begins with it, and that before one with a word that begins
    with it; English, Urdu and Roman Urdu alike, shorter names first.
    """
    wanted = " ".join(words(text))
    if len(wanted) < _SMALLEST:
        return []
    ranked: list[tuple[int, int, str, SkillName]] = []
    for skill in skills:
        rank = min(_rank(wanted, " ".join(words(name))) for name in skill.search_names)
        if rank < _NO_MATCH:
            ranked.append((rank, len(skill.name_en), skill.slug, skill))
    ranked.sort(key=lambda each: each[:3])
    return [skill for *_, skill in ranked[:limit]]


_NO_MATCH = 3


def _rank(wanted: str, name: str) -> int:
    if name == wanted:
        return 0
    if name.startswith(wanted) or name.replace(" ", "").startswith(wanted.replace(" ", "")):
        return 1
    return 2 if f" {wanted}" in name else _NO_MATCH


def _entries(path: Path) -> Iterator[SkillEntry]:
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["skill"]:
        yield SkillEntry(
            slug=row["slug"],
            name_en=row["en"],
            name_ur=row["ur"],
            aliases=tuple(row.get("aliases", ())),
            parent=row.get("parent"),
            uri=row.get("uri"),
        )


def _place(entry: SkillEntry, entries: dict[str, SkillEntry], ordered: dict[str, SkillEntry]) -> None:
    if entry.slug in ordered:
        return
    if entry.parent is not None:
        if entry.parent not in entries:
            raise ValueError(f"{entry.slug}: there is no parent {entry.parent}")
        _place(entries[entry.parent], entries, ordered)
    ordered[entry.slug] = entry
