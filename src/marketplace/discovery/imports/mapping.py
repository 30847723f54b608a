"""A mapping, and rows of a file read through it; pure but for opening the file."""

import ast
import csv
import html
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marketplace.skills.taxonomy import resolve

MOST_ROWS = 200_000
_LONGEST_CELL = 200_000
_COLUMN = re.compile(r"\{([^{}]+)\}")
_TAG = re.compile(r"<[^>]*>")
_AMOUNT = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*([KkMm]?)(?![A-Za-z\d])")
_TIMES = {"": 1, "k": 1_000, "m": 1_000_000}
_MOST_MAJOR = 100_000_000


class BadRow(ValueError):
    """A row that can't be loaded; the message is the reason."""


class BadMapping(ValueError):
    """A mapping that can't be used; the message names what is wrong."""


@dataclass(frozen=True, slots=True)
class FileMapping:
    """`fields` are templates by field; `values` translates what a field's template gives; `empty` counts as nothing."""

    kind: str
    key: str
    fields: Mapping[str, str]
    pay: tuple[str, ...]
    values: Mapping[str, Mapping[str, str]]
    empty: frozenset[str]
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Read:
    """What was made of a file: what can be loaded by key, and what can't by line with the reason."""

    good: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    bad: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])


def read_mapping(text: str, known: Iterable[str]) -> FileMapping:
    """A mapping from its TOML; `known` are the fields that it may fill. Raises: BadMapping."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMapping(str(error)) from error
    fields: dict[str, str] = content.get("fields", {})
    if unknown := fields.keys() - set(known):
        raise BadMapping(f"fields.{min(unknown)}: there are {', '.join(sorted(known))}")
    return FileMapping(
        kind=content.get("kind", "gig"),
        key=content.get("key", "{line}"),
        fields=fields,
        pay=tuple(content.get("pay", ())),
        values=content.get("values", {}),
        empty=frozenset(word.casefold() for word in ("", *content.get("empty", ()))),
        remove=tuple(content.get("remove", ())),
    )


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a CSV (or .tsv) file in UTF-8, with the line each begins on. Raises: BadMapping for another file."""
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        reader = csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        columns = [name.strip() for name in next(reader, list[str]())]
        if not columns:
            raise BadMapping(f"{path.name} is empty")
        begins = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(begins, dict(zip(columns, (*cells, *[""] * len(columns)), strict=False)))
            begins = reader.line_num + 1


class Reader:
    """Fills the fields of one row after the other."""

    def __init__(self, mapping: FileMapping, row: Row) -> None:
        self.mapping, self.row = mapping, row

    @property
    def key(self) -> str:
        """What names the row in its file. Raises: BadRow without one."""
        key = self._filled(self.mapping.key)
        if not key:
            raise BadRow(f"key: {self.mapping.key} is empty")
        return key[:200]

    def text(self, name: str, otherwise: str = "") -> str:
        """A field as text, HTML and white space tidied, its value translated. Raises: BadRow for a strange value."""
        found = self._filled(self.mapping.fields.get(name, ""))
        if name in self.mapping.values and found:
            words = {word.casefold(): value for word, value in self.mapping.values[name].items()}
            if found.casefold() in words:
                return words[found.casefold()]
            if "*" not in words:
                raise BadRow(f"{name}: {found[:60]!r} is none of {', '.join(self.mapping.values[name])}")
            return words["*"]
        return found or otherwise

    def needed(self, name: str) -> str:
        """The same, but not empty. Raises: BadRow."""
        found = self.text(name)
        if not found:
            raise BadRow(f"{name}: is empty")
        return found

    def skills(self, name: str, most: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Skills that we know, by slug, and the words for others."""
        known, others = resolve(_listed(self._filled(self.mapping.fields.get(name, ""))))
        return tuple(known[:most]), tuple(dict.fromkeys(other[:60] for other in others))[:40]

    def pay(self) -> tuple[int, int]:
        """The lowest and highest amount in minor units, from the first template that says any; 0 is not said.

        Raises: BadRow where there is text without an amount.
        """
        for template in self.mapping.pay:
            said = self._filled(template).strip(" -–")
            if not said or said.casefold() in self.mapping.empty:
                continue
            found = [_major(match) for match in _AMOUNT.finditer(said)]
            if not found:
                raise BadRow(f"pay: there is no amount in {said[:60]!r}")
            if max(found) > _MOST_MAJOR:
                raise BadRow(f"pay: {max(found):,.0f} is too much")
            low, high = min(found[:2]), max(found[:2])
            return round(low * 100), round(high * 100)
        return 0, 0

    def number(self, name: str, most: int) -> int:
        """A whole number from 0 to `most`, 0 when not said. Raises: BadRow."""
        said = self.text(name)
        if not said:
            return 0
        try:
            value = float(said.replace(",", "").lstrip("$"))
        except ValueError:
            raise BadRow(f"{name}: {said[:60]!r} is not a number") from None
        if not 0 <= value <= most:
            raise BadRow(f"{name}: {said} is not between 0 and {most}")
        return round(value)

    def moment(self, name: str, *, until: datetime) -> datetime | None:
        """A time (ISO 8601, UTC where it has no zone) that is not after `until`. Raises: BadRow."""
        said = self.text(name)
        if not said:
            return None
        try:
            at = datetime.fromisoformat(said)
        except ValueError:
            raise BadRow(f"{name}: {said[:40]!r} is not a time like 2026-11-28T09:00") from None
        return min(at if at.tzinfo else at.replace(tzinfo=UTC), until)

    def _filled(self, template: str) -> str:
        filled = _COLUMN.sub(self._cell, template)
        for word in self.mapping.remove:
            filled = filled.replace(word, "")
        return "" if filled.strip().casefold() in self.mapping.empty else filled.strip()

    def _cell(self, match: re.Match[str]) -> str:
        name = match[1]
        if name == "line":
            return str(self.row.line)
        if name not in self.row.cells:
            raise BadMapping(f"there is no column {name!r} in the file: it has {', '.join(self.row.cells)}")
        cell = _plain(self.row.cells[name])
        return "" if cell.casefold() in self.mapping.empty else cell


def _listed(text: str) -> Sequence[str]:
    """The parts of "a, b", "['a', 'b']" or "a | b"."""
    if text.startswith("[") and text.endswith("]"):
        try:
            return [str(each).strip() for each in ast.literal_eval(text)]
        except (ValueError, SyntaxError):
            return re.split(r"[,;|]", text.strip("[]").replace("'", ""))
    return [part.strip() for part in re.split(r"[,;|\n]", text)]


def _plain(cell: str) -> str:
    """Text without tags, entities, control characters and runs of spaces."""
    if "<" in cell or "&" in cell:
        cell = html.unescape(_TAG.sub(" ", re.sub(r"<br\s*/?>", "\n", cell)))
    if cell.startswith("['") and cell.endswith("']"):
        cell = ", ".join(part for part in _listed(cell) if part)
    cell = "".join(letter for letter in cell if letter in "\n\t" or letter.isprintable())
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+", " ", cell)).strip()


def _major(match: re.Match[str]) -> float:
    return float(match[1].replace(",", "")) * _TIMES[match[2].lower()]
