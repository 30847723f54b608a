"""Ordering a service: what is taken and what it costs, the brief, then paid by a saved card or on the pay page."""

from typing import Any
from uuid import UUID

from marketplace.contracts import orders, rules
from marketplace.contracts.notices import path_of
from marketplace.contracts.orders import Order
from marketplace.escrow import cards
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.errors import CardGone
from marketplace.escrow.rules import STRIPE_HOLDS
from marketplace.gigs import service_queries as queries
from marketplace.gigs import service_rules
from marketplace.gigs.service_queries import ServiceView
from marketplace.gigs.service_rules import Choice
from marketplace.identity import roles
from marketplace.identity.organisations import personal_organisation
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.funding import go_to_pay_page, pay_by_card
from marketplace.web.pages import page, redirect
from marketplace.web.service_forms import OrderForm, hiring, whole
from marketplace.web.visit import Visit

_REFUSALS = (service_rules.ServiceChanged, rules.OrderWaits, rules.SellerAway, rules.OwnService, CardGone)
"""Said on the page of the order, so that no brief is lost."""


@get("/services/{slug}/order", USER)
async def ask_order(visit: Visit, slug: str) -> Answer:
    """What was chosen on the page of the service (?package=2&extra=1), what it costs, and the brief."""
    taken = whole(visit.query.get("package", "1")), tuple(whole(each) for each in visit.query.getall("extra", []))
    async with visit.read() as db:
        service = await queries.service_view(db, slug, reader=visit.user.id)
        found = await _cards(db, visit)
    return _order_page(visit, visit.blank(OrderForm), service, _choice(service, *taken), found)


def _choice(service: ServiceView, package: int, extras: tuple[int, ...]) -> Choice:
    """What an address asks for; what is not offered any more is left out."""
    content = service.content
    offered = tuple(each for each in extras if 1 <= each <= len(content.extras))
    return service_rules.choose(content, package if 1 <= package <= len(content.packages) else 1, offered)


def _order_page(
    visit: Visit,
    form: OrderForm,
    service: ServiceView,
    choice: Choice,
    found: list[tuple[SavedCard, str]],
    *,
    status: int = 200,
) -> Answer:
    form.offer(visit)
    form.ask(service.content.questions)
    numbers = [str(n) for n, extra in enumerate(service.content.extras, 1) if extra in choice.extras]
    form.package.data, form.extras.data = str(choice.number), ",".join(numbers)
    form.price.data = f"{choice.price.amount_minor} {choice.price.currency}"
    takes_card = choice.price.currency in STRIPE_HOLDS
    context: dict[str, Any] = {"service": service, "choice": choice, "is_away": service.is_away(visit.now)}
    context |= {"cards": found if takes_card else [], "takes_card": takes_card}
    return page(visit, "services/order.html", fragment="form", status=status, form=form, **context)


@post("/services/{slug}/order", USER)
async def create_order(visit: Visit, slug: str) -> Answer:
    """Agree to it and pay by the card that was pressed, or on the pay page; sent twice, it is one order, paid once."""
    form, pressed = await visit.form(OrderForm), str((await visit.posted()).get("card") or "")
    async with visit.read() as db:
        service = await queries.service_view(db, slug, reader=visit.user.id)
        found = await _cards(db, visit)
    form.offer(visit)
    form.ask(service.content.questions)
    if form.validate():
        with form.catching(*_REFUSALS):
            card = _pressed(found, pressed)
            async with visit.submit(form, back="/contracts") as step:
                if step.is_first:
                    step.location = path_of(await _order(step.db, visit, form, service.id, card))
            made = ids.parse(step.location.removeprefix("/contracts/"))
            if card is not None:
                return await pay_by_card(visit, made, 1, card.id)
            if not _may_pay(visit, form):
                said = N_("Ordered. Now somebody who pays for your organisation has to pay it in, within 3 days.")
                return redirect(visit, step.location, flash=said)
            return await go_to_pay_page(visit, made, 1)
    return _order_page(visit, form, service, _choice(service, *form.taken()), found, status=422)


async def _cards(db: AnySession, visit: Visit) -> list[tuple[SavedCard, str]]:
    """The cards of those for whom she may both buy and pay, herself too."""
    buys_for = {hat.id for hat in hiring(visit)} | {hat.id for hat in visit.user.organisations if hat.is_personal}
    found = await cards.cards_to_order_with(db, reader=visit.user.id, at=visit.now)
    return [(card, whose) for card, whose in found if card.organisation_id in buys_for]


def _pressed(found: list[tuple[SavedCard, str]], pressed: str) -> SavedCard | None:
    """Raises: CardGone, also for a card of others."""
    if not pressed:
        return None
    if (card := next((each for each, _ in found if ids.short(each.id) == pressed), None)) is None:
        raise CardGone
    return card


def _may_pay(visit: Visit, form: OrderForm) -> bool:
    chosen = next((hat for hat in hiring(visit) if hat.slug == form.organisation.data), None)
    return chosen is None or roles.may(chosen.role, "pay")


async def _order(db: Session, visit: Visit, form: OrderForm, service_id: UUID, card: SavedCard | None) -> UUID:
    """Who pays with a card buys for those whose card it is: the button says so."""
    hats = {hat.slug: hat.id for hat in hiring(visit)}
    buyer = card.organisation_id if card else hats.get(form.organisation.data or "")
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
