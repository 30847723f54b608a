"""Applications as pages, for the candidate who sends them. (What the employer does with them is in applicants.py.)"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar.datastructures import UploadFile
from litestar.response import Stream

from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.engines.files.rules import MAX_BYTES, FileRefused
from marketplace.identity import audit
from marketplace.identity.models import Organisation
from marketplace.jobs import applications as actions
from marketplace.jobs import queries, rules, stages
from marketplace.jobs.interviews.queries import interviews_of
from marketplace.jobs.models import Application
from marketplace.jobs.offers.queries import offers_of
from marketplace.jobs.rules import REJECT_REASONS, takes_applications
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings.models import Posting
from marketplace.postings.screening import questions_of
from marketplace.talent import actions as talent
from marketplace.talent.queries import freelancer_of
from marketplace.web import applicants, paging
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.application_forms import EntryForm
from marketplace.web.files import SANDBOX
from marketplace.web.pages import attachment, page, redirect
from marketplace.web.visit import Visit

UPLOAD_BYTES = MAX_BYTES + 1_000_000
_PIECE = 256 * 1024
SENT = N_("Your application is sent. You get an answer by the date below, whatever it is.")


@get("/applications", USER)
async def list_mine(visit: Visit) -> Answer:
    """All she has sent, where each stands and until when it is answered."""
    after = paging.decode(visit, UUID)
    async with visit.read() as db:
        rows = await queries.applications_of(db, visit.user.id, after=after, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: (row.id,))
    return page(visit, "applications/mine.html", found=found, reasons=REJECT_REASONS)


# -- sending one


@get("/jobs/{slug}/apply", USER)
async def new_application(visit: Visit, slug: str) -> Answer:
    """An empty form; where she has applied, or can't, the page that says so."""
    async with visit.read() as db:
        posting, organisation = await queries.published_posting(db, slug)
        living = await queries.living_of(db, posting.id, user_id=visit.user.id)
        freelancer = await freelancer_of(db, visit.user.id)
    if living is not None:
        return redirect(visit, _address(living))
    if not takes_applications(posting.kind, posting.state, posting.closes_at, visit.now):
        return redirect(visit, f"/jobs/{posting.slug}")
    form = visit.blank(EntryForm, data={"headline": freelancer.headline if freelancer else ""})
    return _form_page(visit, posting, organisation, form)


def _form_page(
    visit: Visit, posting: Posting, organisation: Organisation, form: EntryForm, *, status: int = 200
) -> Answer:
    form.ask(questions_of(posting.questions))
    context: dict[str, Any] = {"posting": posting, "organisation": organisation, "form": form}
    return page(visit, "applications/form.html", fragment="form", status=status, **context)


@post("/jobs/{slug}/apply", USER, max_bytes=UPLOAD_BYTES)
async def apply(visit: Visit, slug: str) -> Answer:
    """Send it: once, however often it is clicked."""
    form = await visit.form(EntryForm)
    async with visit.read() as db:
        posting, organisation = await queries.published_posting(db, slug)
    form.ask(questions_of(posting.questions))
    if form.validate():
        try:
            with form.catching(rules.PostingTakesNone, rules.AlreadyApplied, rules.WomenOnly):
                async with visit.submit(form, back="/applications") as step:
                    if step.is_first:
                        step.location = _address(await _send(step.db, visit, slug, form))
                return redirect(visit, step.location, flash=SENT)
        except FileRefused as refusal:
            form.refuse(Invalid.at("cv", refusal.msgid, **refusal.values))
    return _form_page(visit, posting, organisation, form, status=422)


async def _send(db: Session, visit: Visit, slug: str, form: EntryForm) -> Application:
    posting, _ = await queries.published_posting(db, slug)
    freelancer = await talent.start(db, visit.user, at=visit.now)
    cv = await _stored(db, visit, form)
    return await actions.apply(db, posting, form.entry(), freelancer=freelancer, cv=cv, at=visit.now)


async def _stored(db: Session, visit: Visit, form: EntryForm) -> StoredFile | None:
    chosen: object = form.cv.data
    if not isinstance(chosen, UploadFile):
        return None
    upload = files.Upload(chosen.filename, _pieces(chosen))
    return await files.store(db, visit.services[Folder], upload, by=visit.user.id, at=visit.now)


async def _pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    while piece := await upload.read(_PIECE):
        yield piece


# -- one that exists


@get("/applications/{id}", USER)
async def show_application(visit: Visit, id: UUID) -> Answer:
    """Hers as she wrote it, or the employer's view of it."""
    async with visit.read() as db:
        try:
            application, posting = await queries.own(db, id, by=visit.user.id)
        except NotFound:
            return await applicants.show(visit, db, id)
        organisation = await db.get_one(Organisation, posting.organisation_id)
        lines = [line for line in await audit.lines_of(db, ("application", id)) if line.action in HER_LINES]
        hiring = {"interviews": await interviews_of(db, id), "offers": await offers_of(db, id)}
    context: dict[str, Any] = {
        **hiring,
        "application": application,
        "posting": posting,
        "organisation": organisation,
        "lines": lines,
    }
    can_withdraw = "withdrawn" in rules.MOVES[stages.state_of(application)]
    return page(visit, "applications/show.html", can_withdraw=can_withdraw, reasons=REJECT_REASONS, **context)


HER_LINES = {f"application.{each}" for each in (*rules.STAGES, "withdrawn", "undone", "answered")}
"""What she reads of the audit: her steps and the employer's answers, never that somebody scored or noted."""


@get("/applications/{id}/withdraw", USER)
async def ask_withdraw(visit: Visit, id: UUID) -> Answer:
    """Say what happens, ask whether to do it."""
    async with visit.read() as db:
        application, posting = await queries.own(db, id, by=visit.user.id)
    return page(visit, "applications/withdraw.html", application=application, posting=posting)


@post("/applications/{id}/withdraw", USER)
async def withdraw(visit: Visit, id: UUID) -> Answer:
    """Do it; a second click finds it done."""
    async with visit.write() as db:
        application, _posting = await queries.own(db, id, by=visit.user.id)
        await stages.lock(db, application)
        if application.state != "withdrawn":
            await actions.withdraw(db, application, by=visit.user.id, at=visit.now)
    return redirect(visit, "/applications", flash=N_("Withdrawn. The employer can't read it any more."))


@get("/applications/{id}/cv", USER)
async def send_cv(visit: Visit, id: UUID) -> Answer:
    """The CV that came with it: hers, and the employer's from the shortlist on."""
    async with visit.read() as db:
        file = await queries.cv_for(db, id, reader=visit.user.id)
    pieces = await files.open_file(visit.services[Folder], file)
    headers = {**attachment(file.name), "Content-Security-Policy": SANDBOX, "Content-Length": str(file.size_bytes)}
    return Stream(pieces, media_type=file.media_type, headers=headers)


def _address(application: Application) -> str:
    return f"/applications/{ids.short(application.id)}"


routes = [list_mine, new_application, apply, show_application, ask_withdraw, withdraw, send_cv]
