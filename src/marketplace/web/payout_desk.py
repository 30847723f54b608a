"""The desk of finance: what waits to be paid, batches for two people, the switch, payouts by hand."""

from typing import Any
from uuid import UUID

from litestar.datastructures import UploadFile
from wtforms import FileField, TextAreaField

from marketplace.engines.files.rules import FileRefused
from marketplace.escrow.rails import batches, desk, freezing, matching
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.escrow.rails.doors import open_rails
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.ids import short
from marketplace.web import paging
from marketplace.web.access import FINANCE, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import Flash, download, page, redirect
from marketplace.web.payout_forms import RAILS
from marketplace.web.stepping_up import step_up_first
from marketplace.web.uploads import keep
from marketplace.web.visit import Visit

MOST_BYTES = 11_000_000


class ReasonForm(Form):
    """Why, for the audit log."""

    why = TextAreaField(N_("The reason"), [Required(), Length(max=1_000)], filters=[strip])


class ReceiptForm(Form):
    """The proof that a payout by hand was made."""

    file = FileField(N_("Receipt"), description=N_("A photo or PDF, up to 10 MB."))


@get("/ops/payouts", FINANCE)
async def show_desk(visit: Visit) -> Answer:
    """What waits on each rail, the batches, the switch."""
    return await _desk(visit)


async def _desk(visit: Visit, form: ReasonForm | None = None, *, status: int = 200) -> Answer:
    cursor = paging.decode(visit, UUID)
    async with visit.read() as db:
        waiting = await desk.waiting(db)
        by_hand = await desk.by_hand(db)
        rows = await desk.batches(db, before=cursor[0] if cursor else None, limit=paging.SIZE + 1)
        freeze = await freezing.frozen(db)
        lines = await desk.open_lines(db)
    found = paging.cut(visit, rows, key=lambda row: [row.id])
    context: dict[str, Any] = {"waiting": waiting, "found": found, "freeze": freeze, "rails": RAILS, "by_hand": by_hand}
    context |= {"open_rails": open_rails(visit.services[HouseAccounts]), "open_lines": lines}
    context["form"] = form or visit.blank(ReasonForm)
    return page(visit, "ops/payouts.html", status=status, **context)


@post("/ops/payouts/batches/{rail}", FINANCE)
async def prepare_batch(visit: Visit, rail: str) -> Answer:
    """Put what waits on a rail into files."""
    house = visit.services[HouseAccounts]
    if rail not in open_rails(house):
        raise NotFound
    async with visit.write() as db:
        made = await batches.prepare(db, rail, house=house, site=visit.settings.name, by=visit.user.id, at=visit.now)
    where = f"/ops/payouts/{short(made[0].id)}" if len(made) == 1 else "/ops/payouts"
    return redirect(visit, where, flash=N_("Prepared. Two people have to approve it."))


@get("/ops/payouts/{id}", FINANCE)
async def show_batch(visit: Visit, id: UUID) -> Answer:
    """Every payout of a batch, who approved it, its file."""
    return await _batch(visit, id)


async def _batch(visit: Visit, id: UUID, form: ReasonForm | None = None, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        view = await desk.batch_view(db, id, reader=visit.user.id)
        freeze = await freezing.frozen(db)
    context: dict[str, Any] = {"view": view, "batch": view.batch, "rails": RAILS, "freeze": freeze}
    return page(visit, "ops/batch.html", status=status, form=form or visit.blank(ReasonForm), **context)


@post("/ops/payouts/{id}/approve", FINANCE)
async def approve_batch(visit: Visit, id: UUID) -> Answer:
    """Answer for a batch: after a proof that it is she; the second of two people sends it."""
    if ask := step_up_first(visit, f"/ops/payouts/{short(id)}"):
        return ask
    async with visit.write() as db:
        batch = await batches.approve(db, id, by=visit.user.id, at=visit.now)
    is_sent = batch.state == "approved"
    flash = N_("Approved by two. Now the file can be carried to the bank.") if is_sent else N_("Approved. One more.")
    return redirect(visit, f"/ops/payouts/{short(id)}", flash=flash)


@post("/ops/payouts/{id}/discard", FINANCE)
async def discard_batch(visit: Visit, id: UUID) -> Answer:
    """Its payouts wait for the next one."""
    form = await visit.form(ReasonForm)
    if not form.validate():
        return await _batch(visit, id, form, status=422)
    async with visit.write() as db:
        await batches.discard(db, id, by=visit.user.id, why=form.why.data or "", at=visit.now)
    return redirect(visit, "/ops/payouts", flash=N_("Discarded. Its payouts wait for the next batch."))


@post("/ops/payouts/{id}/file", FINANCE)
async def take_file(visit: Visit, id: UUID) -> Answer:
    """The file for the bank, once two people have approved it; who took it stands in the audit log."""
    async with visit.write() as db:
        batch = await desk.take_file(db, id, by=visit.user.id, at=visit.now)
    kind = "application/xml" if batch.file_name.endswith(".xml") else "text/csv"
    return download(batch.content, name=batch.file_name, media_type=kind)


@post("/ops/payouts/freeze", FINANCE)
async def freeze_payouts(visit: Visit) -> Answer:
    """Stop all payouts."""
    form = await visit.form(ReasonForm)
    if not form.validate():
        return await _desk(visit, form, status=422)
    async with visit.write() as db:
        await freezing.freeze(db, form.why.data or "", by=visit.user.id, at=visit.now)
    return redirect(visit, "/ops/payouts", flash=Flash(N_("All payouts are stopped."), tone="danger"))


@post("/ops/payouts/lift", FINANCE)
async def lift_freeze(visit: Visit) -> Answer:
    """Go on."""
    async with visit.write() as db:
        await freezing.lift(db, by=visit.user.id, at=visit.now)
    return redirect(visit, "/ops/payouts", flash=N_("Payouts go on."))


@post("/ops/payouts/by-hand/{id}/receipt", FINANCE, max_bytes=MOST_BYTES)
async def confirm_by_receipt(visit: Visit, id: UUID) -> Answer:
    """Paid by hand, and here is the receipt."""
    form = await visit.form(ReceiptForm)
    given: object = form.file.data
    if not isinstance(given, UploadFile):
        return redirect(visit, "/ops/payouts", flash=Flash(N_("Choose one file: the receipt."), tone="waiting"))
    try:
        async with visit.write() as db:
            stored = await keep(db, visit, given)
            await matching.confirm_by_receipt(db, id, stored.id, by=visit.user.id, at=visit.now)
    except FileRefused as refused:
        return redirect(visit, "/ops/payouts", flash=Flash(refused.msgid, tone="danger"))
    return redirect(visit, "/ops/payouts", flash=N_("Confirmed. She has been told."))


@post("/ops/payouts/by-hand/{id}/failed", FINANCE)
async def fail_by_hand(visit: Visit, id: UUID) -> Answer:
    """It could not be made: the money is hers again."""
    form = await visit.form(ReasonForm)
    if not form.validate():
        return redirect(visit, "/ops/payouts", flash=Flash(N_("Say why: she reads it."), tone="waiting"))
    async with visit.write() as db:
        await matching.failed_by_hand(db, id, form.why.data or "", by=visit.user.id, at=visit.now)
    return redirect(visit, "/ops/payouts", flash=N_("Given back to her balance. She has been told."))


routes = [
    *(show_desk, prepare_batch, show_batch, approve_batch, discard_batch, take_file),
    *(freeze_payouts, lift_freeze, confirm_by_receipt, fail_by_hand),
]
