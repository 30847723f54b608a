"""Reads what an index knows: Meilisearch's settings body, refusing what the embedded engine can't honour."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from marketplace.engines.search import filters
from marketplace.engines.search.folding import words
from marketplace.engines.search.protocol import Query
from marketplace.engines.search.sounds import Sounds
from marketplace.engines.search.synonyms import (
    Synonyms,
    curated_phrases,
    read_synonyms,
    skill_phrases,
    skill_titles,
    without_stop_words,
)
from marketplace.engines.search.vocabulary import Vocabulary

FOLDING_VERSION = "1"
_READ = ("indexes/*.json", "synonyms/*.json", "skills/*.toml")
_TYPO = {"enabled", "minWordSizeForTypos", "disableOnNumbers"}
_FACETING = {"maxValuesPerFacet", "sortFacetValuesBy"}
_RULES = ("sort", "words", "typo", "proximity", "attributeRank", "wordPosition", "exactness")


class UnsupportedSetting(ValueError):
    """A settings file asks for something that the embedded engine can't do; the message names file and key."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """One index: attributes to search (best first), to filter by, to count, to sort by, and how words may differ."""

    name: str
    searchable: tuple[str, ...]
    keywords: frozenset[str]
    numbers: frozenset[str]
    sortable: frozenset[str]
    newest_first: str
    stop_words: frozenset[str]
    one_typo: int
    two_typos: int
    typos_in_numbers: bool
    facet_values: int
    max_hits: int
    synonyms: Synonyms
    sounds: Sounds
    vocabulary: Vocabulary
    body: Mapping[str, Any]
    fingerprint: str


def check(query: Query, settings: IndexSettings) -> None:
    """Raises: ValueError when the query filters, counts or sorts by what the settings do not allow."""
    for part in (query.filter, *query.groups.values()):
        filters.check(part, words=settings.keywords, numbers=settings.numbers, name=settings.name)
    for facet in query.facets:
        if facet not in settings.keywords:
            raise ValueError(f"{facet} can't be counted in {settings.name}")
    field, _, order = query.sort.partition(":")
    if query.sort and (field not in settings.sortable or order not in ("asc", "desc")):
        raise ValueError(f"{settings.name} can't be sorted by {query.sort}")
    if query.offset < 0 or query.limit < 1:
        raise ValueError("offset and limit must not be negative")


def load_settings(folder: Path) -> dict[str, IndexSettings]:
    """Read every `indexes/*.json` of the search folder with the synonyms beside them.

    Raises: UnsupportedSetting naming the file and the key.
    """
    return _loaded(folder, _stamp(folder))


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when one of the files does."""
    found = sorted(path for kind in _READ for path in folder.glob(kind))
    return tuple((str(path), (state := path.stat()).st_mtime_ns, state.st_size) for path in found)


@lru_cache(maxsize=2)
def _loaded(folder: Path, _: tuple[tuple[str, int, int], ...]) -> dict[str, IndexSettings]:
    """Kept as long as no file changes: synonyms, how their words sound and what they say are 0.2 s of work."""
    synonyms = read_synonyms(folder)
    sounds = Sounds(word for phrase in synonyms for word in phrase)
    vocabulary = Vocabulary(skill_phrases(folder), curated_phrases(folder), skill_titles(folder))
    paths = sorted((folder / "indexes").glob("*.json"))
    loaded = (_Reader(path, synonyms, sounds, vocabulary).settings() for path in paths)
    return {settings.name: settings for settings in loaded}


class _Reader:
    """Takes one settings body apart, key by key."""

    def __init__(self, path: Path, synonyms: Synonyms, sounds: Sounds, vocabulary: Vocabulary) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.body: dict[str, Any] = json.loads(self.text)
        self.synonyms = synonyms
        self.sounds = sounds
        self.vocabulary = vocabulary

    def settings(self) -> IndexSettings:
        body = self.body
        keywords, numbers = self._filterable(body.pop("filterableAttributes"))
        typo = self._part("typoTolerance", _TYPO)
        sizes = cast(dict[str, int], typo["minWordSizeForTypos"])
        faceting = self._part("faceting", _FACETING)
        if faceting["sortFacetValuesBy"] != {"*": "count"}:
            raise self._unsupported("faceting.sortFacetValuesBy")
        pagination = self._part("pagination", {"maxTotalHits"})
        stop_words = frozenset(word for each in body.pop("stopWords", []) for word in words(each))
        settings = IndexSettings(
            name=self.path.stem,
            searchable=tuple(body.pop("searchableAttributes")),
            keywords=frozenset(keywords),
            numbers=frozenset(numbers),
            sortable=frozenset(body.pop("sortableAttributes")),
            newest_first=self._newest_first(body.pop("rankingRules")),
            stop_words=stop_words,
            one_typo=sizes["oneTypo"] if typo["enabled"] else 1_000,
            two_typos=sizes["twoTypos"] if typo["enabled"] else 1_000,
            typos_in_numbers=not typo["disableOnNumbers"],
            facet_values=faceting["maxValuesPerFacet"],
            max_hits=pagination["maxTotalHits"],
            synonyms=without_stop_words(self.synonyms, stop_words),
            sounds=self.sounds,
            vocabulary=self.vocabulary,
            body=json.loads(self.text),
            fingerprint=self._fingerprint(),
        )
        self._check_rest(settings)
        return settings

    def _check_rest(self, settings: IndexSettings) -> None:
        if self.body.pop("nonSeparatorTokens", ["+", "#"]) != ["+", "#"]:
            raise self._unsupported("nonSeparatorTokens")
        if self.body.pop("displayedAttributes") != ["id"]:
            raise self._unsupported("displayedAttributes")
        for key in self.body:
            raise self._unsupported(key)
        if not settings.sortable <= settings.numbers or settings.newest_first not in settings.numbers:
            raise self._unsupported("sortableAttributes of words")
        if any(not attribute.endswith("_s") for attribute in settings.searchable):
            raise self._unsupported("searchableAttributes that are not folded (…_s)")

    def _filterable(self, entries: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
        """Attributes of words and attributes of numbers: those that may be compared."""
        keywords: list[str] = []
        numbers: list[str] = []
        for entry in entries:
            patterns = cast(list[str], entry["attributePatterns"])
            if any("*" in pattern for pattern in patterns):
                raise self._unsupported("filterableAttributes.attributePatterns with *")
            (numbers if entry["features"]["filter"]["comparison"] else keywords).extend(patterns)
        return keywords, numbers

    def _newest_first(self, rules: list[str]) -> str:
        """The number that decides between equals, greatest first. The rules before it must be those we copy."""
        *standard, last = rules
        if tuple(standard) != _RULES or not last.endswith(":desc"):
            raise self._unsupported(f"rankingRules other than {', '.join(_RULES)}, <number>:desc")
        return last.removesuffix(":desc")

    def _part(self, key: str, known: set[str]) -> dict[str, Any]:
        part = cast(dict[str, Any], self.body.pop(key))
        for unknown in part.keys() - known:
            raise self._unsupported(f"{key}.{unknown}")
        return part

    def _fingerprint(self) -> str:
        # Synonyms are expanded when searching and stop words left out of queries: only what is written counts.
        return hashlib.sha256(f"{FOLDING_VERSION}\n{self.text}".encode()).hexdigest()

    def _unsupported(self, key: str) -> UnsupportedSetting:
        return UnsupportedSetting(f"search/indexes/{self.path.name}: the embedded engine can't honour {key}")
