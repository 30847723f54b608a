"""Pieces of work on a profile, in the order she chose. One from a paid contract waits for the client's yes.

Whether the client agreed is asked by contracts/consents, above; here such an item only never shows itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from marketplace.engines.files.models import StoredFile
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_
from marketplace.talent.events import ProfileChanged
from marketplace.talent.models import Freelancer, PortfolioFile, PortfolioItem, Source

MOST_ITEMS = 24
MOST_FILES = 6
LONGEST_TITLE = 120
LONGEST_TEXT = 4_000
LONGEST_LINK = 300
_LINK = re.compile(r"https?://[^\s<>\"'@]{3,}")

SOURCES: dict[Source, str] = {
    "own": N_("My own work"),
    "course": N_("Made in a course"),
    "contract": N_("From a paid contract here"),
}


class TooManyItems(Conflict):
    message = N_("A portfolio has at most 24 pieces. Take one away first: employers read the best five.")


@dataclass(frozen=True, slots=True)
class Piece:
    """What she writes about a piece of work."""

    title: str
    text: str = ""
    link: str = ""
    source: Source = "own"


@dataclass(frozen=True, slots=True)
class PieceFile:
    """A file of a piece. `has_preview`: it is a picture, and its small version can be shown."""

    id: UUID
    name: str
    size_bytes: int
    has_preview: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceView:
    """A piece of work as a page shows it."""

    id: UUID
    title: str
    text: str
    link: str
    source: str
    is_cleared: bool
    updated_at: datetime
    files: tuple[PieceFile, ...]


def check(piece: Piece, files: int) -> None:
    """Raises: Invalid with all faults at their fields."""
    wrong = {
        "title": (not 0 < len(piece.title.strip()) <= LONGEST_TITLE, N_("Say in a few words what it is.")),
        "text": (len(piece.text) > LONGEST_TEXT, N_("Keep this under 4,000 letters.")),
        "link": (
            bool(piece.link) and (len(piece.link) > LONGEST_LINK or not _LINK.fullmatch(piece.link)),
            N_("Write an address that begins with https://."),
        ),
        "source": (piece.source not in SOURCES, N_("Choose where it comes from.")),
        "files": (files > MOST_FILES, N_("At most 6 pictures or files with one piece.")),
    }
    faults = {field: [message] for field, (is_wrong, message) in wrong.items() if is_wrong}
    if faults:
        raise Invalid(faults)


async def add(
    db: Session, freelancer: Freelancer, piece: Piece, *, files: Sequence[StoredFile] = (), at: datetime
) -> PortfolioItem:
    """A new piece, at the end. From a contract it stays hers alone until the client agrees.

    Raises: Invalid, TooManyItems.
    """
    check(piece, len(files))
    await db.refresh(freelancer, with_for_update=True)
    hers = PortfolioItem.freelancer_id == freelancer.id
    count = await db.scalar(select(func.count()).where(hers)) or 0
    last = await db.scalar(select(func.max(PortfolioItem.position)).where(hers))
    if count >= MOST_ITEMS:
        raise TooManyItems
    item = PortfolioItem(freelancer_id=freelancer.id, position=0 if last is None else last + 1, created_at=at)
    item.source = piece.source
    _write(item, piece, at)
    db.add(item)
    await db.flush()
    await _attach(db, item, files, by=freelancer.user_id, first=0)
    await _note(db, "added", item, by=freelancer.user_id, at=at)
    return item


async def change(
    db: Session, item: PortfolioItem, piece: Piece, *, kept: Sequence[UUID], files: Sequence[StoredFile], at: datetime
) -> None:
    """Write it anew, keep those of its files and add others. What the client agreed to is another piece then.

    Its source can't change. Raises: Invalid.
    """
    freelancer = await _lock(db, item)
    piece = Piece(piece.title, piece.text, piece.link, cast(Source, item.source))
    old = set((await db.scalars(select(PortfolioFile.file_id).where(PortfolioFile.item_id == item.id))).all())
    stays = old & set(kept)
    check(piece, len(stays) + len(files))
    _write(item, piece, at)
    await db.flush()
    gone = PortfolioFile.item_id == item.id, PortfolioFile.file_id.not_in(stays)
    await db.execute(delete(PortfolioFile).where(*gone))
    last = await db.scalar(select(func.max(PortfolioFile.position)).where(PortfolioFile.item_id == item.id))
    await _attach(db, item, files, by=freelancer.user_id, first=0 if last is None else last + 1)
    await _note(db, "changed", item, by=freelancer.user_id, at=at)


async def move(db: Session, item: PortfolioItem, *, up: bool, at: datetime) -> None:
    """One place up or down; at the end of the row nothing happens."""
    freelancer = await _lock(db, item)
    hers = select(PortfolioItem).where(PortfolioItem.freelancer_id == freelancer.id)
    if up:
        beside = hers.where(PortfolioItem.position < item.position).order_by(PortfolioItem.position.desc())
    else:
        beside = hers.where(PortfolioItem.position > item.position).order_by(PortfolioItem.position)
    neighbour = (await db.execute(beside.limit(1))).scalar_one_or_none()
    if neighbour is None:
        return
    item.position, neighbour.position = neighbour.position, item.position
    await db.flush()
    await _note(db, "moved", item, by=freelancer.user_id, at=at)


async def remove(db: Session, item: PortfolioItem, *, at: datetime) -> None:
    """Gone, with its files and what its client said to it."""
    freelancer = await _lock(db, item)
    await _note(db, "removed", item, by=freelancer.user_id, at=at)
    await db.execute(delete(PortfolioItem).where(PortfolioItem.id == item.id))


async def clear(db: Session, item: PortfolioItem, *, is_cleared: bool, by: UUID, at: datetime) -> None:
    """The client has answered whether it may be shown. Called by contracts/consents, which asked."""
    item.is_cleared = is_cleared
    await db.flush()
    await _note(db, "cleared" if is_cleared else "hidden", item, by=by, at=at)


async def own_piece(db: AnySession, item_id: UUID, user_id: UUID) -> PortfolioItem:
    """The row that an action takes. Raises: NotFound when it is not hers."""
    hers = select(PortfolioItem).join(Freelancer, Freelancer.id == PortfolioItem.freelancer_id)
    found = hers.where(PortfolioItem.id == item_id, Freelancer.user_id == user_id)
    item = (await db.execute(found)).scalar_one_or_none()
    if item is None:
        raise NotFound
    return item


async def pieces_of(db: AnySession, freelancer_id: UUID, *, with_hidden: bool = False) -> list[PieceView]:
    """Her portfolio in her order; `with_hidden` is for herself. Two queries; there are at most 24."""
    query = select(PortfolioItem).where(PortfolioItem.freelancer_id == freelancer_id)
    if not with_hidden:
        query = query.where(PortfolioItem.is_cleared)
    items = list((await db.execute(query.order_by(PortfolioItem.position, PortfolioItem.id))).scalars())
    files = await _files(db, [item.id for item in items])
    return [_view(item, files.get(item.id, [])) for item in items]


async def piece_view(db: AnySession, item: PortfolioItem) -> PieceView:
    """One piece with its files; who may see it was asked before."""
    return _view(item, (await _files(db, [item.id])).get(item.id, []))


async def file_for(db: AnySession, file_id: UUID, *, freelancer_id: UUID, with_hidden: bool) -> StoredFile:
    """A file of her portfolio. Raises: NotFound where it is not on one of her pieces, or on one that is hidden."""
    query = (
        select(StoredFile)
        .join(PortfolioFile, PortfolioFile.file_id == StoredFile.id)
        .join(PortfolioItem, PortfolioItem.id == PortfolioFile.item_id)
        .where(StoredFile.id == file_id, PortfolioItem.freelancer_id == freelancer_id)
    )
    if not with_hidden:
        query = query.where(PortfolioItem.is_cleared)
    found = (await db.execute(query.limit(1))).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def _write(item: PortfolioItem, piece: Piece, at: datetime) -> None:
    item.title, item.text, item.link = piece.title.strip(), piece.text.strip(), piece.link.strip()
    item.is_cleared, item.updated_at = piece.source != "contract", at


async def _attach(db: Session, item: PortfolioItem, files: Sequence[StoredFile], *, by: UUID, first: int) -> None:
    assert all(file.uploaded_by == by for file in files)
    rows = [{"item_id": item.id, "file_id": file.id, "position": n} for n, file in enumerate(files, first)]
    if rows:
        await db.execute(insert(PortfolioFile), rows)


async def _lock(db: Session, item: PortfolioItem) -> Freelancer:
    """Her row, then the item's: two changes of one portfolio never interleave."""
    freelancer = await db.get_one(Freelancer, item.freelancer_id, with_for_update=True, populate_existing=True)
    if await db.get(PortfolioItem, item.id, with_for_update=True, populate_existing=True) is None:
        raise NotFound
    return freelancer


async def _note(db: Session, what: str, item: PortfolioItem, *, by: UUID, at: datetime) -> None:
    subject = ("portfolio", item.id)
    await audit.record(db, f"portfolio.{what}", subject=subject, by=by, at=at, title=item.title)
    await publish(db, ProfileChanged(freelancer_id=item.freelancer_id))


async def _files(db: AnySession, item_ids: Sequence[UUID]) -> dict[UUID, list[PieceFile]]:
    found: dict[UUID, list[PieceFile]] = {}
    if not item_ids:
        return found
    query = (
        select(PortfolioFile.item_id, StoredFile.id, StoredFile.name, StoredFile.size_bytes, StoredFile.media_type)
        .join(StoredFile, StoredFile.id == PortfolioFile.file_id)
        .where(PortfolioFile.item_id.in_(item_ids))
        .order_by(PortfolioFile.item_id, PortfolioFile.position)
    )
    for item_id, id, name, size, media_type in (await db.execute(query)).all():
        found.setdefault(item_id, []).append(PieceFile(id, name, size, media_type.startswith("image/")))
    return found


def _view(item: PortfolioItem, files: Sequence[PieceFile]) -> PieceView:
    same = ("id", "title", "text", "link", "source", "is_cleared", "updated_at")
    return PieceView(**{name: getattr(item, name) for name in same}, files=tuple(files))
