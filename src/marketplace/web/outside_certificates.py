"""Certificates of outside issuers: naming one, and the moderators' queue of what nobody has checked yet."""

from typing import Any, cast
from uuid import UUID

from litestar.datastructures import UploadFile
from litestar.response import Stream
from wtforms import DateField, Field, FileField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from marketplace.engines.files import actions as files
from marketplace.engines.files.actions import Upload
from marketplace.engines.files.folder import Folder
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.skills.issuers import outside_issuers
from marketplace.skills.taxonomy import known_skills, resolve
from marketplace.training import outside, public
from marketplace.training.outside import OutsideText
from marketplace.web import paging
from marketplace.web.access import STAFF, USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form, Length, Required, SkillsField, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, attachment, page, redirect
from marketplace.web.visit import Visit

_SANDBOX = "default-src 'none'; sandbox"


def _issuers(form: Form, _field: Field) -> dict[str, str]:
    return {slug: issuer.name for slug, issuer in outside_issuers().items()}


class OutsideForm(CreatingForm):
    """What she says of a certificate that somebody else gave her."""

    issuer = SelectField(N_("Who gave it"), choices=cast(Any, _issuers))
    title = StringField(N_("Course or certificate"), [Required(), Length(max=120)], filters=[strip])
    number = StringField(N_("Number on it"), [Required(), Length(max=80)], filters=[strip])
    issued_on = DateField(N_("Given on"), [InputRequired()])
    skills = SkillsField(N_("Skills it certifies"), most=outside.MOST_SKILLS)
    link = StringField(
        N_("Its address at the issuer"), [Length(max=500)], filters=[strip], description=N_("Begins with https://")
    )
    file = FileField(N_("Or a picture or PDF of it"), description=N_("Only you and our moderators see the file."))


class RefuseForm(Form):
    """Why it does not count."""

    why = TextAreaField(N_("Why not"), [Required(), Length(max=1_000)], description=N_("She reads this."))


@get("/certificates/outside/new", USER)
async def new_outside(visit: Visit) -> Answer:
    """An empty form."""
    return _form_page(visit, visit.blank(OutsideForm))


def _form_page(visit: Visit, form: OutsideForm, *, status: int = 200) -> Answer:
    slugs, unknown = resolve(form.skills.data or ())
    known = known_skills()
    chosen = [{"slug": slug, "name": known[slug].name(visit.locale)} for slug in slugs]
    chosen += [{"slug": typed, "name": typed} for typed in unknown]
    return page(visit, "certificates/outside.html", fragment="form", status=status, form=form, chosen=chosen)


@post("/certificates/outside", USER, max_bytes=11_000_000)
async def add_outside(visit: Visit) -> Answer:
    """On her profile it stands as her own word until somebody checked it."""
    form = await visit.form(OutsideForm)
    await limit(visit, "outside-certificate", 30, minutes=60, who=str(visit.user.id))
    if form.validate():
        with form.catching():
            async with visit.submit(form, back="/certificates") as step:
                if step.is_first:
                    await _add(step.db, visit, form)
                    step.location = "/certificates"
            said = N_("Saved. Your profile says so with “not checked”; a moderator checks it with the issuer.")
            return redirect(visit, step.location, flash=said)
    return _form_page(visit, form, status=422)


async def _add(db: Session, visit: Visit, form: OutsideForm) -> None:
    slugs, unknown = resolve(form.skills.data or ())
    text = OutsideText(
        issuer=form.issuer.data or "",
        title=form.title.data or "",
        number=form.number.data or "",
        issued_on=form.issued_on.data,  # type: ignore[arg-type]
        skills=(*slugs, *unknown),
        link=form.link.data or "",
    )
    chosen: object = form.file.data
    file = None
    if isinstance(chosen, UploadFile):
        upload = Upload(chosen.filename or "certificate", _pieces(chosen))
        file = await files.store(db, visit.services[Folder], upload, by=visit.user.id, at=visit.now)
    await outside.add(db, text, file, by=visit.user.id, at=visit.now)


async def _pieces(sent: UploadFile):
    while piece := await sent.read(64_000):
        yield piece


@post("/certificates/outside/{id}/withdraw", USER)
async def withdraw(visit: Visit, id: UUID) -> Answer:
    """She takes it back; it is off her profile."""
    async with visit.write() as db:
        await outside.withdraw(db, id, by=visit.user.id, at=visit.now)
    return redirect(visit, "/certificates", flash=Flash(N_("It is off your profile."), tone="note"))


@get("/certificates/outside/{id}/file", USER)
async def send_file(visit: Visit, id: UUID) -> Answer:
    """The file, to its owner and to moderators."""
    async with visit.read() as db:
        held = await public.outside_view(db, id)
        if held.file_id is None or not (held.user_id == visit.user.id or visit.user.is_staff):
            raise NotFound
        file = await files.stored_file(db, held.file_id)
    pieces = await files.open_file(visit.services[Folder], file)
    headers = {**attachment(file.name), "Content-Security-Policy": _SANDBOX, "Content-Length": str(file.size_bytes)}
    return Stream(pieces, media_type=file.media_type, headers=headers)


# -- moderators


@get("/certificates/unchecked", STAFF)
async def list_unchecked(visit: Visit) -> Answer:
    """What waits, the oldest first."""
    after = paging.decode(visit, UUID)
    async with visit.read() as db:
        rows = await public.unchecked(db, after=after[0] if after else None, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: (row.id,))
    return page(visit, "certificates/unchecked.html", fragment="results", found=found)


@get("/certificates/unchecked/{id}", STAFF)
async def show_unchecked(visit: Visit, id: UUID) -> Answer:
    """One certificate with all that helps to check it."""
    return await _check_page(visit, id, visit.blank(RefuseForm))


async def _check_page(visit: Visit, id: UUID, form: RefuseForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        held = await public.outside_view(db, id)
    known = known_skills()
    skills = [known[slug].name(visit.locale) if slug in known else slug for slug in held.skills]
    return page(visit, "certificates/check.html", status=status, held=held, form=form, skills=skills)


@post("/certificates/unchecked/{id}/check", STAFF)
async def check(visit: Visit, id: UUID) -> Answer:
    """The issuer knows it: it counts."""
    async with visit.write() as db:
        await outside.approve(db, id, by=visit.user.id, at=visit.now)
    return redirect(visit, "/certificates/unchecked", flash=N_("Checked. It counts from now on, and she is told."))


@post("/certificates/unchecked/{id}/refuse", STAFF)
async def refuse(visit: Visit, id: UUID) -> Answer:
    """It does not count, or no longer: off her profile at once."""
    form = await visit.form(RefuseForm)
    if form.validate():
        with form.catching(Invalid):
            async with visit.write() as db:
                held = await public.outside_view(db, id)
                step = outside.retract if held.state == "checked" else outside.refuse
                await step(db, id, form.why.data or "", by=visit.user.id, at=visit.now)
            return redirect(
                visit, "/certificates/unchecked", flash=N_("Refused. It is off her profile, and she is told.")
            )
    return await _check_page(visit, id, form, status=422)


routes = [
    new_outside, add_outside, withdraw, send_file, list_unchecked, show_unchecked, check, refuse,
]  # fmt: skip
