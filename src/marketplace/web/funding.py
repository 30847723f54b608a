"""Paying a milestone in: to Stripe's page and back, or by a saved card. What funds it is what Stripe says, signed."""

from uuid import UUID

from marketplace.contracts import actions, queries
from marketplace.contracts.money import cards_for
from marketplace.contracts.notices import path_of
from marketplace.contracts.rules import HELD, MilestoneMoveRefused, NotYourSide
from marketplace.engines.payments import outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.escrow import cards, charging
from marketplace.escrow.errors import CardInUse, NoCard, PayPageOpening
from marketplace.escrow.models import Checkout
from marketplace.identity.roles import NotMyRole
from marketplace.kernel.i18n import N_
from marketplace.kernel.ids import parse
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

PATIENCE_SECONDS = 8.0
DECLINED = N_(
    "The bank of this card declined the payment. Nothing was charged. Pay with another card on the pay page below, or"
    " ask your bank."
)
REFUSED = {
    "authentication_required": N_(
        "The bank of this card wants you to confirm the payment yourself. Nothing was charged. Go to the pay page below"
        " with the same card: there the bank asks you."
    ),
    "expired_card": N_("This card has expired. Nothing was charged. Pay with another one on the pay page below."),
    charging.PAGE_PAID: N_(
        "The saved card was left alone: a pay page was open, and you may have paid there just now. Look again in a"
        " minute."
    ),
}
"""What is said when a saved card was refused, by Stripe's code."""


@post("/contracts/{id}/milestones/{number}/fund", USER)
async def fund(visit: Visit, id: UUID, number: int) -> Answer:
    """Charge the saved card that was pressed, or go to the pay page. Pressed twice, in two tabs, it is one payment."""
    posted = await visit.posted()
    if card := str(posted.get("card") or ""):
        return await pay_by_card(visit, id, number, parse(card))
    return await go_to_pay_page(visit, id, number, keeps_card=posted.get("keep") == "yes")


async def pay_by_card(visit: Visit, id: UUID, number: int, card_id: UUID) -> Answer:
    """Charge a saved card for a milestone; refused, the page of the milestone says why and leads to the pay page."""
    path = path_of(id, number)
    try:
        async with visit.write() as db:
            milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
            card = await cards.card_for(db, card_id, by=visit.user.id)
            tried = await actions.fund_by_card(db, milestone, card, by=visit.user.id, at=visit.now)
    except (NotMyRole, NoCard, PayPageOpening) as refusal:
        return redirect(visit, path, flash=Flash(refusal.msgid, tone="waiting"))
    except MilestoneMoveRefused:
        return redirect(visit, path)  # pressed again after it was paid
    state, failure = await _answer_to(visit, tried)
    if state == "failed":
        return redirect(visit, path, flash=Flash(REFUSED.get(failure, DECLINED), tone="danger"))
    return redirect(visit, f"{path}/paid")


async def _answer_to(visit: Visit, tried: Checkout) -> tuple[str, str]:
    """What became of a try: its state and why it failed. A pay page that was open is closed by a command before it."""
    command_id = tried.command_id
    while command_id is not None:
        client = visit.services[PaymentClient]
        await outbox.dispatch(visit.database, client, command_id, patience_seconds=PATIENCE_SECONDS)
        async with visit.write() as db:  # as it was written, not as a replica knows it
            now = await charging.tried(db, tried.id)
        if now.command_id == command_id:
            return now.state, now.failure
        command_id = now.command_id
    return tried.state, tried.failure


async def go_to_pay_page(visit: Visit, id: UUID, number: int, *, keeps_card: bool = False) -> Answer:
    """Ask for the pay page of a milestone and go there; where it can't be had, say so."""
    path = path_of(id, number)
    back = f"{visit.settings.base_url}{path}"
    try:
        async with visit.write() as db:
            milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
            command_id = await actions.fund_milestone(
                db,
                milestone,
                success_url=f"{back}/paid",
                cancel_url=back,
                keeps_card=keeps_card,
                by=visit.user.id,
                at=visit.now,
            )
    except (NotMyRole, CardInUse) as refusal:
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
        found = await cards_for(db, contract.id, reader=visit.user.id, at=visit.now)
    milestone = contract.milestone(number)
    if contract.side != "employer":
        raise NotYourSide
    if milestone.state in HELD or milestone.is_over:
        return redirect(visit, path_of(id, number), flash=N_("Paid. The money is held until you accept the work."))
    return page(visit, "contracts/paid.html", fragment="waiting", contract=contract, milestone=milestone, cards=found)


async def _wait_page(visit: Visit, id: UUID, number: int, *, status: int) -> Answer:
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
    milestone = contract.milestone(number)
    headers = {"Retry-After": "10"}
    return page(
        visit, "contracts/unreachable.html", status=status, headers=headers, contract=contract, milestone=milestone
    )


routes = [fund, show_paid]
