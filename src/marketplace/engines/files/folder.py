"""Where bytes lie: MARKETPLACE_DATA_DIR/files/ab/cdef…, under their SHA-256. A bucket of S3 would offer the same four:
`put`, `read`, `has`, `remove`.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from marketplace.engines.files.rules import MAX_BYTES, FileTooLarge

PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes that have arrived in full at `path`, and their SHA-256 in hexadecimal digits."""

    path: Path
    sha256: str
    size: int


class Folder:
    """The folder of stored bytes. What is written is never changed: the same address is always the same bytes.

    A `variant` ("640.webp") is what was made from the bytes, beside them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @asynccontextmanager
    async def arriving(self, stream: AsyncIterator[bytes], *, most: int = MAX_BYTES) -> AsyncGenerator[Bytes]:
        """The stream's bytes in a file of their own, gone at the end of the block unless `put` took it.

        Raises: FileTooLarge as soon as the limit is passed.
        """
        path = await asyncio.to_thread(self._new_file)
        digest, size = hashlib.sha256(), 0
        try:
            async for piece in stream:
                size += len(piece)
                if size > most:
                    raise FileTooLarge
                digest.update(piece)
                await asyncio.to_thread(_append, path, piece)
            yield Bytes(path, digest.hexdigest(), size)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def put(self, path: Path, sha256: str, *, variant: str = "") -> None:
        """Move the file at `path` to its address. It is on the disk, and whole, when this returns."""
        await asyncio.to_thread(_settle, path, self._address(sha256, variant))

    async def read(self, sha256: str, *, variant: str = "") -> AsyncIterator[bytes]:
        """The bytes in pieces. Raises: FileNotFoundError."""
        file = await asyncio.to_thread(self._address(sha256, variant).open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
        finally:
            await asyncio.to_thread(file.close)

    async def has(self, sha256: str, *, variant: str = "") -> bool:
        """Whether it is there."""
        return await asyncio.to_thread(self._address(sha256, variant).is_file)

    async def remove(self, sha256: str) -> None:
        """Remove the bytes and everything made from them; nothing happens when they are gone already."""
        await asyncio.to_thread(self._remove, sha256)

    async def prefixes(self) -> list[str]:
        """The first two digits of the addresses there are."""
        return await asyncio.to_thread(lambda: sorted(path.name for path in self.path.glob("[0-9a-f]" * 2)))

    async def older_than(self, moment: datetime, prefix: str) -> list[str]:
        """The addresses that begin with `prefix` (two digits) and were last put before `moment` (real time)."""
        return await asyncio.to_thread(lambda: list(self._older_than(moment, prefix)))

    async def clear_arrivals(self, moment: datetime) -> None:
        """Remove what a killed process left half arrived."""
        await asyncio.to_thread(self._clear_arrivals, moment)

    def _new_file(self) -> Path:
        self._arrivals.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._arrivals)
        os.close(handle)
        return Path(name)

    def _remove(self, sha256: str) -> None:
        address = self._address(sha256, "")
        for path in (*address.parent.glob(f"{address.name}.*"), address):
            path.unlink(missing_ok=True)

    def _older_than(self, moment: datetime, prefix: str) -> Iterator[str]:
        for path in (self.path / prefix).glob("?" * 62):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment:
                yield prefix + path.name

    def _clear_arrivals(self, moment: datetime) -> None:
        for path in self._arrivals.glob("*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment:
                path.unlink(missing_ok=True)

    @property
    def _arrivals(self) -> Path:
        return self.path / "arriving"

    def _address(self, sha256: str, variant: str) -> Path:
        assert len(sha256) == 64
        assert sha256.isalnum()
        return self.path / sha256[:2] / f"{sha256[2:]}{'.' if variant else ''}{variant}"


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)


def _settle(path: Path, address: Path) -> None:
    """Sync, move, sync the folder: after a power cut the address holds all of the bytes, or is not there."""
    address.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(address)
    address.touch()
    handle = os.open(address.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
