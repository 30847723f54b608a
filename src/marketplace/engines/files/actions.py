"""Store an upload, read it back, sweep what nobody points to."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement, column, delete, exists, select, table, text

from marketplace.engines.files.folder import PIECE, Folder
from marketplace.engines.files.models import StoredFile
from marketplace.engines.files.pictures import redraw
from marketplace.engines.files.rules import PICTURES, PictureRefused, clean_name, media_type_of
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound

YOUNG = timedelta(hours=24)
_LOCK = 7_305_002
"""Uploads share this lock, the sweep takes it alone: it never removes bytes whose row is being written."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a browser sends: a name nobody checked, and bytes."""

    name: str
    stream: AsyncIterator[bytes]


async def store(
    db: Session, folder: Folder, upload: Upload, *, by: UUID, at: datetime, as_picture: bool = False
) -> StoredFile:
    """Keep an upload of up to 10 MB; its type is what its bytes say, its name is cleaned.

    A picture is also drawn anew as WebP (variants "160.webp", "640.webp", "1280.webp"), which is what pages show.
    With `as_picture` anything else is refused and the drawn picture replaces the original, with its metadata.
    Raises: FileRefused and its kinds.
    """
    async with folder.arriving(upload.stream) as arrived:
        media_type = await asyncio.to_thread(media_type_of, arrived.path)
        variants = await _variants(arrived.path, media_type, is_demanded=as_picture)
        await db.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _LOCK})
        sha256, size = arrived.sha256, arrived.size
        if as_picture:
            media_type = "image/webp"
            sha256, size = await _put_bytes(folder, variants[max(variants)])
        else:
            await folder.put(arrived.path, sha256)
        for width, data in variants.items():
            await _put_bytes(folder, data, under=sha256, variant=f"{width}.webp")
    stored = StoredFile(
        sha256=sha256,
        name=clean_name(upload.name, media_type),
        media_type=media_type,
        size_bytes=size,
        uploaded_by=by,
        created_at=at,
    )
    db.add(stored)
    await db.flush()
    return stored


async def store_made(
    db: Session, folder: Folder, path: Path, name: str, *, of: UUID, media_type: str, at: datetime
) -> StoredFile:
    """Keep a file that we made for somebody ourselves, however large; its name and type are ours."""
    async with folder.arriving(_pieces(path), most=sys.maxsize) as arrived:
        await db.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _LOCK})
        await folder.put(arrived.path, arrived.sha256)
    stored = StoredFile(
        sha256=arrived.sha256,
        name=name,
        media_type=media_type,
        size_bytes=arrived.size,
        uploaded_by=of,
        created_at=at,
    )
    db.add(stored)
    await db.flush()
    return stored


async def stored_file(db: AnySession, file_id: UUID) -> StoredFile:
    """What is known of a file. Who may see it is the owner's domain to say. Raises: NotFound."""
    file = await db.get(StoredFile, file_id)
    if file is None:
        raise NotFound
    return file


async def open_file(folder: Folder, file: StoredFile, *, width: int | None = None) -> AsyncIterator[bytes]:
    """Its bytes in pieces; with `width` (160, 640, 1280) those of the drawn picture. Raises: NotFound."""
    variant = f"{width}.webp" if width else ""
    if not await folder.has(file.sha256, variant=variant):
        raise NotFound
    return folder.read(file.sha256, variant=variant)


async def remove_unused(db: Session, *, at: datetime) -> int:
    """Remove the rows of files older than a day that nothing in the database points to; return how many."""
    in_use = [exists().where(each == StoredFile.id) for each in await _references(db)]
    gone = delete(StoredFile).where(StoredFile.created_at < at - YOUNG, *(~each for each in in_use))
    return len((await db.execute(gone.returning(StoredFile.id))).all())


async def remove_lost(db: Session, folder: Folder, prefix: str, *, at: datetime) -> int:
    """Remove the bytes older than a day that no file names, of addresses that begin with `prefix`; return how many."""
    before = real_time(at) - YOUNG
    if not await folder.older_than(before, prefix):
        return 0
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    old = await folder.older_than(before, prefix)
    named = set((await db.execute(select(StoredFile.sha256).where(StoredFile.sha256.in_(old)))).scalars())
    lost = [sha256 for sha256 in old if sha256 not in named]
    for sha256 in lost:
        await folder.remove(sha256)
    return len(lost)


def real_time(at: datetime) -> datetime:
    """What the file system would say: it knows nothing of the demo's clock."""
    return at - clock.offset()


async def _variants(path: Path, media_type: str, *, is_demanded: bool) -> dict[int, bytes]:
    """A delivery may be a picture too large or too odd to show: then it has no preview."""
    if media_type not in PICTURES:
        if is_demanded:
            raise PictureRefused
        return {}
    try:
        return await asyncio.to_thread(redraw, path)
    except PictureRefused:
        if is_demanded:
            raise
        return {}


async def _put_bytes(folder: Folder, data: bytes, *, under: str = "", variant: str = "") -> tuple[str, int]:
    async with folder.arriving(_one(data)) as arrived:
        await folder.put(arrived.path, under or arrived.sha256, variant=variant)
        return arrived.sha256, arrived.size


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
    finally:
        await asyncio.to_thread(file.close)


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _references(db: Session) -> list[ColumnElement[UUID]]:
    """Every column of the database that points to a file: PostgreSQL knows them, so no domain can be forgotten."""
    found = await db.execute(
        text("""
        SELECT source.relname, attribute.attname
        FROM pg_constraint AS c
        JOIN pg_class AS source ON source.oid = c.conrelid
        JOIN pg_attribute AS attribute ON attribute.attrelid = c.conrelid AND attribute.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = 'files'::regclass
        """)
    )
    return [table(name, column(attribute)).c[attribute] for name, attribute in found]
