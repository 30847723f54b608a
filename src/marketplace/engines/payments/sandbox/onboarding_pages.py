"""The hosted onboarding page of connected accounts, and the style of all pages."""

from typing import Any

from litestar import Request, Response, get, post

from marketplace.engines.payments.sandbox import accounts, links
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.forms import COUNTRIES, OnboardForm
from marketplace.engines.payments.sandbox.rendering import closed_page, page, stylesheet, to
from marketplace.engines.payments.sandbox.site import Site

Asked = Request[Any, Any, Any]
Answered = Response[Any]


@get("/onboard/{id:str}", sync_to_thread=False)
def show_onboarding(id: str, site: Site) -> Answered:
    """Use the link up and show the form; a used or old link leads back to make a new one."""
    desk, link = site.desk(), site.books.get(id, kind="account_link")
    if link is None:
        return closed_page("There is no such page", "Please go back and open the link again.", status=404)
    with site.books.transaction():
        visit = links.open_link(desk, link)
    if visit is None:
        return to(link["refresh_url"])
    return _onboarding_page(link, OnboardForm.start(desk.find("account", link["account"]), visit))


@post("/onboard/{id:str}", status_code=200)
async def finish_onboarding(id: str, request: Asked, site: Site) -> Answered:
    """All is filled in: the account may receive and pay out."""
    form = OnboardForm.read(await request.form())
    desk, link = site.desk(), site.books.get(id, kind="account_link")
    if link is None:
        return closed_page("There is no such page", "Please go back and open the link again.", status=404)
    if not links.is_visiting(desk, link, form.visit):
        return to(link["refresh_url"])
    if form.errors:
        return _onboarding_page(link, form, status=422)
    if not link["is_done"]:
        account = desk.find("account", link["account"])
        with site.books.transaction():
            accounts.complete(desk, account, country=form.country, name=form.name, iban=form.iban)
            site.books.update({**link, "is_done": True})
        site.changed()
    return to(link["return_url"])


@get("/sandbox.css", sync_to_thread=False)
def style() -> Answered:
    """The look of all pages here."""
    return Response(content=stylesheet(), media_type="text/css", headers={"Cache-Control": "max-age=300"})


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
