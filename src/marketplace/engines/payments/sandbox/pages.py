"""What people see: the hosted pay page with its bank's challenge, and the hosted onboarding of accounts."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from marketplace.engines.payments.sandbox import accounts, checkout, due, links
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.cards import CARDS, Card
from marketplace.engines.payments.sandbox.desk import Desk
from marketplace.engines.payments.sandbox.forms import COUNTRIES, OnboardForm, PayForm
from marketplace.engines.payments.sandbox.rendering import HEADERS, closed_page, money, page, stylesheet
from marketplace.engines.payments.sandbox.site import Site

Asked = Request[Any, Any, Any]
Answered = Response[Any]


def page_routes(site: Site) -> list[HTTPRouteHandler]:
    """The pages, all plain forms."""

    @get("/pay/{id:str}", sync_to_thread=False)
    def show_pay(id: str) -> Answered:
        desk, session = _session(site, id)
        return _unpayable(desk, session) or _pay_page(desk, _known(session), PayForm.start(_known(session)))

    @post("/pay/{id:str}", status_code=200)
    async def pay(id: str, request: Asked) -> Answered:
        form = PayForm.read(await request.form())
        desk, session = _session(site, id)
        if answer := _unpayable(desk, session):
            return answer
        card = form.card()
        if card is None:
            return _pay_page(desk, _known(session), form, status=422)
        return _try_to_pay(site, desk, _known(session), (form, card))

    @get("/pay/{id:str}/challenge", sync_to_thread=False)
    def show_challenge(id: str) -> Answered:
        desk, session = _session(site, id)
        if answer := _unpayable(desk, session):
            return answer
        card = _challenged_card(desk, _known(session))
        if card is None:
            return _to(f"/pay/{id}")
        return page("challenge.html", session=session, last4=card.last4, total=_total(_known(session)))

    @post("/pay/{id:str}/challenge", status_code=200)
    async def answer_challenge(id: str, request: Asked) -> Answered:
        outcome = (await request.form()).get("outcome")
        desk, session = _session(site, id)
        if answer := _unpayable(desk, session):
            return answer
        card = _challenged_card(desk, _known(session))
        if card is None:
            return _to(f"/pay/{id}")
        with site.books.transaction():
            intent = checkout.answer_challenge(desk, _known(session), card=card, is_approved=outcome == "approve")
        site.changed()
        return _outcome(desk, id, intent, PayForm.start(_known(session)))

    @get("/onboard/{id:str}", sync_to_thread=False)
    def show_onboarding(id: str) -> Answered:
        desk, link = site.desk(), site.books.get(id, kind="account_link")
        if link is None:
            return closed_page("There is no such page", "Please go back and open the link again.", status=404)
        with site.books.transaction():
            visit = links.open_link(desk, link)
        if visit is None:
            return _to(link["refresh_url"])
        account = desk.find("account", link["account"])
        return _onboarding_page(link, OnboardForm.start(account, visit))

    @post("/onboard/{id:str}", status_code=200)
    async def finish_onboarding(id: str, request: Asked) -> Answered:
        form = OnboardForm.read(await request.form())
        desk, link = site.desk(), site.books.get(id, kind="account_link")
        if link is None or not links.is_visiting(desk, link, form.visit):
            return _to(link["refresh_url"] if link else "/live")
        if form.errors:
            return _onboarding_page(link, form, status=422)
        account = desk.find("account", link["account"])
        if not link["is_done"]:
            with site.books.transaction():
                accounts.complete(desk, account, country=form.country, name=form.name, iban=form.iban)
                site.books.update({**link, "is_done": True})
            site.changed()
        return _to(link["return_url"])

    @get("/sandbox.css", sync_to_thread=False)
    def style() -> Answered:
        return Response(content=stylesheet(), media_type="text/css", headers={"Cache-Control": "max-age=300"})

    return [show_pay, pay, show_challenge, answer_challenge, show_onboarding, finish_onboarding, style]


def _session(site: Site, id: str) -> tuple[Desk, Wire | None]:
    """The session as it is at this moment of the clock."""
    with site.books.transaction():
        settled = due.settle(site.books, site.now(), site.address)
    if settled:
        site.changed()
    return site.desk(), site.books.get(id, kind="checkout.session")


def _known(session: Wire | None) -> Wire:
    assert session is not None, "_unpayable answers for a missing one"
    return session


def _unpayable(desk: Desk, session: Wire | None) -> Answered | None:
    """The answer for a session that can't be paid (any more); None when it can."""
    if session is None:
        return closed_page("There is no such page", "Please go back and start the payment again.", status=404)
    if session["status"] == "complete":
        return _to(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
    if session["status"] == "expired":
        words = "Nothing was paid. Go back to start the payment again."
        return closed_page("This payment page has expired", words, back=session["cancel_url"], status=410)
    return None


def _try_to_pay(site: Site, desk: Desk, session: Wire, paid_with: tuple[PayForm, Card]) -> Answered:
    form, card = paid_with
    with site.books.transaction():
        intent = checkout.attempt(desk, session, card, email=form.email, name=form.name)
        if intent["status"] == "requires_action":
            site.books.set(f"challenge:{session['id']}", card.number)
    site.changed()
    return _outcome(desk, session["id"], intent, form)


def _outcome(desk: Desk, id: str, intent: Wire, form: PayForm) -> Answered:
    session = desk.find("checkout.session", id)
    match intent["status"]:
        case "succeeded":
            return _unpayable(desk, session) or _to(f"/pay/{id}")
        case "requires_action":
            return _to(f"/pay/{id}/challenge")
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


def _onboarding_page(link: Wire, form: OnboardForm, *, status: int = 200) -> Answered:
    return page(
        "onboard.html",
        status=status,
        link=link,
        visit=form.visit,
        given=form,
        errors=form.errors,
        countries=list(COUNTRIES.items()),
    )


def _total(session: Wire) -> str:
    return money(session["amount_total"], session["currency"])


def _to(url: str) -> Answered:
    return Redirect(url, status_code=303, headers=HEADERS)
