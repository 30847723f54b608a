"""Delivered files: to both sides of the contract, as attachments; pictures also drawn anew, to be looked at."""

from uuid import UUID

from litestar.response import Stream

from marketplace.contracts import queries
from marketplace.engines.files import actions
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.pictures import WIDTHS
from marketplace.kernel.errors import NotFound
from marketplace.web.access import USER, Answer, get
from marketplace.web.pages import attachment
from marketplace.web.visit import Visit

SANDBOX = "default-src 'none'; sandbox"
"""Should a browser show the file after all, nothing in it runs or loads."""


@get("/files/{id}/{name}", USER)
async def send_file(visit: Visit, id: UUID, name: str) -> Answer:
    """The file as it was delivered; `?width=640` the small picture of a picture. The name is only for people."""
    async with visit.read() as db:
        file = await queries.file_for(db, id, reader=visit.user.id)
    folder = visit.services[Folder]
    if wanted := visit.query.get("width"):
        if wanted not in map(str, WIDTHS):
            raise NotFound
        pieces = await actions.open_file(folder, file, width=int(wanted))
        # What is behind an address never changes, and it is shown to her alone.
        kept = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": SANDBOX}
        return Stream(pieces, media_type="image/webp", headers=kept)
    pieces = await actions.open_file(folder, file)
    headers = {**attachment(file.name), "Content-Security-Policy": SANDBOX, "Content-Length": str(file.size_bytes)}
    return Stream(pieces, media_type=file.media_type, headers=headers)


routes = [send_file]
