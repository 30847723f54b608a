"""Ordering a service: what is taken and what it costs, the brief, then straight to the pay page."""

from typing import Any
from uuid import UUID

from marketplace.contracts import orders, rules
from marketplace.contracts.notices import path_of
from marketplace.contracts.orders import Order
from marketplace.gigs import service_queries as queries
from marketplace.gigs import service_rules
from marketplace.gigs.service_queries import ServiceView
from marketplace.gigs.service_rules import Choice
from marketplace.identity import roles
from marketplace.identity.organisations import personal_organisation
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.funding import go_to_pay_page
from marketplace.web.pages import page, redirect
from marketplace.web.service_forms import OrderForm, hiring, whole
from marketplace.web.visit import Visit

_REFUSALS = (service_rules.ServiceChanged, rules.OrderWaits, rules.SellerAway, rules.OwnService)
"""Said on the page of the order, so that no brief is lost."""


@get("/services/{slug}/order", USER)
async def ask_order(visit: Visit, slug: str) -> Answer:
    """What was chosen on the page of the service (?package=2&extra=1), what it costs, and the brief."""
    taken = whole(visit.query.get("package", "1")), tuple(whole(each) for each in visit.query.getall("extra", []))
    async with visit.read() as db:
        service = await queries.service_view(db, slug, reader=visit.user.id)
    return _order_page(visit, visit.blank(OrderForm), service, _choice(service, *taken))


def _choice(service: ServiceView, package: int, extras: tuple[int, ...]) -> Choice:
    """What an address asks for; what is not offered any more is left out."""
    content = service.content
    offered = tuple(each for each in extras if 1 <= each <= len(content.extras))
    return service_rules.choose(content, package if 1 <= package <= len(content.packages) else 1, offered)


def _order_page(visit: Visit, form: OrderForm, service: ServiceView, choice: Choice, *, status: int = 200) -> Answer:
    form.offer(visit)
    form.ask(service.content.questions)
    numbers = [str(n) for n, extra in enumerate(service.content.extras, 1) if extra in choice.extras]
    form.package.data, form.extras.data = str(choice.number), ",".join(numbers)
    form.price.data = f"{choice.price.amount_minor} {choice.price.currency}"
    context: dict[str, Any] = {"service": service, "choice": choice, "is_away": service.is_away(visit.now)}
    return page(visit, "services/order.html", fragment="form", status=status, form=form, **context)


@post("/services/{slug}/order", USER)
async def create_order(visit: Visit, slug: str) -> Answer:
    """Agree to it and go to the pay page; sent twice, it is one order and the same page."""
    form = await visit.form(OrderForm)
    async with visit.read() as db:
        service = await queries.service_view(db, slug, reader=visit.user.id)
    form.offer(visit)
    form.ask(service.content.questions)
    if form.validate():
        with form.catching(*_REFUSALS):
            async with visit.submit(form, back="/contracts") as step:
                if step.is_first:
                    step.location = path_of(await _order(step.db, visit, form, service.id))
            if not _may_pay(visit, form):
                said = N_("Ordered. Now somebody who pays for your organisation has to pay it in, within 3 days.")
                return redirect(visit, step.location, flash=said)
            return await go_to_pay_page(visit, ids.parse(step.location.removeprefix("/contracts/")), 1)
    return _order_page(visit, form, service, _choice(service, *form.taken()), status=422)


def _may_pay(visit: Visit, form: OrderForm) -> bool:
    chosen = next((hat for hat in hiring(visit) if hat.slug == form.organisation.data), None)
    return chosen is None or roles.may(chosen.role, "pay")


async def _order(db: Session, visit: Visit, form: OrderForm, service_id: UUID) -> UUID:
    hats = {hat.slug: hat.id for hat in hiring(visit)}
    buyer = hats.get(form.organisation.data or "")
    if buyer is None:
        buyer = (await personal_organisation(db, visit.user.id, at=visit.now)).id
    package, extras = form.taken()
    wanted = Order(
        package=package,
        extras=extras,
        brief=(form.brief.data or "").replace("\r\n", "\n"),
        answers=tuple((entry.data or "").replace("\r\n", "\n") for entry in form.answers.entries),
        price=form.read_price(),
    )
    made = await orders.order(db, service_id, wanted, organisation_id=buyer, by=visit.user.id, at=visit.now)
    return made.id


routes = [ask_order, create_order]
