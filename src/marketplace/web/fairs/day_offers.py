"""An offer on the spot as a page: the candidate accepts or declines it, the employer withdraws it or funds it."""

from typing import Any
from uuid import UUID

from marketplace.fairs import offers
from marketplace.jobs.offers.rules import PERIODS
from marketplace.kernel import ids
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit


@get("/fairs/offers/{id}", USER)
async def show_offer(visit: Visit, id: UUID) -> Answer:
    """What was offered, where it stands, and the next step of whoever reads it."""
    async with visit.read() as db:
        offer, booth, fair, is_hers = await offers.offer_for(db, id, by=visit.user.id)
    context: dict[str, Any] = {"offer": offer, "booth": booth, "fair": fair, "is_hers": is_hers}
    context |= {"states": offers.STATES, "kinds": offers.KINDS, "periods": PERIODS}
    return page(visit, "fairs/day/offer.html", pay=Money(offer.amount_minor, offer.currency), **context)


@post("/fairs/offers/{id}/accept", USER)
async def accept(visit: Visit, id: UUID) -> Answer:
    """Take it: a contract, or hired."""
    async with visit.write() as db:
        offer, _, _, is_hers = await offers.offer_for(db, id, by=visit.user.id)
        if not is_hers:
            raise NotFound
        await offers.accept(db, offer, by=visit.user.id, at=visit.now)
        contract_id = offer.contract_id
    where = f"/contracts/{ids.short(contract_id)}" if contract_id else f"/fairs/offers/{ids.short(id)}"
    return redirect(
        visit, where, flash=N_("Accepted. Start when the money is held.") if contract_id else N_("Accepted.")
    )


@post("/fairs/offers/{id}/decline", USER)
async def decline(visit: Visit, id: UUID) -> Answer:
    """No, thank you."""
    reason = str((await visit.posted()).get("reason") or "")
    async with visit.write() as db:
        offer, _, _, is_hers = await offers.offer_for(db, id, by=visit.user.id)
        if not is_hers:
            raise NotFound
        await offers.decline(db, offer, reason=reason, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/offers/{ids.short(id)}", flash=N_("Declined."))


@post("/fairs/offers/{id}/withdraw", USER)
async def withdraw(visit: Visit, id: UUID) -> Answer:
    """The employer takes it back."""
    async with visit.write() as db:
        offer, _, _, is_hers = await offers.offer_for(db, id, by=visit.user.id)
        if is_hers:
            raise NotFound
        await offers.withdraw(db, offer, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/offers/{ids.short(id)}", flash=N_("Withdrawn."))


routes = [show_offer, accept, decline, withdraw]
