"""The taxonomy as it lies in search/skills/*.toml, and the type-ahead over it. No database here."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from marketplace.engines.search.folding import words
from marketplace.kernel.paths import resource

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


@cache
def known_skills() -> dict[str, SkillName]:
    """The skills of this release by slug, for labels: the same as in the database, without asking it."""
    entries = read_taxonomy(resource("search") / "skills")
    return {each.slug: SkillName(each.slug, each.name_en, each.name_ur, each.aliases) for each in entries}


def resolve(typed: Iterable[str]) -> tuple[list[str], list[str]]:
    """Slugs of what people typed (slugs, names or aliases in any script), and what of it we do not know."""
    skills, by_name = known_skills(), _slugs_by_name()
    slugs: dict[str, None] = {}
    unknown: list[str] = []
    for text in (part.strip() for each in typed for part in each.split(",")):
        slug = text if text in skills else by_name.get(" ".join(words(text)))
        if slug is not None:
            slugs[slug] = None
        elif text:
            unknown.append(text)
    return list(slugs), unknown


@cache
def _slugs_by_name() -> dict[str, str]:
    """Slugs by folded name; where two skills share an alias, the one that is named so goes before."""
    skills = known_skills().values()
    by_alias = {" ".join(words(alias)): skill.slug for skill in skills for alias in reversed(skill.aliases)}
    by_name = {" ".join(words(name)): skill.slug for skill in skills for name in (skill.name_ur, skill.name_en)}
    return by_alias | by_name


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
