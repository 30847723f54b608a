"""Removing a saved card, asked first on a page of its own; the cards stand on the employer's page of money."""

from uuid import UUID

from marketplace.escrow import cards
from marketplace.escrow.errors import CardBusy
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

BACK = "/money?as=employer"


@get("/money/cards/{id}/remove", USER)
async def ask_removal(visit: Visit, id: UUID) -> Answer:
    """What follows from it."""
    async with visit.read() as db:
        card = await cards.card_for(db, id, by=visit.user.id)
    return page(visit, "money/remove_card.html", card=card, back=BACK)


@post("/money/cards/{id}/remove", USER)
async def remove_card(visit: Visit, id: UUID) -> Answer:
    """It is never charged again; pressed twice it is the same."""
    try:
        async with visit.write() as db:
            await cards.remove(db, id, by=visit.user.id, at=visit.now)
    except CardBusy as refusal:
        return redirect(visit, BACK, flash=Flash(refusal.msgid, tone="waiting"))
    return redirect(visit, BACK, flash=N_("The card is removed. It can't be charged any more."))


routes = [ask_removal, remove_card]
