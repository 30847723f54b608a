"""The press."""

import asyncio
import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

import msgspec
import typst

TEMPLATE = Path(__file__).with_name("document.typ")
HANDOUTS = Path(__file__).with_name("handouts.typ")
AT_ONCE = 2
MOST_WAITING = 20


class PressBusy(Exception):
    """Too many documents wait already."""


@dataclass(frozen=True, slots=True)
class Document:
    """What stands on the paper, all of it said in the reader's language. `columns` is (heading, is a number)."""

    language: str
    direction: str
    site: str
    title: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


Layout = Literal["halves", "pages", "forms", "labels"]
"""Two leaves on an A4 page; a leaf from page to page; the same across, to write on; eight labels to cut."""
ColumnKind = Literal["text", "wide", "number", "box"]
"""A column takes what is left (`wide`: more of it), what its words need, or has an empty box to tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What one person or table gets, said in her language. `qr` is an SVG, `columns` are (heading, kind)."""

    language: str
    direction: str
    heading: str
    name: str
    number: str = ""
    code: str = ""
    qr: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    columns: tuple[tuple[str, ColumnKind], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Leaves of one layout in one file."""

    layout: Layout
    site: str
    title: str
    leaves: tuple[Leaf, ...]


class Press:
    """Sets documents; `folder` keeps them, `fonts` holds the Urdu font."""

    def __init__(self, folder: Path, fonts: Path) -> None:
        self._folder, self._fonts = folder, fonts
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def pdf(self, document: Document) -> bytes:
        """The document as PDF. Raises: PressBusy."""
        data = msgspec.json.encode(asdict(document))
        path = self._folder / f"{hashlib.sha256(data + TEMPLATE.read_bytes()).hexdigest()}.pdf"
        if path.is_file():
            return await asyncio.to_thread(path.read_bytes)
        if self._waiting >= MOST_WAITING:
            raise PressBusy
        self._waiting += 1
        try:
            async with self._places:
                return await asyncio.to_thread(self._kept, data, path)
        finally:
            self._waiting -= 1

    async def bundle(self, bundle: Bundle) -> bytes:
        """Many leaves as one PDF, for a task: it waits its turn, and nothing is kept here."""
        data = msgspec.json.encode(asdict(bundle))
        async with self._places:
            return await asyncio.to_thread(self._set, HANDOUTS, {"bundle": data.decode()})

    def _set(self, template: Path, inputs: dict[str, str]) -> bytes:
        made = typst.compile(
            str(template),
            format="pdf",
            sys_inputs=inputs,
            font_paths=[str(self._fonts)],
            ignore_system_fonts=True,
        )
        assert isinstance(made, bytes), type(made)
        return made

    def _kept(self, data: bytes, path: Path) -> bytes:
        made = self._set(TEMPLATE, {"document": data.decode()})
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{uuid4()}")
        draft.write_bytes(made)
        os.replace(draft, path)  # noqa: PTH105 - whole or not there
        return made
