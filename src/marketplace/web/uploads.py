"""Files of a form, kept by engines/files in the form's transaction."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

from litestar.datastructures import UploadFile
from litestar.response import Stream

from marketplace.engines.files import actions
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.engines.files.pictures import WIDTHS
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.web.access import Answer
from marketplace.web.files import SANDBOX
from marketplace.web.pages import attachment
from marketplace.web.visit import Visit

_PIECE = 256 * 1024


def uploads(data: object) -> list[UploadFile]:
    """The files that were chosen in a field."""
    return [each for each in cast("list[object]", data or []) if isinstance(each, UploadFile)]


async def keep(db: Session, visit: Visit, upload: UploadFile, **options: Any) -> StoredFile:
    """Store one file of hers. Raises: FileRefused and its kinds."""
    given = actions.Upload(upload.filename, _pieces(upload))
    return await actions.store(db, visit.services[Folder], given, by=visit.user.id, at=visit.now, **options)


async def send(visit: Visit, file: StoredFile) -> Answer:
    """The file to be kept; with `?width=640` the drawn picture of a picture. Who may see it was asked before."""
    wanted = visit.query.get("width", "")
    if wanted and wanted not in map(str, WIDTHS):
        raise NotFound
    pieces = await actions.open_file(visit.services[Folder], file, width=int(wanted) if wanted else None)
    if wanted:
        kept = {"Cache-Control": "private, max-age=300", "Content-Security-Policy": SANDBOX}
        return Stream(pieces, media_type="image/webp", headers=kept)
    headers = {**attachment(file.name), "Content-Security-Policy": SANDBOX, "Content-Length": str(file.size_bytes)}
    return Stream(pieces, media_type=file.media_type, headers=headers)


async def _pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    while piece := await upload.read(_PIECE):
        yield piece


def person_id(visit: Visit) -> UUID | None:
    """Who reads; None for a visitor."""
    return visit.person.id if visit.person else None
