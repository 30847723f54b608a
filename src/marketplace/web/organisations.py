"""An organisation as a page: what everybody sees of it, and where its owners describe it and have it checked."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from litestar.datastructures import UploadFile
from litestar.response import Stream
from wtforms import DateField, FileField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.rules import MAX_BYTES, FileRefused
from marketplace.identity.employers import actions, queries, rules
from marketplace.identity.employers.actions import Document
from marketplace.identity.employers.models import CheckKind
from marketplace.identity.queries import HatOrganisation
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.outcomes.employers import live_postings
from marketplace.web import paging
from marketplace.web.access import EMPLOYER, PUBLIC, Answer, get, post
from marketplace.web.contracts import pieces
from marketplace.web.employer_card import employer_card, visible_organisation
from marketplace.web.files import SANDBOX
from marketplace.web.forms import CreatingForm, Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, attachment, page, redirect
from marketplace.web.reviews import reviews_part
from marketplace.web.visit import Visit

PATH = "/organisation"
_PDF = N_("A PDF or a picture, up to 10 MB. Only those who check it can open it, and you see who did.")


class AboutForm(Form):
    """What an owner says of the organisation."""

    about = TextAreaField(
        N_("About"),
        [Length(max=rules.LONGEST_ABOUT)],
        filters=[strip],
        description=N_("What you do, who you are. Markdown works: lists, links, emphasis."),
    )
    website = StringField(
        N_("Website"),
        [Length(max=rules.LONGEST_WEBSITE)],
        filters=[strip],
        description=N_("Like https://example.com. With another domain the confirmed one ends."),
    )


class DomainForm(Form):
    """Where the code is sent."""

    mailbox = StringField(
        N_("An address at your domain"),
        [Required(), Length(max=200)],
        filters=[strip],
        description=N_("The part before the @ is enough: info."),
    )


class CodeForm(Form):
    """The code that came back."""

    code = StringField(N_("The code from the mail"), [Required(), Length(max=20)], filters=[strip])


class RegistrationForm(CreatingForm):
    """A registration document."""

    number = StringField(
        N_("Number on the document"),
        [Required(), Length(max=rules.LONGEST_NUMBER)],
        filters=[strip],
        description=N_("NTN, SECP or another. It is never shown to others."),
    )
    document = FileField(N_("Document"), description=_PDF)


class ZoneForm(CreatingForm):
    """A zone enterprise certificate."""

    zone_number = StringField(
        N_("Number of the certificate"),
        [Required(), Length(max=rules.LONGEST_NUMBER)],
        filters=[strip],
        description=N_("It stands on your badge."),
    )
    expires_on = DateField(N_("Last day on which it is valid"), [Optional()])
    verifier = SelectField(N_("Who looks at it"), choices=[], validate_choice=False)
    document = FileField(N_("Certificate"), description=_PDF)


# -- the public page


@get("/organisations/{slug}", PUBLIC)
async def show_organisation(visit: Visit, slug: str) -> Answer:
    """Who they are, what is known of them, how they answer, what they offer, what others say."""
    after = cast("tuple[datetime, UUID] | None", paging.decode(visit, datetime, UUID))
    reader = visit.person.id if visit.person else None
    async with visit.read() as db:
        found = await visible_organisation(db, slug, reader=reader)
        employer = await employer_card(db, found.id, at=visit.now)
        postings = await live_postings(db, found.id, at=visit.now, after=after, limit=paging.SIZE + 1, viewer=reader)
        href = f"/organisations/{found.slug}"
        reviews = await reviews_part(db, "organisation", found.id, href=href, at=visit.now)
    live = paging.cut(visit, postings, key=lambda row: (row.published_at, row.id))
    is_own = visit.person is not None and any(hat.id == found.id for hat in visit.person.organisations)
    return page(
        visit,
        "organisations/show.html",
        organisation=found,
        employer=employer,
        live=live,
        reviews=reviews,
        is_own=is_own,
    )


# -- for its owners


@get(PATH, EMPLOYER)
async def manage(visit: Visit) -> Answer:
    """What everybody reads of the organisation she acts for, and what was found out about it."""
    return await _manage_page(visit)


@post(PATH, EMPLOYER)
async def describe(visit: Visit) -> Answer:
    """Change what everybody reads."""
    hat, form = _owned(visit), await visit.form(AboutForm)
    if form.validate():
        about, website = (form.about.data or "").replace("\r\n", "\n"), form.website.data or ""
        with form.catching():
            async with visit.write() as db:
                await actions.describe(db, hat.id, about=about, website=website, by=visit.user.id, at=visit.now)
            return redirect(visit, PATH, flash=N_("Saved."))
    return await _manage_page(visit, status=422, about_form=form)


@post(f"{PATH}/domain", EMPLOYER)
async def ask_domain(visit: Visit) -> Answer:
    """Mail a code to an address at the website's domain."""
    hat, form = _owned(visit), await visit.form(DomainForm)
    if form.validate():
        await limit(visit, "domain-code", 5, minutes=60, who=str(hat.id))
        with form.catching(rules.NoDomain):
            async with visit.write() as db:
                mailbox = form.mailbox.data or ""
                address = await actions.ask_domain(db, hat.id, mailbox, by=visit.user.id, at=visit.now)
            said = Flash(N_("A code is on its way to %(address)s."), tone="note", values={"address": address})
            return redirect(visit, f"{PATH}#domain", flash=said)
    return await _manage_page(visit, status=422, domain_form=form)


@post(f"{PATH}/domain/confirm", EMPLOYER)
async def confirm_domain(visit: Visit) -> Answer:
    """Type the code from the mail."""
    hat, form = _owned(visit), await visit.form(CodeForm)
    if form.validate():
        with form.catching(rules.CodeOver):
            async with visit.write() as db:  # a wrong code costs a try, so it is no error: that would undo the count
                code = form.code.data or ""
                is_right = await actions.confirm_domain(db, hat.id, code, by=visit.user.id, at=visit.now)
            if is_right:
                return redirect(visit, PATH, flash=N_("Your domain is confirmed."))
            form.refuse(Invalid.at("code", N_("This is another code than the one in the last mail.")))
    return await _manage_page(visit, status=422, code_form=form)


@post(f"{PATH}/registration", EMPLOYER, max_bytes=MAX_BYTES + 1_000_000)
async def hand_in_registration(visit: Visit) -> Answer:
    """Give our staff a registration document to look at."""
    form = await visit.form(RegistrationForm)
    if form.validate() and await _hand_in(visit, form, "registration", form.number.data or ""):
        return redirect(visit, PATH, flash=N_("Handed in. You get a mail as soon as our staff has seen it."))
    return await _manage_page(visit, status=422, registration_form=form)


@post(f"{PATH}/zone", EMPLOYER, max_bytes=MAX_BYTES + 1_000_000)
async def hand_in_zone(visit: Visit) -> Answer:
    """Give our staff, or a park, a zone enterprise certificate to look at."""
    form = await visit.form(ZoneForm)
    if form.validate() and await _hand_in(visit, form, "zone", form.zone_number.data or ""):
        return redirect(visit, PATH, flash=N_("Handed in. You get a mail as soon as somebody has seen it."))
    return await _manage_page(visit, status=422, zone_form=form)


@get(f"{PATH}/documents/{{id}}", EMPLOYER)
async def own_document(visit: Visit, id: UUID) -> Answer:
    """The document that her organisation handed in."""
    hat = _owned(visit)
    async with visit.read() as db:
        file = await queries.own_document(db, id, organisation_id=hat.id)
    stream = await files.open_file(visit.services[Folder], file)
    headers = {**attachment(file.name), "Content-Security-Policy": SANDBOX, "Content-Length": str(file.size_bytes)}
    return Stream(stream, media_type=file.media_type, headers=headers)


async def _hand_in(visit: Visit, form: RegistrationForm | ZoneForm, kind: CheckKind, number: str) -> bool:
    """Whether it was taken; what was wrong stands in the form."""
    hat = _owned(visit)
    upload = form.document.data
    if not isinstance(upload, UploadFile):
        form.refuse(Invalid.at("document", N_("Choose the file.")))
        return False
    await limit(visit, "check-document", 10, minutes=24 * 60, who=str(hat.id))
    try:
        with form.catching(rules.WaitsAlready):
            async with visit.submit(form, back=PATH) as step:
                if step.is_first:
                    await _store(step.db, visit, form, kind, number)
                    step.location = PATH
            return True
    except FileRefused as refusal:
        form.refuse(Invalid.at("document", refusal.msgid, **refusal.values))
    return False


async def _store(db: Session, visit: Visit, form: RegistrationForm | ZoneForm, kind: CheckKind, number: str) -> None:
    upload = cast(UploadFile, form.document.data)
    by, at = visit.user.id, visit.now
    given = files.Upload(upload.filename, pieces(upload))
    file = await files.store(db, visit.services[Folder], given, by=by, at=at)
    if file.media_type != "application/pdf" and not file.media_type.startswith("image/"):
        raise Invalid.at("document", N_("Only a PDF or a picture, please."))
    ends = form.expires_on.data if isinstance(form, ZoneForm) else None
    chosen = form.verifier.data if isinstance(form, ZoneForm) else None
    asked = ids.parse(chosen) if chosen else None
    await actions.hand_in(db, visit.organisation.id, Document(kind, number, file, ends, asked), by=by, at=at)


def _owned(visit: Visit) -> HatOrganisation:
    """The organisation she acts for. Raises: OwnersOnly."""
    hat = visit.organisation
    if hat.role != "owner":
        raise rules.OwnersOnly
    return hat


async def _manage_page(visit: Visit, *, status: int = 200, **forms: Form) -> Answer:
    hat = visit.organisation
    async with visit.read() as db:
        found = await queries.organisation_view(db, hat.slug)
        standing = await queries.standing_of(db, hat.id, at=visit.now)
        checks = await queries.checks_of(db, hat.id)
        openings = await queries.openings(db, hat.id)
        parks = await queries.park_operators(db)
    blank: dict[str, Form] = {
        "about_form": visit.blank(AboutForm, data={"about": found.about, "website": found.website}),
        "domain_form": visit.blank(DomainForm),
        "code_form": visit.blank(CodeForm),
        "registration_form": visit.blank(RegistrationForm),
        "zone_form": visit.blank(ZoneForm),
    }
    shown: dict[str, Any] = {**blank, **forms}
    zone_form = cast(ZoneForm, shown["zone_form"])
    zone_form.verifier.choices = [
        ("", zone_form.say(N_("Our staff"))),
        *((ids.short(id), name) for id, name in parks if id != hat.id),
    ]
    return page(
        visit,
        "organisations/manage.html",
        status=status,
        organisation=found,
        standing=standing,
        checks=checks,
        openings=openings,
        is_owner=hat.role == "owner",
        domain=rules.domain_of(found.website),
        levels=rules.LEVELS,
        **shown,
    )


routes = [
    show_organisation, manage, describe, ask_domain, confirm_domain, hand_in_registration, hand_in_zone, own_document,
]  # fmt: skip
