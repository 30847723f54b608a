"""Paying a milestone in: to Stripe's page and back. Nothing here funds anything; the signed webhook does."""

from uuid import UUID

from marketplace.contracts import actions, queries
from marketplace.contracts.notices import path_of
from marketplace.contracts.rules import HELD, NotYourSide
from marketplace.engines.payments import outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.escrow.errors import NoCard
from marketplace.identity.roles import NotMyRole
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

PATIENCE_SECONDS = 8.0


@post("/contracts/{id}/milestones/{number}/fund", USER)
async def fund(visit: Visit, id: UUID, number: int) -> Answer:
    """Go to the pay page. Pressed twice, or in two tabs, it is the same page."""
    return await go_to_pay_page(visit, id, number)


async def go_to_pay_page(visit: Visit, id: UUID, number: int) -> Answer:
    """Ask for the pay page of a milestone and go there; where it can't be had, say so."""
    path = path_of(id, number)
    back = f"{visit.settings.base_url}{path}"
    try:
        async with visit.write() as db:
            milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
            command_id = await actions.fund_milestone(
                db, milestone, success_url=f"{back}/paid", cancel_url=back, by=visit.user.id, at=visit.now
            )
    except NotMyRole as refusal:
        return redirect(visit, path, flash=Flash(refusal.msgid, tone="waiting"))
    except NoCard:
        return redirect(visit, f"{path}/transfer")
    client = visit.services[PaymentClient]
    command = await outbox.dispatch(visit.database, client, command_id, patience_seconds=PATIENCE_SECONDS)
    if address := (command.result or {}).get("url"):
        return redirect(visit, address)
    if command.is_final:
        flash = Flash(N_("The payment service did not open a pay page. Nothing was charged. Try again."), tone="danger")
        return redirect(visit, path, flash=flash)
    return await _wait_page(visit, id, number, status=503)


@get("/contracts/{id}/milestones/{number}/paid", USER)
async def show_paid(visit: Visit, id: UUID, number: int) -> Answer:
    """Where the pay page leads back to: waits until the webhook has come; asked again every two seconds."""
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
    milestone = contract.milestone(number)
    if contract.side != "employer":
        raise NotYourSide
    if milestone.state in HELD or milestone.is_over:
        return redirect(visit, path_of(id, number), flash=N_("Paid. The money is held until you accept the work."))
    return page(visit, "contracts/paid.html", fragment="waiting", contract=contract, milestone=milestone)


async def _wait_page(visit: Visit, id: UUID, number: int, *, status: int) -> Answer:
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
    milestone = contract.milestone(number)
    headers = {"Retry-After": "10"}
    return page(
        visit, "contracts/unreachable.html", status=status, headers=headers, contract=contract, milestone=milestone
    )


routes = [fund, show_paid]
