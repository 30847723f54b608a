"""Receipts of transfers: the payer hands one in, two of finance read the amount on it, each without the other's."""

from typing import Any
from uuid import UUID

from litestar.datastructures import UploadFile
from wtforms import FileField, StringField

from marketplace.contracts import money, queries
from marketplace.contracts import receipts as milestones
from marketplace.contracts.notices import path_of
from marketplace.engines.files.rules import FileRefused
from marketplace.escrow.errors import (
    AlreadyFunded,
    OtherMoneyHeld,
    OwnReceipt,
    SamePerson,
    TooManyReceipts,
    UnpaidReceipt,
)
from marketplace.escrow.rails import desk, receipts
from marketplace.escrow.rules import MoveRefused
from marketplace.identity import roles
from marketplace.identity.roles import NotMyRole
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import parse_money
from marketplace.web.access import FINANCE, USER, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.payout_desk import MOST_BYTES, ReasonForm
from marketplace.web.uploads import keep, send
from marketplace.web.visit import Visit

DESK = "/ops/receipts"


class ReceiptForm(Form):
    """The payer's proof of her transfer."""

    file = FileField(N_("Receipt"), description=N_("A photo or PDF, up to 10 MB."))


class AmountForm(Form):
    """What one of finance reads on a receipt."""

    amount = StringField(N_("Amount on the receipt"), [Required(), Length(max=30)], filters=[strip])


@post("/contracts/{id}/milestones/{number}/receipts", USER, max_bytes=MOST_BYTES)
async def hand_in(visit: Visit, id: UUID, number: int) -> Answer:
    """The payer has transferred, and shows the receipt."""
    back = f"{path_of(id, number)}/transfer"
    form = await visit.form(ReceiptForm)
    given: object = form.file.data
    try:
        async with visit.write() as db:
            milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
            hold = await money.hold_of(db, milestone.contract_id, number)
            if hold is None:
                raise MoveRefused  # no reference was asked for yet
            await roles.require(db, hold.payer_organisation_id, visit.user.id, "pay")
            if not isinstance(given, UploadFile):
                raise Invalid.at("file", N_("Choose one file: the receipt."))
            stored = await keep(db, visit, given)
            await receipts.hand_in(db, hold, stored, by=visit.user.id, at=visit.now)
    except (FileRefused, NotMyRole, AlreadyFunded, TooManyReceipts, UnpaidReceipt, MoveRefused, Invalid) as refusal:
        return redirect(visit, back, flash=Flash(refusal.msgid, tone="danger"))
    return redirect(visit, back, flash=N_("Handed in. Two of us look at it; you get a notice."))


@get("/ops/receipts", FINANCE)
async def list_receipts(visit: Visit) -> Answer:
    """Receipts to read, and those that no statement shows yet."""
    async with visit.read() as db:
        waiting = await receipts.to_read(db)
        booked = await receipts.without_line(db)
        borne = await receipts.borne(db)
        count = await desk.open_lines(db)
    context: dict[str, Any] = {"waiting": waiting, "booked": booked, "borne": borne, "me": visit.user.id}
    context["open_lines"] = count
    return page(visit, "ops/receipts.html", **context)


@get("/ops/receipts/{id}/file", FINANCE)
async def show_file(visit: Visit, id: UUID) -> Answer:
    """The receipt itself."""
    async with visit.read() as db:
        file = await receipts.file_of(db, id)
    return await send(visit, file)


@post("/ops/receipts/{id}/amount", FINANCE)
async def say_amount(visit: Visit, id: UUID) -> Answer:
    """What she reads on it; the second who reads the same books it."""
    form = await visit.form(AmountForm)
    try:
        async with visit.write() as db:
            amount = parse_money(form.amount.data or "", await receipts.currency_of(db, id))
            made = await receipts.say_amount(db, id, amount, by=visit.user.id, at=visit.now)
    except (MoveRefused, SamePerson, OwnReceipt) as refusal:
        return redirect(visit, DESK, flash=Flash(refusal.msgid, tone="waiting"))
    except Invalid as refusal:
        return redirect(visit, DESK, flash=Flash(refusal.msgid, tone="danger"))
    if made.state == "confirmed":
        return redirect(visit, DESK, flash=N_("Confirmed by two. It is booked as if a statement showed it."))
    return redirect(visit, DESK, flash=N_("Written down. Now somebody else has to read the same amount."))


@post("/ops/receipts/{id}/refuse", FINANCE)
async def refuse(visit: Visit, id: UUID) -> Answer:
    """It shows no transfer to us; the payer reads why."""
    form = await visit.form(ReasonForm)
    if not form.validate():
        return redirect(visit, DESK, flash=Flash(N_("Say why: the payer reads it."), tone="waiting"))
    async with visit.write() as db:
        await receipts.refuse(db, id, form.why.data or "", by=visit.user.id, at=visit.now)
    return redirect(visit, DESK, flash=N_("Refused. The payer has been told why."))


@post("/ops/receipts/{id}/undo", FINANCE)
async def undo(visit: Visit, id: UUID) -> Answer:
    """Its money never came: the first says why, the second agrees, and it is taken back."""
    form = await visit.form(ReasonForm)
    try:
        async with visit.write() as db:
            why = form.why.data or ""
            made = await milestones.say_never_came(db, id, why, by=visit.user.id, at=visit.now)
    except (MoveRefused, SamePerson, OwnReceipt, OtherMoneyHeld) as refusal:
        return redirect(visit, DESK, flash=Flash(refusal.msgid, tone="waiting"))
    except Invalid:
        return redirect(
            visit, DESK, flash=Flash(N_("Say why you are sure: the second of you reads it."), tone="waiting")
        )
    if made.state != "undone":
        return redirect(visit, DESK, flash=N_("Written down. Now somebody else has to agree."))
    if made.is_borne:
        return redirect(visit, DESK, flash=N_("Taken back. The reserve stands in, since work relied on it; both know."))
    return redirect(visit, DESK, flash=N_("Taken back. The milestone is not funded any more, and both know."))


routes = [hand_in, list_receipts, show_file, say_amount, refuse, undo]
