"""The hosted pay page and its bank's challenge."""

from typing import Any

from litestar import Request, Response, get, post

from marketplace.engines.payments.sandbox import checkout, due
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.cards import CARDS, Card
from marketplace.engines.payments.sandbox.desk import Desk
from marketplace.engines.payments.sandbox.forms import PayForm
from marketplace.engines.payments.sandbox.rendering import closed_page, money, page, to
from marketplace.engines.payments.sandbox.site import Site

Asked = Request[Any, Any, Any]
Answered = Response[Any]


class NotPayable(Exception):
    """This session can't be paid (any more); `answer` says why or leads on."""

    def __init__(self, answer: Answered) -> None:
        super().__init__()
        self.answer = answer


@get("/pay/{id:str}", sync_to_thread=False)
def show_pay(id: str, site: Site) -> Answered:
    """The card form."""
    try:
        session = _payable(site, id)
    except NotPayable as reason:
        return reason.answer
    return _pay_page(site.desk(), session, PayForm.start(session))


@post("/pay/{id:str}", status_code=200)
async def pay(id: str, request: Asked, site: Site) -> Answered:
    """Charge the card, once: a second press finds the session complete."""
    form = PayForm.read(await request.form())
    try:
        session = _payable(site, id)
    except NotPayable as reason:
        return reason.answer
    desk, card = site.desk(), form.card()
    if card is None:
        return _pay_page(desk, session, form, status=422)
    with site.books.transaction():
        intent = checkout.attempt(desk, session, card, email=form.email, name=form.name)
        if intent["status"] == "requires_action":
            site.books.set(f"challenge:{id}", card.number)
    site.changed()
    return _outcome(site, id, intent, form)


@get("/pay/{id:str}/challenge", sync_to_thread=False)
def show_challenge(id: str, site: Site) -> Answered:
    """What the bank asks (3-D Secure)."""
    try:
        session = _payable(site, id)
    except NotPayable as reason:
        return reason.answer
    card = _challenged_card(site.desk(), session)
    if card is None:
        return to(f"/pay/{id}")
    return page("challenge.html", session=session, last4=card.last4, total=_total(session))


@post("/pay/{id:str}/challenge", status_code=200)
async def answer_challenge(id: str, request: Asked, site: Site) -> Answered:
    """The payer approved, or not."""
    outcome = (await request.form()).get("outcome")
    try:
        session = _payable(site, id)
    except NotPayable as reason:
        return reason.answer
    desk = site.desk()
    card = _challenged_card(desk, session)
    if card is None:
        return to(f"/pay/{id}")
    with site.books.transaction():
        intent = checkout.answer_challenge(desk, session, card=card, is_approved=outcome == "approve")
    site.changed()
    return _outcome(site, id, intent, PayForm.start(session))


def _payable(site: Site, id: str) -> Wire:
    """The open session, as it is at this moment of the clock. Raises: NotPayable."""
    with site.books.transaction():
        settled = due.settle(site.books, site.now(), site.address)
    if settled:
        site.changed()
    session = site.books.get(id, kind="checkout.session")
    if session is None:
        words = "Please go back and start the payment again."
        raise NotPayable(closed_page("There is no such page", words, status=404))
    if session["status"] == "complete":
        raise NotPayable(to(_success_url(session)))
    if session["status"] == "expired":
        words = "Nothing was paid. Go back to start the payment again."
        back = session["cancel_url"]
        raise NotPayable(closed_page("This payment page has expired", words, back=back, status=410))
    return session


def _success_url(session: Wire) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _outcome(site: Site, id: str, intent: Wire, form: PayForm) -> Answered:
    desk = site.desk()
    session = desk.find("checkout.session", id)
    match intent["status"]:
        case "succeeded":
            return to(_success_url(session))
        case "requires_action":
            return to(f"/pay/{id}/challenge")
        case _:
            refusal = str(intent["last_payment_error"]["message"])
            return _pay_page(desk, session, form, refusal=refusal, status=402)


def _challenged_card(desk: Desk, session: Wire) -> Card | None:
    """The card that the bank asks about, while it does."""
    if not session["payment_intent"]:
        return None
    intent = desk.find("payment_intent", session["payment_intent"])
    number = desk.books.setting(f"challenge:{session['id']}", "")
    return CARDS.get(number) if intent["status"] == "requires_action" else None


def _pay_page(desk: Desk, session: Wire, form: PayForm, *, refusal: str = "", status: int = 200) -> Answered:
    items = [
        {
            "name": item["price_data"]["product_data"]["name"],
            "description": item["price_data"]["product_data"].get("description", ""),
            "total": money(item["price_data"]["unit_amount"] * item.get("quantity", 1), session["currency"]),
        }
        for item in checkout.items_of(desk, session)
    ]
    return page(
        "pay.html",
        status=status,
        session=session,
        items=items,
        total=_total(session),
        given=form,
        errors=form.errors,
        refusal=refusal,
        cards=list(CARDS.values()),
    )


def _total(session: Wire) -> str:
    return money(session["amount_total"], session["currency"])
