"""Chargebacks for staff: what banks ask back, the answer to them, who bears the loss."""

from typing import Any
from uuid import UUID

from wtforms import TextAreaField

from marketplace.contracts.chargebacks import facts_for_bank
from marketplace.escrow import chargebacks
from marketplace.escrow.queries import left_in
from marketplace.kernel.i18n import N_
from marketplace.kernel.ids import short
from marketplace.kernel.money import Money
from marketplace.web import paging
from marketplace.web.access import STAFF, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

REASONS = {
    "fraudulent": N_("the holder says that it was not her"),
    "product_not_received": N_("nothing was received"),
    "product_unacceptable": N_("it is not as described"),
    "duplicate": N_("paid twice"),
    "unrecognized": N_("the holder does not know this payment"),
    "general": N_("no reason given"),
}


class EvidenceForm(Form):
    """What the bank reads."""

    text = TextAreaField(
        N_("What the bank reads"),
        [Required(), Length(max=15_000)],
        filters=[strip],
        description=N_("In English, facts with dates. It can be sent once."),
    )


class FaultForm(Form):
    """Why the loss falls on what is held."""

    reason = TextAreaField(
        N_("The reason"),
        [Required(), Length(max=2_000)],
        filters=[strip],
        description=N_("Only where the freelancer is at fault. Else our reserve bears the loss."),
    )


@get("/moderation/chargebacks", STAFF)
async def list_chargebacks(visit: Visit) -> Answer:
    """All of them, the newest first."""
    cursor = paging.decode(visit, UUID)
    async with visit.read() as db:
        rows = await chargebacks.listed(db, after=cursor[0] if cursor else None, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: [row[0].id])
    return page(visit, "moderation/chargebacks.html", fragment="results", found=found, reasons=REASONS)


@get("/moderation/chargebacks/{id}", STAFF)
async def show_chargeback(visit: Visit, id: UUID) -> Answer:
    """One of them: where it stands, the draft of the answer."""
    return await _page(visit, id)


@post("/moderation/chargebacks/{id}/evidence", STAFF)
async def send_evidence(visit: Visit, id: UUID) -> Answer:
    """Answer the bank."""
    form = await visit.form(EvidenceForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                text = form.text.data or ""
                await chargebacks.submit_evidence(db, id, text=text, by=visit.user.id, at=visit.now)
            return redirect(visit, _path(id), flash=N_("The answer is on its way to the bank."))
    return await _page(visit, id, status=422, evidence_form=form)


@post("/moderation/chargebacks/{id}/fault", STAFF)
async def decide_fault(visit: Visit, id: UUID) -> Answer:
    """The loss, should there be one, falls on what is held."""
    form = await visit.form(FaultForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                reason = form.reason.data or ""
                await chargebacks.decide_fault(db, id, reason=reason, by=visit.user.id, at=visit.now)
            return redirect(visit, _path(id), flash=N_("Noted. If the bank takes the money, what is held covers it."))
    return await _page(visit, id, status=422, fault_form=form)


async def _page(visit: Visit, id: UUID, *, status: int = 200, **forms: Form) -> Answer:
    async with visit.read() as db:
        chargeback, hold = await chargebacks.one(db, id)
        left = await left_in(db, hold.id)
        draft = await facts_for_bank(db, chargeback)
    shown: dict[str, Any] = {
        "evidence_form": forms.get("evidence_form") or visit.blank(EvidenceForm, data={"text": draft}),
        "fault_form": forms.get("fault_form") or visit.blank(FaultForm),
        "amount": Money(chargeback.amount_minor, chargeback.currency),
        "fee": Money(chargeback.fee_minor, chargeback.currency),
        "covered": Money(chargeback.covered_minor, chargeback.currency),
    }
    context: dict[str, Any] = {"chargeback": chargeback, "hold": hold, "left": left, "reasons": REASONS}
    return page(visit, "moderation/chargeback.html", status=status, **context, **shown)


def _path(id: UUID) -> str:
    return f"/moderation/chargebacks/{short(id)}"


routes = [list_chargebacks, show_chargeback, send_evidence, decide_fault]
