"""Offers of employment as pages: the employer sends or withdraws one, the candidate accepts or declines it."""

from typing import Any
from uuid import UUID

from marketplace.jobs.models import Offer
from marketplace.jobs.offers import actions, queries, rules
from marketplace.jobs.queries import managed
from marketplace.jobs.sides import About
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.postings.models import Posting
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.applicants import Desk, desk
from marketplace.web.hiring_forms import OfferForm, WhyForm
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

SENT = N_("The offer is sent. You are told as soon as it is answered.")
_PERIODS = {"monthly": "month", "yearly": "year", "hourly": "hour"}


@get("/applications/{id}/offer", USER)
async def ask_offer(visit: Visit, id: UUID) -> Answer:
    """A form with what the posting said; where an offer waits already, its page."""
    async with visit.read() as db:
        here = await desk(db, visit, id)
        offers = await queries.offers_of(db, id, limit=1)
    if offers and offers[0].state == "sent":
        return redirect(visit, _address(offers[0].id))
    if not here.candidate.is_waiting:
        return redirect(visit, f"/applications/{ids.short(id)}")
    return _form_page(visit, here, visit.blank(OfferForm, data=_promised(here.posting)))


def _promised(posting: Posting) -> dict[str, Any]:
    """The least that the posting promised, to begin with."""
    least = Money(posting.pay_min_minor, posting.currency)
    return {"salary": least, "currency": posting.currency, "period": _PERIODS[posting.pay_kind]}


def _form_page(visit: Visit, here: Desk, form: OfferForm, *, status: int = 200) -> Answer:
    context: dict[str, Any] = {"posting": here.posting, "c": here.candidate, "form": form}
    return page(visit, "offers/form.html", fragment="form", status=status, **context)


@post("/applications/{id}/offer", USER)
async def send(visit: Visit, id: UUID) -> Answer:
    """Send it, once."""
    form = await visit.form(OfferForm)
    async with visit.read() as db:
        here = await desk(db, visit, id)
    if form.validate():
        with form.catching(rules.OfferWaits, rules.NoOfferNow):
            async with visit.submit(form, back=f"/applications/{ids.short(id)}") as step:
                if step.is_first:
                    application, _posting = await managed(step.db, id, by=visit.user.id)
                    made = await actions.send(step.db, application, form.words(), by=visit.user.id, at=visit.now)
                    step.location = _address(made.id)
            return redirect(visit, step.location, flash=SENT)
    return _form_page(visit, here, form, status=422)


# -- one that exists


@get("/offers/{id}", USER)
async def show(visit: Visit, id: UUID) -> Answer:
    """What is offered and until when, and what the reader can do about it."""
    async with visit.read() as db:
        offer, said = await queries.offer_for(db, id, reader=visit.user.id)
    return page(visit, "offers/show.html", **_context(visit, offer, said))


def _context(visit: Visit, offer: Offer, said: About) -> dict[str, Any]:
    pay = Money(offer.salary_minor, offer.currency)
    waits = offer.state == "sent" and offer.answer_by > visit.now
    return {"offer": offer, "said": said, "pay": pay, "periods": rules.PERIODS, "waits": waits}


async def _of_side(db: AnySession, visit: Visit, id: UUID, side: str) -> tuple[Offer, About]:
    """Raises: NotFound for the other side too: it has nothing to do there."""
    offer, said = await queries.offer_for(db, id, reader=visit.user.id)
    if said.side != side:
        raise NotFound
    return offer, said


@get("/offers/{id}/accept", USER)
async def ask_accept(visit: Visit, id: UUID) -> Answer:
    """Say what accepting means, ask whether to do it."""
    return await _ask(visit, id, "offers/accept.html", side="candidate")


@get("/offers/{id}/decline", USER)
async def ask_decline(visit: Visit, id: UUID) -> Answer:
    """Ask why, if she likes to say it."""
    return await _ask(visit, id, "offers/decline.html", side="candidate", form=visit.blank(WhyForm))


@get("/offers/{id}/withdraw", USER)
async def ask_withdraw(visit: Visit, id: UUID) -> Answer:
    """Say what taking it back means, ask whether to do it."""
    return await _ask(visit, id, "offers/withdraw.html", side="employer")


async def _ask(visit: Visit, id: UUID, template: str, *, side: str, status: int = 200, **more: Any) -> Answer:
    async with visit.read() as db:
        offer, said = await _of_side(db, visit, id, side)
    context = _context(visit, offer, said)
    if not context["waits"]:
        return redirect(visit, _address(id))
    return page(visit, template, status=status, **context, **more)


@post("/offers/{id}/accept", USER)
async def accept(visit: Visit, id: UUID) -> Answer:
    """She takes it and is hired; a second click finds it done."""
    async with visit.write() as db:
        offer, _said = await _of_side(db, visit, id, "candidate")
        if offer.state != "accepted":
            await actions.accept(db, offer, by=visit.user.id, at=visit.now)
    return redirect(visit, _address(id), flash=N_("You are hired. The employer is told and writes to you."))


@post("/offers/{id}/decline", USER)
async def decline(visit: Visit, id: UUID) -> Answer:
    """She says no; a second click finds it done."""
    form = await visit.form(WhyForm)
    if not form.validate():
        return await _ask(visit, id, "offers/decline.html", side="candidate", status=422, form=form)
    async with visit.write() as db:
        offer, _said = await _of_side(db, visit, id, "candidate")
        if offer.state != "declined":
            await actions.decline(db, offer, reason=form.reason.data or "", by=visit.user.id, at=visit.now)
    return redirect(visit, _address(id), flash=N_("Declined. The employer is told."))


@post("/offers/{id}/withdraw", USER)
async def withdraw(visit: Visit, id: UUID) -> Answer:
    """The employer takes it back; a second click finds it done."""
    async with visit.write() as db:
        offer, _said = await _of_side(db, visit, id, "employer")
        if offer.state != "withdrawn":
            await actions.withdraw(db, offer, by=visit.user.id, at=visit.now)
    return redirect(visit, _address(id), flash=N_("Withdrawn. The candidate is told."))


def _address(id: UUID) -> str:
    return f"/offers/{ids.short(id)}"


routes = [
    ask_offer, send, show, ask_accept, ask_decline, ask_withdraw, accept, decline, withdraw,
]  # fmt: skip
