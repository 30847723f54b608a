"""Folders of an index: numbered generations, one of them `current`; a rebuild fills a new one and swaps the link."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import tantivy

FINGERPRINT = "fingerprint"


@dataclass(slots=True)
class Opened:
    """An index that this process has open, and which commit of it it has seen."""

    index: tantivy.Index
    folder: Path
    stamp: tuple[int, int]


class Generations:
    """The folder of one index. Other processes may swap it at any moment."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._opened: Opened | None = None

    def searcher(self) -> tuple[tantivy.Searcher, tantivy.Schema] | None:
        """A searcher of the newest commit of the current generation, None when there is none yet."""
        for _ in range(3):
            try:
                opened = self._refresh()
            except (FileNotFoundError, ValueError, OSError):
                # Swapped and swept between two of our calls: look again.
                self._opened = None
                continue
            return (opened.index.searcher(), opened.index.schema) if opened else None
        return None

    def current(self) -> Path | None:
        """The folder in use."""
        folder = (self.root / "current").resolve()
        return folder if (folder / "meta.json").exists() else None

    def version(self) -> tuple[str, int, int] | None:
        """Of what a search finds now: changes with every commit and swap; None when there is nothing yet."""
        try:
            folder = self.current()
            meta = (folder / "meta.json").stat() if folder else None
        except FileNotFoundError:
            return None
        return (str(folder), meta.st_ino, meta.st_mtime_ns) if meta else None

    def fingerprint(self) -> str:
        """Of the settings that the current generation was built with."""
        folder = self.current()
        return (folder / FINGERPRINT).read_text(encoding="ascii") if folder else ""

    def begin(self, fingerprint: str) -> Path:
        """Make the folder of the next generation."""
        newest = max((int(folder.name) for folder in self._numbered()), default=0)
        folder = self.root / f"{newest + 1}"
        folder.mkdir(parents=True)
        (folder / FINGERPRINT).write_text(fingerprint, encoding="ascii")
        return folder

    def swap(self, folder: Path) -> None:
        """Make `folder` the current generation at once.

        The one before stays for those who are just opening it; older ones and what a killed process left go.
        """
        before = self.current()
        link = self.root / f"next-{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(folder.name)
        link.replace(self.root / "current")
        kept = {folder.name, before.name if before else ""}
        for old in self._numbered():
            if old.name not in kept:
                shutil.rmtree(old, ignore_errors=True)

    def _numbered(self) -> list[Path]:
        return [path for path in self.root.glob("*") if path.name.isdecimal()]

    def _refresh(self) -> Opened | None:
        folder = self.current()
        if folder is None:
            return None
        meta = (folder / "meta.json").stat()
        stamp = (meta.st_ino, meta.st_mtime_ns)
        opened = self._opened
        if opened is None or opened.folder != folder:
            opened = self._opened = Opened(tantivy.Index.open(str(folder)), folder, stamp)
            opened.index.config_reader("manual")
            opened.index.reload()
        elif opened.stamp != stamp:
            opened.index.reload()
            opened.stamp = stamp
        return opened
