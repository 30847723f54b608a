"""All rows about a person and the files she uploaded, in one ZIP."""

import asyncio
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.files.actions import store_made
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.identity.letters import tell
from marketplace.identity.models import DataExport, Membership, Organisation, User
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Base, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_, translations
from marketplace.kernel.queue import defer
from marketplace.privacy.tables import TABLES, Person, exported_columns, whose

KEPT = timedelta(days=7)
GIVEN_UP = timedelta(hours=6)
"""An export that is not made by then has failed; she may ask again."""
_README = (
    N_("This is everything that %(site)s holds about you, as of %(at)s (UTC)."),
    N_("rows/: one JSON file for each kind of thing; a field that ends in _id is the number of another row."),
    N_("files/: what you uploaded, as you sent it."),
    N_("Not in it: secrets that guard your account, what others wrote, and who reported you."),
)


async def person_of(db: AnySession, user_id: UUID) -> Person:
    """Whose rows are looked for. Raises: NotFound."""
    user = await db.get(User, user_id)
    if user is None:
        raise NotFound
    alone = (
        select(Organisation.id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id, Organisation.is_personal)
    )
    return Person(user.id, user.email, user.phone, tuple((await db.scalars(alone)).all()))


async def exports_of(db: AnySession, user_id: UUID, *, limit: int = 5) -> Sequence[DataExport]:
    """What she asked for, the newest first."""
    hers = select(DataExport).where(DataExport.user_id == user_id).order_by(DataExport.id.desc()).limit(limit)
    return (await db.scalars(hers)).all()


async def file_of(db: AnySession, export_id: UUID, *, reader: UUID, at: datetime) -> StoredFile:
    """The file, for her alone and while it is kept. Raises: NotFound."""
    export = await db.get(DataExport, export_id)
    if export is None or export.user_id != reader or export.state != "ready" or export.file_id is None:
        raise NotFound
    if export.expires_at is None or export.expires_at <= at:
        raise NotFound
    return await db.get_one(StoredFile, export.file_id)


async def ask(db: Session, user_id: UUID, *, at: datetime) -> None:
    """Have it made in the background; while one is being made, a second wish adds nothing."""
    row = insert(DataExport).values(user_id=user_id, asked_at=at).on_conflict_do_nothing()
    if made := await db.scalar(row.returning(DataExport.id)):
        await defer(db, "privacy.make_export", export_id=made)


async def make(db: Session, folder: Folder, export_id: UUID, *, site: str, at: datetime) -> None:
    """Make the file, keep it for her, tell her. Twice is once."""
    export = await db.get(DataExport, export_id, with_for_update=True, populate_existing=True)
    if export is None or export.state != "asked":
        return
    user = await db.get_one(User, export.user_id)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "data.zip"
        await write(db, folder, await person_of(db, user.id), path, readme=readme(user.locale, site, at))
        name, kind = f"my-data-{at:%Y-%m-%d}.zip", "application/zip"
        file = await store_made(db, folder, path, name, of=user.id, media_type=kind, at=at)
    export.state, export.file_id, export.ready_at, export.expires_at = "ready", file.id, at, at + KEPT
    await db.flush()
    await tell(db, user, "export_ready", {"until": export.expires_at, "link": "/account/data"})


async def write(db: AnySession, folder: Folder, person: Person, path: Path, *, readme: str) -> None:
    """The ZIP: README.txt, rows/<table>.json, files/<id>-<name>."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", readme)
        for name in TABLES:
            if rows := await rows_of(db, name, person):
                packed = msgspec.json.format(msgspec.json.encode(rows), indent=1)
                await asyncio.to_thread(archive.writestr, f"rows/{name}.json", packed)
        for file in await _files(db, person):
            if await folder.has(file.sha256):
                data = b"".join([piece async for piece in folder.read(file.sha256)])
                await asyncio.to_thread(archive.writestr, f"files/{ids.short(file.id)}-{file.name}", data)


async def rows_of(db: AnySession, name: str, person: Person) -> list[dict[str, Any]]:
    """Her rows of one table, in the order in which they were made."""
    table = Base.metadata.tables[name]
    hers = select(*exported_columns(name)).where(whose(name, person, with_made=True)).order_by(*table.primary_key)
    return [dict(row) for row in (await db.execute(hers)).mappings()]


async def sweep(db: Session, *, at: datetime) -> None:
    """What is past its day goes (the nightly sweep of files removes the bytes); what was never made has failed."""
    over = update(DataExport).where(DataExport.state == "ready", DataExport.expires_at <= at)
    await db.execute(over.values(state="over", file_id=None))
    lost = update(DataExport).where(DataExport.state == "asked", DataExport.asked_at <= at - GIVEN_UP)
    await db.execute(lost.values(state="failed"))


def readme(locale: str, site: str, at: datetime) -> str:
    """What the file is, in her language."""
    say = translations(locale).gettext
    return "\n\n".join(say(line) % {"site": site, "at": f"{at:%Y-%m-%d %H:%M}"} for line in _README) + "\n"


async def _files(db: AnySession, person: Person) -> Sequence[StoredFile]:
    return (await db.scalars(select(StoredFile).where(whose("files", person)).order_by(StoredFile.id))).all()
