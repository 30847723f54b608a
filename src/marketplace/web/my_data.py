"""Her data: one file of everything, and leaving for good."""

from typing import Any
from uuid import UUID

from litestar.response import Stream

from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.privacy import deletions, exports
from marketplace.privacy.blockers import blockers_of
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, attachment, page, redirect
from marketplace.web.stepping_up import step_up_first
from marketplace.web.visit import Visit

HERE = deletions.PAGE
LEAVE = f"{HERE}/delete"


@get("/account/data", USER)
async def show_data(visit: Visit) -> Answer:
    """What she can download, and whether her account is about to go."""
    async with visit.read(fresh=True) as db:
        made = await exports.exports_of(db, visit.user.id)
        deletion = await deletions.open_one(db, visit.user.id)
        is_overdue = deletion is not None and deletion.due_at <= visit.now
        blockers = await blockers_of(db, await exports.person_of(db, visit.user.id)) if is_overdue else []
    is_being_made = any(each.state == "asked" for each in made)
    context: dict[str, Any] = {
        "exports": made,
        "is_being_made": is_being_made,
        "deletion": deletion,
        "blockers": blockers,
    }
    return page(visit, "account/data.html", fragment="files", **context)


@post("/account/data/exports", USER)
async def ask_export(visit: Visit) -> Answer:
    """Have the file made; she proves first that it is she who gets everything."""
    if ask := step_up_first(visit, HERE):
        return ask
    await limit(visit, "export", 5, minutes=24 * 60, who=str(visit.user.id))
    async with visit.write() as db:
        await exports.ask(db, visit.user.id, at=visit.now)
    flash = Flash(N_("Your file is being made. You get a message when it is ready."), tone="note")
    return redirect(visit, HERE, flash=flash)


@get("/account/data/exports/{id}", USER)
async def send_export(visit: Visit, id: UUID) -> Answer:
    """The file, to her alone, while it is kept."""
    async with visit.read(fresh=True) as db:
        file = await exports.file_of(db, id, reader=visit.user.id, at=visit.now)
    if ask := step_up_first(visit, HERE):
        return ask
    if not await visit.services[Folder].has(file.sha256):
        raise NotFound
    pieces = await files.open_file(visit.services[Folder], file)
    headers = {**attachment(file.name), "Content-Length": str(file.size_bytes)}
    return Stream(pieces, media_type=file.media_type, headers=headers)


@get("/account/data/delete", USER)
async def show_leaving(visit: Visit) -> Answer:
    """What goes, what stays and why; and what has to be finished first."""
    async with visit.read(fresh=True) as db:
        blockers = await blockers_of(db, await exports.person_of(db, visit.user.id))
        deletion = await deletions.open_one(db, visit.user.id)
    if deletion is not None:
        return redirect(visit, HERE)
    return page(visit, "account/leave.html", blockers=blockers, days=deletions.WAITS.days)


@post("/account/data/delete", USER)
async def leave(visit: Visit) -> Answer:
    """Her account goes in fourteen days."""
    if ask := step_up_first(visit, LEAVE):
        return ask
    async with visit.write() as db:
        await deletions.ask(db, visit.user.id, at=visit.now)
    return redirect(visit, HERE)


@post("/account/data/keep", USER)
async def stay(visit: Visit) -> Answer:
    """She has changed her mind."""
    async with visit.write() as db:
        await deletions.undo(db, visit.user.id, at=visit.now)
    return redirect(visit, HERE, flash=N_("Your account stays. Nothing was lost."))


routes = [show_data, ask_export, send_export, show_leaving, leave, stay]
