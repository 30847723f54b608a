"""Contracts as pages: where they stand, what happens next and when; accepting a proposal, delivering, reviewing."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import cast
from uuid import UUID

from litestar.datastructures import UploadFile
from wtforms import MultipleFileField, TextAreaField

from marketplace.contracts import actions, lists, queries, rules, timeline
from marketplace.contracts.disputes.queries import SplitView, splits_of
from marketplace.contracts.money import cards_for
from marketplace.contracts.notices import path_of
from marketplace.contracts.queries import ContractView, MilestoneView
from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.rules import MAX_BYTES, FileRefused
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.rails.quotes import Rate
from marketplace.escrow.rails.rates import rupees
from marketplace.gigs import actions as gig_actions
from marketplace.gigs import queries as gigs
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web import paging
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form, Length, strip
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.reviews import reviewing_of
from marketplace.web.visit import Visit

_PIECE = 256 * 1024
UPLOAD_BYTES = rules.MOST_FILES * MAX_BYTES + 1_000_000


class DeliveryForm(CreatingForm):
    """What is handed in."""

    text = TextAreaField(
        N_("What you deliver"),
        [Length(max=rules.LONGEST_TEXT)],
        filters=[strip],
        description=N_("Say what is done and how to look at it. Links are fine."),
    )
    files = MultipleFileField(
        N_("Files"), description=N_("At most 5, up to 10 MB each: PDF, pictures, Office files, text, MP3, MP4 or ZIP.")
    )


class RevisionForm(Form):
    """What is missing in a delivery."""

    missing = TextAreaField(
        N_("What is missing"),
        [Length(max=rules.LONGEST_TEXT)],
        filters=[strip],
        description=N_("Point by point, as the milestone says it."),
    )


class CancelForm(Form):
    """Why a contract ends."""

    reason = TextAreaField(N_("Reason"), [Length(max=500)], filters=[strip], description=N_("The other side reads it."))


@get("/contracts", USER)
async def list_contracts(visit: Visit) -> Answer:
    """All of mine, on either side."""
    cursor = paging.decode(visit, UUID)
    shown = visit.query.get("show", "")
    async with visit.read() as db:
        rows = await lists.contracts_of(
            db,
            visit.user.id,
            after=cursor[0] if cursor else None,
            limit=paging.SIZE + 1,
            is_open={"open": True, "over": False}.get(shown),
        )
    found = paging.cut(visit, rows, key=lambda row: [row.id])
    return page(visit, "contracts/list.html", fragment="results", found=found, shown=shown)


@get("/contracts/{id}", USER)
async def show_contract(visit: Visit, id: UUID) -> Answer:
    """One contract: its milestones, what happens next, its timeline."""
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
        events = await timeline.timeline_of(db, id, locale=visit.locale)
        reviewing = await reviewing_of(db, contract, at=visit.now)
        cards = await _cards(visit, db, contract, contract.milestones)
    return page(visit, "contracts/contract.html", contract=contract, events=events, reviewing=reviewing, cards=cards)


@get("/contracts/{id}/milestones/{number}", USER)
async def show_milestone(visit: Visit, id: UUID, number: int) -> Answer:
    """One milestone: fund, deliver, review."""
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
        milestone = contract.milestone(number)
        proposed = await splits_of(db, milestone.id, milestone.left, contract.fee, released=milestone.released)
        rate = await rupees(db, at=visit.now)
        cards = await _cards(visit, db, contract, [milestone])
    return _milestone_page(visit, contract, milestone, splits=proposed, rate=rate, cards=cards)


async def _cards(
    visit: Visit, db: AnySession, contract: ContractView, milestones: Iterable[MilestoneView]
) -> list[SavedCard]:
    """With which one of them could be paid in."""
    if contract.side != "employer" or all(each.state not in ("planned", "funding") for each in milestones):
        return []
    return await cards_for(db, contract.id, reader=visit.user.id, at=visit.now)


@post("/contracts/{id}/milestones/{number}/deliveries", USER, max_bytes=UPLOAD_BYTES)
async def deliver(visit: Visit, id: UUID, number: int) -> Answer:
    """Hand in work, with files."""
    form = await visit.form(DeliveryForm)
    if form.validate():
        try:
            with form.catching():
                async with visit.submit(form, back=path_of(id, number)) as step:
                    if step.is_first:
                        await _deliver(step.db, visit, form, (id, number))
                        step.location = path_of(id, number)
                return redirect(visit, step.location, flash=N_("Delivered. The employer has 14 days to answer."))
        except FileRefused as refusal:
            form.refuse(Invalid.at("files", refusal.msgid, **refusal.values))
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
    return _milestone_page(visit, contract, contract.milestone(number), status=422, delivery_form=form)


async def _deliver(db: Session, visit: Visit, form: DeliveryForm, which: tuple[UUID, int]) -> None:
    milestone = await queries.milestone_for(db, *which, by=visit.user.id, side="freelancer")
    rules.check_milestone_move(milestone.state, "delivered")
    uploads = [each for each in cast("list[object]", form.files.data or []) if isinstance(each, UploadFile)]
    text = form.text.data or ""
    rules.check_delivery(text, len(uploads))
    folder, by = visit.services[Folder], visit.user.id
    given = [files.Upload(upload.filename, pieces(upload)) for upload in uploads]
    kept = [await files.store(db, folder, upload, by=by, at=visit.now) for upload in given]
    await actions.deliver(db, milestone, text=text, files=kept, by=by, at=visit.now)


async def pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    """The bytes of an upload, a piece at a time."""
    while piece := await upload.read(_PIECE):
        yield piece


@post("/contracts/{id}/milestones/{number}/revisions", USER)
async def ask_revision(visit: Visit, id: UUID, number: int) -> Answer:
    """Send a delivery back with what is missing."""
    form = await visit.form(RevisionForm)
    if form.validate():
        missing = form.missing.data or ""
        with form.catching():
            async with _unless_already(visit, (id, number), "revision") as db:
                milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
                await actions.ask_revision(db, milestone, missing=missing, by=visit.user.id, at=visit.now)
            return redirect(visit, path_of(id, number), flash=N_("Sent back. The money stays held."))
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
    return _milestone_page(visit, contract, contract.milestone(number), status=422, revision_form=form)


@post("/contracts/{id}/milestones/{number}/release", USER)
async def accept_delivery(visit: Visit, id: UUID, number: int) -> Answer:
    """The work is good: release its money."""
    async with _unless_already(visit, (id, number), "released") as db:
        milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
        await actions.accept_delivery(db, milestone, by=visit.user.id, at=visit.now)
    return redirect(visit, path_of(id), flash=N_("Accepted. The money is released."))


@post("/proposals/{id}/accept", USER)
async def accept_proposal(visit: Visit, id: UUID) -> Answer:
    """Make a contract of a proposal. `seen` (its updated_at as it was read) guards against a change in between."""
    by, seen = visit.user.id, _time((await visit.posted()).get("seen"))
    async with visit.write() as db:
        proposal, _posting = await gigs.managed(db, id, by=by)
        await gig_actions.lock(db, proposal)
        contract_id = await queries.contract_of_proposal(db, id, reader=by)  # there already when pressed twice
        if contract_id is None:
            contract_id = (await actions.accept_proposal(db, proposal, by=by, at=visit.now, seen=seen)).id
    return redirect(visit, path_of(contract_id), flash=N_("The contract begins. Next: fund the first milestone."))


@get("/contracts/{id}/cancel", USER)
async def ask_cancel(visit: Visit, id: UUID) -> Answer:
    """What cancelling means, before it is done."""
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
    return page(visit, "contracts/cancel.html", contract=contract, form=visit.blank(CancelForm))


@post("/contracts/{id}/cancel", USER)
async def cancel_contract(visit: Visit, id: UUID) -> Answer:
    """End a contract where this side may."""
    form = await visit.form(CancelForm)
    if form.validate():
        async with visit.write() as db:
            contract, side = await queries.contract_for(db, id, by=visit.user.id)
            reason = form.reason.data or ""
            await actions.cancel_contract(db, contract, side=side, reason=reason, by=visit.user.id, at=visit.now)
        return redirect(visit, path_of(id), flash=Flash(N_("The contract is cancelled."), tone="note"))
    async with visit.read() as db:
        view = await queries.contract_view(db, id, reader=visit.user.id)
    return page(visit, "contracts/cancel.html", status=422, contract=view, form=form)


@asynccontextmanager
async def _unless_already(visit: Visit, which: tuple[UUID, int], state: str) -> AsyncGenerator[Session]:
    """The transaction of a step that leads to `state`. Pressed twice, the second press finds it done and is content."""
    try:
        async with visit.write() as db:
            yield db
    except rules.MilestoneMoveRefused:
        async with visit.read() as db:
            contract = await queries.contract_view(db, which[0], reader=visit.user.id)
        if contract.milestone(which[1]).state != state:
            raise


def _milestone_page(
    visit: Visit,
    contract: ContractView,
    milestone: MilestoneView,
    *,
    status: int = 200,
    delivery_form: DeliveryForm | None = None,
    revision_form: RevisionForm | None = None,
    splits: Sequence[SplitView] = (),
    rate: Rate | None = None,
    cards: Sequence[SavedCard] = (),
) -> Answer:
    return page(
        visit,
        "contracts/milestone.html",
        status=status,
        contract=contract,
        milestone=milestone,
        splits=splits,
        rate=rate,
        cards=cards,
        delivery_form=delivery_form or visit.blank(DeliveryForm),
        revision_form=revision_form or visit.blank(RevisionForm),
    )


def _time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None


routes = [
    list_contracts,
    show_contract,
    show_milestone,
    deliver,
    ask_revision,
    accept_delivery,
    accept_proposal,
    ask_cancel,
    cancel_contract,
]
