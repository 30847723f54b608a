"""Documents of employers that somebody has to look at: our staff, or the park operator who was asked."""

from typing import Any
from uuid import UUID

from litestar.response import Stream
from wtforms import RadioField, TextAreaField

from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.identity.employers import actions, queries, rules
from marketplace.kernel.i18n import N_
from marketplace.web import paging
from marketplace.web.access import EMPLOYER, STAFF, USER, Answer, get, post
from marketplace.web.files import SANDBOX
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import attachment, page, redirect
from marketplace.web.visit import Visit


class DecisionForm(Form):
    """Whether the document shows what it should."""

    outcome = RadioField(
        N_("What you found"),
        choices={"passed": N_("It is right: confirm it"), "refused": N_("It is not: refuse it")},
    )
    reason = TextAreaField(
        N_("Reason"),
        [Length(max=rules.LONGEST_REASON)],
        filters=[strip],
        description=N_("The organisation reads it. Needed when you refuse."),
    )


class OpenForm(Form):
    """Why a private document is opened."""

    why = TextAreaField(
        N_("Why you open it"),
        [Required(), Length(max=rules.LONGEST_REASON)],
        filters=[strip],
        description=N_("The organisation reads your name and this."),
    )


@get("/moderation/checks", STAFF)
async def list_all(visit: Visit) -> Answer:
    """Everything that waits, the oldest first."""
    return await _list(visit, None)


@get("/checks", EMPLOYER)
async def list_asked(visit: Visit) -> Answer:
    """What the park operator she acts for is asked to look at."""
    return await _list(visit, visit.organisation.id)


async def _list(visit: Visit, verifier_id: UUID | None) -> Answer:
    cursor = paging.decode(visit, UUID)
    after = cursor[0] if cursor else None
    async with visit.read() as db:
        rows = await queries.waiting_documents(db, verifier_id=verifier_id, after=after, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: [row.id])
    return page(visit, "checks/list.html", found=found)


@get("/checks/{id}", USER)
async def show_check(visit: Visit, id: UUID) -> Answer:
    """What was handed in, and what to decide."""
    return await _check_page(visit, id)


@post("/checks/{id}/document", USER)
async def open_document(visit: Visit, id: UUID) -> Answer:
    """Open the private document; the organisation can read who did and why."""
    form = await visit.form(OpenForm)
    if not form.validate():
        return await _check_page(visit, id, status=422, open_form=form)
    async with visit.write() as db:
        check = await queries.document_for(db, id, by=visit.user.id, is_staff=visit.user.is_staff)
        await actions.note_opening(db, check, reason=form.why.data or "", by=visit.user.id, at=visit.now)
        assert check.file_id is not None
        file = await files.stored_file(db, check.file_id)
    stream = await files.open_file(visit.services[Folder], file)
    headers = {**attachment(file.name), "Content-Security-Policy": SANDBOX, "Content-Length": str(file.size_bytes)}
    return Stream(stream, media_type=file.media_type, headers=headers)


@post("/checks/{id}/decide", USER)
async def decide(visit: Visit, id: UUID) -> Answer:
    """Confirm or refuse it."""
    form = await visit.form(DecisionForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                check = await queries.document_for(db, id, by=visit.user.id, is_staff=visit.user.is_staff)
                is_passed, reason = form.outcome.data == "passed", form.reason.data or ""
                await actions.decide(db, check, is_passed=is_passed, reason=reason, by=visit.user.id, at=visit.now)
            onward = "/moderation/checks" if visit.user.is_staff else "/checks"
            return redirect(visit, onward, flash=N_("Decided. The owners get a mail."))
    return await _check_page(visit, id, status=422, form=form)


async def _check_page(visit: Visit, id: UUID, *, status: int = 200, **forms: Form) -> Answer:
    async with visit.read() as db:
        check = await queries.document_for(db, id, by=visit.user.id, is_staff=visit.user.is_staff)
        view = await queries.document_view(db, check.id)
        standing = await queries.standing_of(db, view.organisation_id, at=visit.now)
    shown: dict[str, Any] = {"form": visit.blank(DecisionForm), "open_form": visit.blank(OpenForm), **forms}
    return page(visit, "checks/show.html", status=status, check=view, standing=standing, **shown)


routes = [list_all, list_asked, show_check, open_document, decide]
