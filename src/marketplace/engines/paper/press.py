"""The press."""

import asyncio
import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import msgspec
import typst

TEMPLATE = Path(__file__).with_name("document.typ")
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
                return await asyncio.to_thread(self._set, data, path)
        finally:
            self._waiting -= 1

    def _set(self, data: bytes, path: Path) -> bytes:
        made = typst.compile(
            str(TEMPLATE),
            format="pdf",
            sys_inputs={"document": data.decode()},
            font_paths=[str(self._fonts)],
            ignore_system_fonts=True,
        )
        assert isinstance(made, bytes), type(made)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{uuid4()}")
        draft.write_bytes(made)
        os.replace(draft, path)  # noqa: PTH105 - whole or not there
        return made
