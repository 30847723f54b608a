"""A dispute as a page: each stage with its deadline and what happens then; the moderators' list and decision."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from litestar.datastructures import UploadFile
from litestar.response import Stream
from wtforms import MultipleFileField, TextAreaField

from marketplace.contracts import queries as contracts
from marketplace.contracts.disputes import actions, evidence, moderation, queries, rules
from marketplace.contracts.disputes.notices import path_of_dispute
from marketplace.contracts.notices import path_of
from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.engines.files.rules import MAX_BYTES, FileRefused
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.ids import short
from marketplace.kernel.money import Money
from marketplace.web import paging
from marketplace.web.access import STAFF, USER, Answer, get, post
from marketplace.web.contracts import pieces
from marketplace.web.files import SANDBOX
from marketplace.web.forms import CreatingForm, Form, Length, MoneyField, Required, in_currency, strip
from marketplace.web.pages import attachment, page, redirect
from marketplace.web.parts import SplitForm
from marketplace.web.visit import Visit

UPLOAD_BYTES = rules.MOST_FILES * MAX_BYTES + 1_000_000


class StatementForm(CreatingForm):
    """What one side says, with files."""

    text = TextAreaField(
        N_("What happened, and what you want"),
        [Required(), Length(max=rules.LONGEST_TEXT)],
        filters=[strip],
        description=N_("The other side and a moderator read it. Facts and dates help most."),
    )
    files = MultipleFileField(
        N_("Files"), description=N_("At most 5, up to 10 MB each. The contract and the messages are there already.")
    )


class AppealForm(Form):
    """Why another moderator should look."""

    text = TextAreaField(N_("What was overlooked"), [Required(), Length(max=rules.LONGEST_TEXT)], filters=[strip])


class DecisionForm(Form):
    """How it is divided, and why."""

    release = MoneyField(
        N_("For the freelancer"),
        description=N_("Before the fee. The rest goes back to the employer. Leave it empty for nothing."),
    )
    reason = TextAreaField(
        N_("The reason"),
        [Required(), Length(max=rules.LONGEST_TEXT)],
        filters=[strip],
        description=N_("Both sides read it: which facts count, and why this division follows from them."),
    )


@get("/contracts/{id}/milestones/{number}/dispute", USER)
async def ask_dispute(visit: Visit, id: UUID, number: int) -> Answer:
    """What a dispute means, before it is opened."""
    return await _opening_page(visit, id, number, visit.blank(StatementForm))


@post("/contracts/{id}/milestones/{number}/dispute", USER, max_bytes=UPLOAD_BYTES)
async def open_dispute(visit: Visit, id: UUID, number: int) -> Answer:
    """Contest a milestone."""
    form = await visit.form(StatementForm)
    if form.validate():
        try:
            with form.catching():
                async with visit.submit(form, back=path_of(id, number)) as step:
                    if step.is_first:
                        db, by = step.db, visit.user.id
                        _contract, side = await contracts.contract_for(db, id, by=by)
                        milestone = await contracts.milestone_for(db, id, number, by=by, side=side)
                        said: dict[str, Any] = {"text": form.text.data or "", "files": await _kept(db, visit, form)}
                        dispute = await actions.open_dispute(db, milestone, side=side, **said, by=by, at=visit.now)
                        step.location = path_of_dispute(dispute)
                return redirect(visit, step.location, flash=N_("The dispute is open. The money stays held."))
        except FileRefused as refusal:
            form.refuse(Invalid.at("files", refusal.msgid, **refusal.values))
    return await _opening_page(visit, id, number, form, status=422)


@get("/disputes/{id}", USER)
async def show_dispute(visit: Visit, id: UUID) -> Answer:
    """Where it stands, what was said, what is proposed, what was decided."""
    return await _page(visit, id)


@post("/disputes/{id}/statements", USER, max_bytes=UPLOAD_BYTES)
async def say(visit: Visit, id: UUID) -> Answer:
    """Answer, or add something."""
    form = await visit.form(StatementForm)
    if form.validate():
        try:
            with form.catching():
                async with visit.submit(form, back=_path(id)) as step:
                    if step.is_first:
                        db, by = step.db, visit.user.id
                        milestone, side = await queries.side_in(db, id, by=by)
                        said: dict[str, Any] = {"text": form.text.data or "", "files": await _kept(db, visit, form)}
                        await actions.say(db, milestone, side=side, **said, by=by, at=visit.now)
                        step.location = _path(id)
                return redirect(visit, step.location, flash=N_("Added. The other side has been told."))
        except FileRefused as refusal:
            form.refuse(Invalid.at("files", refusal.msgid, **refusal.values))
    return await _page(visit, id, is_for_sides=True, status=422, statement_form=form)


@post("/disputes/{id}/appeal", USER)
async def appeal(visit: Visit, id: UUID) -> Answer:
    """Ask for another moderator."""
    form = await visit.form(AppealForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                milestone, side = await queries.side_in(db, id, by=visit.user.id)
                text = form.text.data or ""
                await actions.appeal(db, milestone, side=side, text=text, by=visit.user.id, at=visit.now)
            return redirect(visit, _path(id), flash=N_("Another moderator will look at it. Until then nothing moves."))
    return await _page(visit, id, is_for_sides=True, status=422, appeal_form=form)


@post("/disputes/{id}/waive", USER)
async def waive(visit: Visit, id: UUID) -> Answer:
    """This side is content with the decision."""
    async with visit.write() as db:
        milestone, side = await queries.side_in(db, id, by=visit.user.id)
        await actions.waive(db, milestone, side=side, by=visit.user.id, at=visit.now)
    return redirect(visit, _path(id), flash=N_("Noted. When both accept the decision, the money moves at once."))


@get("/disputes/{id}/evidence", USER)
async def send_evidence(visit: Visit, id: UUID) -> Answer:
    """The evidence pack."""
    async with visit.read() as db:
        view = await queries.dispute_view(db, id, reader=visit.user.id, is_staff=visit.user.is_staff)
        pack = await evidence.collect(db, view)
    headers = {**attachment(f"dispute-{short(id)}.zip"), "Content-Security-Policy": SANDBOX}
    return Stream(evidence.write(pack, visit.services[Folder]), media_type="application/zip", headers=headers)


@get("/disputes/{id}/files/{file}/{name}", USER)
async def send_file(visit: Visit, id: UUID, file: UUID, name: str) -> Answer:
    """A file that came with what somebody said. The name is only for people."""
    async with visit.read() as db:
        kept = await queries.file_for(db, id, file, reader=visit.user.id, is_staff=visit.user.is_staff)
    bytes_of = await files.open_file(visit.services[Folder], kept)
    headers = {**attachment(kept.name), "Content-Security-Policy": SANDBOX, "Content-Length": str(kept.size_bytes)}
    return Stream(bytes_of, media_type=kept.media_type, headers=headers)


@get("/moderation/disputes", STAFF)
async def list_disputes(visit: Visit) -> Answer:
    """Open disputes, what is due first on top."""
    after = paging.decode(visit, datetime, UUID)
    async with visit.read() as db:
        rows = await queries.queue(db, visit.user.id, after=cast(Any, after), limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: (row.due_at, row.id))
    return page(visit, "moderation/disputes.html", fragment="results", found=found)


@post("/disputes/{id}/take", STAFF)
async def take(visit: Visit, id: UUID) -> Answer:
    """A moderator looks at it: from now on she reads what both wrote, and the audit log says so."""
    async with visit.write() as db:
        milestone = await queries.disputed_milestone(db, id)
        await moderation.take(db, milestone, by=visit.user.id, at=visit.now)
    return redirect(visit, _path(id), flash=N_("This dispute is yours now."))


@post("/disputes/{id}/decide", STAFF)
async def decide(visit: Visit, id: UUID) -> Answer:
    """How the money is divided, and why."""
    form = await visit.form(DecisionForm)
    async with visit.read() as db:
        view = await queries.dispute_view(db, id, reader=visit.user.id, is_staff=True)
    in_currency(form, view.amount.currency)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                milestone = await queries.disputed_milestone(db, id)
                release = form.release.data or Money(0, view.amount.currency)
                reason = form.reason.data or ""
                await moderation.decide(db, milestone, release, reason=reason, by=visit.user.id, at=visit.now)
            return redirect(visit, _path(id), flash=N_("Decided. Both sides have been told."))
    return await _page(visit, id, status=422, decision_form=form)


async def _kept(db: Session, visit: Visit, form: StatementForm) -> Sequence[StoredFile]:
    uploads = [each for each in cast("list[object]", form.files.data or []) if isinstance(each, UploadFile)]
    rules.check_files(len(uploads))
    folder, by = visit.services[Folder], visit.user.id
    given = [files.Upload(upload.filename, pieces(upload)) for upload in uploads]
    return [await files.store(db, folder, upload, by=by, at=visit.now) for upload in given]


async def _opening_page(visit: Visit, id: UUID, number: int, form: StatementForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        contract = await contracts.contract_view(db, id, reader=visit.user.id)
        milestone = contract.milestone(number)
    if milestone.dispute_id:
        return redirect(visit, _path(milestone.dispute_id))
    context: dict[str, Any] = {"contract": contract, "milestone": milestone, "form": form}
    return page(visit, "disputes/open.html", status=status, can_open=milestone.state in rules.DISPUTABLE, **context)


async def _page(visit: Visit, id: UUID, *, is_for_sides: bool = False, status: int = 200, **forms: Form) -> Answer:
    async with visit.read() as db:
        is_staff = visit.user.is_staff and not is_for_sides
        view = await queries.dispute_view(db, id, reader=visit.user.id, is_staff=is_staff)
    kinds: dict[str, type[Form]] = {
        "statement_form": StatementForm,
        "appeal_form": AppealForm,
        "decision_form": DecisionForm,
        "split_form": SplitForm,
    }
    shown: dict[str, Any] = {name: forms.get(name) or visit.blank(kind) for name, kind in kinds.items()}
    return page(visit, "disputes/dispute.html", status=status, dispute=view, **shown)


def _path(id: UUID) -> str:
    return f"/disputes/{short(id)}"


routes = [
    ask_dispute,
    open_dispute,
    show_dispute,
    say,
    appeal,
    waive,
    send_evidence,
    send_file,
    list_disputes,
    take,
    decide,
]
