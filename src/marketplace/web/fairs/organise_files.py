"""A whole fair as files: an organiser takes employers, tables, candidates and wishes out, or loads them."""

from typing import Any

from litestar.datastructures import UploadFile
from wtforms import BooleanField, FileField

from marketplace.fairs import organising, whole_export, whole_files, whole_loading, whole_reading
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_, translations
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import Form
from marketplace.web.pages import download, page, redirect
from marketplace.web.visit import Visit

SHOWN_BAD = 200


class FilesForm(Form):
    """A zip of the files."""

    file = FileField(N_("Zip of the files"), description=N_("employers.csv, tables.csv, candidates.csv, wishes.csv"))
    sends_tickets = BooleanField(N_("Send every candidate her ticket by SMS or mail"))


@get("/fairs/{slug}/organise/files", USER)
async def show_files(visit: Visit, slug: str) -> Answer:
    """What the files hold; to take them out, and to load them."""
    return await _page(visit, slug, visit.blank(FilesForm))


async def _page(visit: Visit, slug: str, form: FilesForm, *, bad: Any = (), status: int = 200) -> Answer:
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        can_load = await whole_loading.is_empty(db, fair)
    shown: dict[str, Any] = {"fair": fair, "form": form, "columns": whole_files.COLUMNS, "can_load": can_load}
    shown |= {"bad": [_said(visit, each) for each in bad[:SHOWN_BAD]], "bad_count": len(bad)}
    shown["needed"] = whole_files.NEEDED
    return page(visit, "fairs/organise/files.html", fragment="form", status=status, **shown)


def _said(visit: Visit, bad: whole_reading.Bad) -> tuple[str, int, str, str]:
    message = translations(visit.locale).gettext(bad.message)
    return f"{bad.file}.csv", bad.line, bad.column, message % bad.values if bad.values else message


@post("/fairs/{slug}/organise/files", USER, max_bytes=9_000_000)
async def load_files(visit: Visit, slug: str) -> Answer:
    """All of them, or nothing and every line that is not good."""
    form = await visit.form(FilesForm)
    chosen: object = form.file.data
    try:
        with form.catching(whole_loading.NotEmpty, whole_loading.NotLoading):
            if not isinstance(chosen, UploadFile):
                raise Invalid.at("file", N_("Choose a file first."))
            files = whole_files.unpacked(await chosen.read(whole_files.MOST_BYTES + 1))
            asked: dict[str, Any] = {"sends_tickets": bool(form.sends_tickets.data), "by": visit.user.id}
            async with visit.write() as db:
                fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
                await whole_loading.load(db, visit.services[TicketKey], fair, files, **asked, at=visit.now)
            return redirect(visit, f"/fairs/{slug}/organise", flash=N_("Loaded: employers, tables and candidates."))
    except whole_reading.BadFiles as error:
        return await _page(visit, slug, form, bad=error.bad, status=422)
    return await _page(visit, slug, form, status=422)


@get("/fairs/{slug}/organise/files/zip", USER)
async def send_files(visit: Visit, slug: str) -> Answer:
    """All four as they stand."""
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        files = await whole_export.export(db, fair)
    return download(whole_files.packed(files), name=f"{fair.slug}.zip", media_type="application/zip")


routes = [show_files, load_files, send_files]
