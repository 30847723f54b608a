"""A centre registers its people for a fair by a file: shown with every bad line first, then loaded step by step."""

from typing import Any
from uuid import UUID

from litestar.datastructures import UploadFile
from wtforms import BooleanField, FileField

from marketplace.fairs import candidate_files, candidate_imports, registering
from marketplace.fairs.models import FairImport
from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_, translations
from marketplace.web.access import EMPLOYER, Answer, get, post
from marketplace.web.fairs.join import fair_of
from marketplace.web.forms import CreatingForm, Form
from marketplace.web.pages import download, page, redirect
from marketplace.web.visit import Visit

SHOWN_FAULTS, SHOWN_ROWS = 200, 10


class FileForm(CreatingForm):
    """A file of candidates."""

    file = FileField(N_("CSV file"), description=N_("Up to 5,000 lines. A phone number without e-mail is enough."))


class ConfirmForm(Form):
    """Whether bad lines are left out."""

    skips_bad = BooleanField(N_("Leave the bad lines out"))


@get("/fairs/{slug}/centre", EMPLOYER)
async def ask_file(visit: Visit, slug: str) -> Answer:
    """Which columns a file has, and where to send it."""
    return await _file_page(visit, slug, visit.blank(FileForm))


async def _file_page(visit: Visit, slug: str, form: FileForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        fair = await fair_of(visit, db, slug)
    shown: dict[str, Any] = {"fair": fair, "form": form, "columns": candidate_files.COLUMNS}
    shown["is_open"] = registering.is_open(fair, visit.now)
    return page(visit, "fairs/centre/file.html", fragment="form", status=status, **shown)


@post("/fairs/{slug}/centre", EMPLOYER, max_bytes=3_000_000)
async def send_file(visit: Visit, slug: str) -> Answer:
    """Read it and show what it would do; nobody is registered yet."""
    form = await visit.form(FileForm)
    chosen: object = form.file.data
    with form.catching(registering.RegistrationClosed):
        if not isinstance(chosen, UploadFile):
            raise Invalid.at("file", N_("Choose a file first."))
        content, name = await chosen.read(candidate_files.MOST_BYTES + 1), chosen.filename or "candidates.csv"
        async with visit.submit(form, back=f"/fairs/{slug}/centre") as step:
            if step.is_first:
                fair = await fair_of(visit, step.db, slug)
                sent: dict[str, Any] = {"name": name, "content": content, "by": visit.user.id, "at": visit.now}
                made = await candidate_imports.preview(step.db, fair, visit.organisation.id, **sent)
                step.location = f"/fairs/imports/{ids.short(made.id)}"
        return redirect(visit, step.location)
    return await _file_page(visit, slug, form, status=422)


@get("/fairs/{slug}/centre/sample", EMPLOYER)
async def send_sample(visit: Visit, slug: str) -> Answer:
    """A file with all columns, to begin from."""
    async with visit.read() as db:
        await fair_of(visit, db, slug)
    lines = [
        ",".join(candidate_files.COLUMNS),
        "Sadia Bibi,0300 1234567,,ur,yes,yes,Sews and cuts,tailoring,ur,,25000,month,1,10:30,",
    ]
    content = "\r\n".join(lines).encode() + b"\r\n"
    return download(content, name="candidates.csv", media_type="text/csv; charset=utf-8")


@get("/fairs/imports/{id}", EMPLOYER)
async def show_import(visit: Visit, id: UUID) -> Answer:
    """What a file would do, how far it is, or what it did."""
    async with visit.read(fresh=True) as db:
        held, fair = await candidate_imports.own_import(db, id, by=visit.user.id)
    bad = len({each["line"] for each in held.faults})
    shown: dict[str, Any] = {"held": held, "fair": fair, "bad": bad, "form": visit.blank(ConfirmForm)}
    return page(
        visit,
        "fairs/centre/import.html",
        fragment="state",
        faults=_said(visit, held),
        rows=held.rows[:SHOWN_ROWS],
        **shown,
    )


def _said(visit: Visit, held: FairImport) -> list[tuple[int, str, str]]:
    say = translations(visit.locale).gettext
    return [
        (
            each["line"],
            each["column"],
            say(each["message"]) % each["values"] if each["values"] else say(each["message"]),
        )
        for each in held.faults[:SHOWN_FAULTS]
    ]


@post("/fairs/imports/{id}/confirm", EMPLOYER)
async def confirm(visit: Visit, id: UUID) -> Answer:
    """Load it; its page says how far it is."""
    form = await visit.form(ConfirmForm)
    async with visit.write() as db:
        await candidate_imports.own_import(db, id, by=visit.user.id)
        how: dict[str, Any] = {"skips_bad": bool(form.skips_bad.data), "by": visit.user.id, "at": visit.now}
        await candidate_imports.confirm(db, id, **how)
    return redirect(visit, f"/fairs/imports/{ids.short(id)}")


@post("/fairs/imports/{id}/discard", EMPLOYER)
async def discard(visit: Visit, id: UUID) -> Answer:
    """Put it aside; nobody was registered."""
    async with visit.write() as db:
        _, fair = await candidate_imports.own_import(db, id, by=visit.user.id)
        await candidate_imports.discard(db, id)
    return redirect(visit, f"/fairs/{fair.slug}/centre", flash=N_("Put aside. Nobody was registered."))


routes = [ask_file, send_file, send_sample, show_import, confirm, discard]
