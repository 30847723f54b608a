"""Paying a milestone in by bank or wallet; what has to go back to payers by hand, and refunds that did not arrive."""

from typing import Any
from uuid import UUID

from marketplace.contracts import actions, money, queries
from marketplace.contracts.notices import path_of
from marketplace.contracts.rules import NotYourSide
from marketplace.escrow import refunding
from marketplace.escrow.rails import desk, pay_ins, receipts
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.identity.roles import NotMyRole
from marketplace.kernel.i18n import N_
from marketplace.kernel.ids import parse
from marketplace.web.access import FINANCE, USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.receipts import ReceiptForm
from marketplace.web.visit import Visit


@get("/contracts/{id}/milestones/{number}/transfer", USER)
async def show_transfer(visit: Visit, id: UUID, number: int) -> Answer:
    """Our accounts, the amount, the reference, and what has arrived."""
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
        milestone = contract.milestone(number)
        if contract.side != "employer":
            raise NotYourSide
        hold = await money.hold_of(db, contract.id, number)
        pay_in = await pay_ins.pay_in_of(db, hold.id) if hold else None
        arrived = await pay_ins.arrived_for(db, hold) if hold else None
        shown = await receipts.receipts_of(db, hold.id) if hold else []
    houses = visit.services[HouseAccounts].taking(milestone.amount.currency)
    context: dict[str, Any] = {"contract": contract, "milestone": milestone, "pay_in": pay_in, "arrived": arrived}
    context |= {"receipts": shown, "form": visit.blank(ReceiptForm)}
    return page(visit, "contracts/transfer.html", houses=houses, **context)


@post("/contracts/{id}/milestones/{number}/transfer", USER)
async def ask_reference(visit: Visit, id: UUID, number: int) -> Answer:
    """The reference for this milestone; asked twice it is the same one."""
    path = path_of(id, number)
    try:
        async with visit.write() as db:
            milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
            await actions.fund_by_transfer(db, milestone, by=visit.user.id, at=visit.now)
    except NotMyRole as refusal:
        return redirect(visit, path, flash=Flash(refusal.msgid, tone="waiting"))
    return redirect(visit, f"{path}/transfer")


@get("/ops/pay-ins", FINANCE)
async def list_to_send_back(visit: Visit) -> Answer:
    """Money that came by transfer and has to go back."""
    async with visit.read() as db:
        found = await pay_ins.to_send_back(db)
        failed = await refunding.failed_refunds(db)
        count = await desk.open_lines(db)
    return page(visit, "ops/pay_ins.html", found=found, failed=failed, open_lines=count)


@post("/ops/pay-ins/{id}/sent-back", FINANCE)
async def send_back(visit: Visit, id: UUID) -> Answer:
    """It was sent back by hand; the statement's line follows."""
    refund = str((await visit.posted()).get("refund") or "")
    async with visit.write() as db:
        await pay_ins.sent_back(db, id, parse(refund) if refund else None, by=visit.user.id, at=visit.now)
    return redirect(visit, "/ops/pay-ins", flash=N_("Written down."))


@post("/ops/refunds/{id}/again", FINANCE)
async def refund_again(visit: Visit, id: UUID) -> Answer:
    """A refund that did not arrive: to the card once more, or onto the list of what is sent by hand."""
    is_by_hand = (await visit.posted()).get("way") == "hand"
    async with visit.write() as db:
        await refunding.give_back_again(db, id, is_by_hand=is_by_hand, by=visit.user.id, at=visit.now)
    said = N_("It stands in the list above.") if is_by_hand else N_("It is on its way to the card again.")
    return redirect(visit, "/ops/pay-ins", flash=said)


routes = [show_transfer, ask_reference, list_to_send_back, send_back, refund_again]
