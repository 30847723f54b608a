"""A payout from the quote to what really arrived. The first one asks for a second factor."""

from datetime import date
from typing import Any
from urllib.parse import quote as quoted
from urllib.parse import urlencode
from uuid import UUID

from litestar.datastructures import FormMultiDict

from marketplace.escrow import queries
from marketplace.escrow.errors import MoreThanAvailable
from marketplace.escrow.models import Payout, PayoutAccount
from marketplace.escrow.rails import payouts
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.escrow.rails.payouts import Wanted
from marketplace.escrow.rails.quotes import BANKS_ARE_IN
from marketplace.identity import second_factors
from marketplace.kernel.errors import DomainError
from marketplace.kernel.i18n import N_
from marketplace.kernel.ids import short
from marketplace.kernel.money import Money
from marketplace.web.access import FREELANCER, Answer, get, post
from marketplace.web.money import freelancer_page
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.payout_forms import RAILS, AmountForm, PayoutForm, split
from marketplace.web.stepping_up import is_stepped_up
from marketplace.web.visit import Visit


@get("/money/payout", FREELANCER)
async def preview_payout(visit: Visit) -> Answer:
    """What a payout of this amount brings, every deduction and the day, before it is asked for."""
    form = AmountForm(FormMultiDict(visit.query.multi_items()), locale=visit.locale, zone=visit.zone)
    if not form.validate():
        return await freelancer_page(visit, form, status=422)
    wanted = Wanted(form.amount.data, split(form.way.data)[1])
    with form.catching(DomainError):
        async with visit.read() as db:
            balance = await queries.balance_of(db, visit.user.id, currency=wanted.amount.currency)
            found, account_id = await payouts.quote_for(
                db, visit.user.id, wanted, house=visit.services[HouseAccounts], at=visit.now
            )
            if balance.on(wanted.rail) < wanted.amount:
                raise MoreThanAvailable.at("amount", N_("That is more than your balance."))
            account = await db.get_one(PayoutAccount, account_id)
        asked = visit.blank(PayoutForm, data={"amount": wanted.amount, "way": form.way.data})
        asked.expects.data = f"{found.arrives.amount_minor} {found.arrives.currency}"
        rest = balance.on(wanted.rail) - wanted.amount
        context: dict[str, Any] = {"quote": found, "rest": rest, "account": account, "rails": RAILS}
        context["proof"] = await _proof_needed(visit)
        return page(visit, "money/payout.html", form=asked, way=form.way.data, **context)
    return await freelancer_page(visit, form, status=422)


async def _proof_needed(visit: Visit) -> str:
    """What she has to do before her first payout: set up a second factor, or use it. Empty: nothing."""
    async with visit.read(fresh=True) as db:
        if await payouts.has_been_paid(db, visit.user.id):
            return ""
        factors = await second_factors.of_user(db, visit.user.id)
    if not factors.are_set:
        return "factor"
    return "" if is_stepped_up(visit) else "confirm"


@post("/payouts", FREELANCER)
async def request_payout(visit: Visit) -> Answer:
    """Money of her balance is on its way."""
    form = await visit.form(PayoutForm)
    if form.validate():
        wanted = Wanted(form.amount.data, split(form.way.data)[1], form.expected)
        if await _proof_needed(visit):
            return redirect(visit, _preview(form), flash=Flash(N_("Prove first that it is you."), tone="waiting"))
        with form.catching(DomainError):
            async with visit.submit(form, back="/money") as step:
                if step.is_first:
                    by, house = visit.user.id, visit.services[HouseAccounts]
                    made = await payouts.request_payout(step.db, by, wanted, house=house, by=by, at=visit.now)
                    step.location = f"/payouts/{short(made.id)}"
            return redirect(visit, step.location, flash=N_("Asked for. We tell you at every step."))
    again = visit.blank(AmountForm, data={"amount": form.amount.data, "way": form.way.data})
    again.amount.typed, again.amount.errors, again.form_errors = form.amount.typed, form.amount.errors, form.form_errors
    return await freelancer_page(visit, again, status=422)


def _preview(form: PayoutForm) -> str:
    amount: Money = form.amount.data
    return "/money/payout?" + urlencode({"way": form.way.data or "", "amount": f"{amount.decimal:f}"}, quote_via=quoted)


@get("/payouts/{id}", FREELANCER)
async def show_payout(visit: Visit, id: UUID) -> Answer:
    """Where it stands, what was promised and what arrived."""
    async with visit.read() as db:
        payout = await payouts.payout_for(db, id, user_id=visit.user.id)
        account = await db.get_one(PayoutAccount, payout.payout_account_id)
    promised = Money(payout.arrives_minor, payout.arrives_currency)
    arrived, arrived_on = _arrived(payout)
    context: dict[str, Any] = {"payout": payout, "account": account, "rails": RAILS, "promised": promised}
    context |= {"amount": payouts.amount_of(payout), "converted": payouts.converted_of(payout), "arrived": arrived}
    context["arrived_on"] = arrived_on
    context["fee"] = Money(payout.rail_fee_minor, payout.arrives_currency)
    return page(visit, "money/payout_shown.html", **context)


def _arrived(payout: Payout) -> tuple[Money | None, date | None]:
    """What a statement says; Stripe confirms what left it, and no statement of ours shows the rest."""
    if payout.rail == "stripe" and payout.state == "confirmed" and payout.ended_at:
        return payouts.amount_of(payout), payout.ended_at.astimezone(BANKS_ARE_IN).date()
    arrived = None if payout.arrived_minor is None else Money(payout.arrived_minor, payout.arrives_currency)
    return arrived, payout.arrived_on


@post("/payouts/{id}/cancel", FREELANCER)
async def cancel_payout(visit: Visit, id: UUID) -> Answer:
    """She changes her mind before it is in a batch."""
    async with visit.write() as db:
        payout = await payouts.cancel_payout(db, id, user_id=visit.user.id, at=visit.now)
    return redirect(visit, f"/payouts/{short(payout.id)}", flash=N_("Cancelled. The money is in your balance again."))


routes = [preview_payout, request_payout, show_payout, cancel_payout]
