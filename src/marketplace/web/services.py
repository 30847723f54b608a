"""Services as pages: what is offered at which price, and for her who offers it: write, publish, pause, remove.

(The list is with the other lists in search.py, ordering in orders.py.)
"""

from typing import Any

from marketplace.contracts import orders
from marketplace.escrow.fees import fee_terms
from marketplace.escrow.rules import FeeTerms
from marketplace.gigs import service_queries as queries
from marketplace.gigs import service_rules as rules
from marketplace.gigs import services
from marketplace.gigs.models import Service
from marketplace.gigs.service_queries import ServiceView
from marketplace.kernel.i18n import N_
from marketplace.talent.queries import freelancer_of
from marketplace.web.access import FREELANCER, PUBLIC, USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.service_forms import AnyServiceForm, NewServiceForm, ServiceForm, chips, filled
from marketplace.web.visit import Visit


@get("/services/{slug}", PUBLIC)
async def show_service(visit: Visit, slug: str) -> Answer:
    """One service: its packages, its extras, who does it."""
    reader = visit.person.id if visit.person else None
    async with visit.read() as db:
        service = await queries.service_view(db, slug, reader=reader)
        fee = await fee_terms(db, "order", service.content.currency, at=visit.now)
    context: dict[str, Any] = {"previews": _previews(service, fee) if service.is_own else []}
    return page(visit, "services/show.html", service=service, is_away=service.is_away(visit.now), **context)


def _previews(service: ServiceView, fee: FeeTerms) -> list[Any]:
    numbers = range(1, len(service.content.packages) + 1)
    return [orders.preview(rules.choose(service.content, number, ()), fee) for number in numbers]


@get("/services/mine", USER)
async def list_mine(visit: Visit) -> Answer:
    """All that she offers, also drafts and what is paused."""
    async with visit.read() as db:
        rows = await queries.own_services(db, visit.user.id)
    return page(visit, "services/mine.html", rows=rows)


@get("/services/new", FREELANCER)
async def new_service(visit: Visit) -> Answer:
    """An empty form."""
    return _form_page(visit, visit.blank(NewServiceForm), None)


def _form_page(visit: Visit, form: AnyServiceForm, service: Service | None, *, status: int = 200) -> Answer:
    form.spare()
    context: dict[str, Any] = {"chosen_skills": chips(form, visit.locale), "service": service}
    return page(visit, "services/form.html", fragment="form", status=status, form=form, **context)


@post("/services", FREELANCER)
async def create_service(visit: Visit) -> Answer:
    """Keep it as a draft, or offer it where that was pressed."""
    form = await visit.form(NewServiceForm)
    wants_open = (await visit.posted()).get("step") == "publish"
    if form.validate():
        with form.catching():
            async with visit.submit(form, back="/services/mine") as step:
                if step.is_first:
                    freelancer = await freelancer_of(step.db, visit.user.id)
                    assert freelancer is not None, "the mark asks for a profile"
                    service = await services.make(step.db, freelancer, form.content(), at=visit.now)
                    if wants_open:
                        await services.publish(step.db, service, by=visit.user.id, at=visit.now)
                    step.location = f"/services/{service.slug}"
            return redirect(visit, step.location, flash=_saved(is_open=wants_open))
    return _form_page(visit, form, None, status=422)


def _saved(*, is_open: bool) -> str:
    return N_("It is open. People find it within five seconds.") if is_open else N_("Saved. Only you see it.")


@get("/services/{slug}/edit", USER)
async def edit_service(visit: Visit, slug: str) -> Answer:
    """What it says now, to be changed."""
    async with visit.read() as db:
        service = await queries.own_service(db, slug, user_id=visit.user.id)
        content = await queries.content_of(db, service)
    return _form_page(visit, filled(visit, content), service)


@post("/services/{slug}", USER)
async def save_service(visit: Visit, slug: str) -> Answer:
    """Write it anew; orders that exist keep what they said."""
    form = await visit.form(ServiceForm)
    wants_open = (await visit.posted()).get("step") == "publish"
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                service = await queries.own_service(db, slug, user_id=visit.user.id)
                await services.edit(db, service, form.content(), by=visit.user.id, at=visit.now)
                if wants_open and service.state != "open":
                    await services.publish(db, service, by=visit.user.id, at=visit.now)
                is_open = service.state == "open"
            said = _saved(is_open=is_open) if wants_open else N_("Saved. Orders that exist stay as they are.")
            return redirect(visit, f"/services/{slug}", flash=said)
    async with visit.read() as db:
        service = await queries.own_service(db, slug, user_id=visit.user.id)
    return _form_page(visit, form, service, status=422)


@post("/services/{slug}/publish", USER)
async def publish_service(visit: Visit, slug: str) -> Answer:
    """Offer it, for the first time or again."""
    async with visit.write() as db:
        service = await queries.own_service(db, slug, user_id=visit.user.id)
        if service.state != "open":
            await services.publish(db, service, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/services/{slug}", flash=_saved(is_open=True))


@post("/services/{slug}/pause", USER)
async def pause_service(visit: Visit, slug: str) -> Answer:
    """Take no orders for a while; it can be undone, so nothing is asked."""
    async with visit.write() as db:
        service = await queries.own_service(db, slug, user_id=visit.user.id)
        if service.state != "paused":
            await services.pause(db, service, by=visit.user.id, at=visit.now)
    flash = Flash(N_("Paused: nobody finds it or orders it. Orders under way go on."), tone="note")
    return redirect(visit, f"/services/{slug}", flash=flash)


@get("/services/{slug}/remove", USER)
async def ask_remove(visit: Visit, slug: str) -> Answer:
    """Say what removing means, ask whether to do it."""
    async with visit.read() as db:
        service = await queries.own_service(db, slug, user_id=visit.user.id)
    return page(visit, "services/remove.html", service=service)


@post("/services/{slug}/remove", USER)
async def remove_service(visit: Visit, slug: str) -> Answer:
    """Gone for good; orders of it go on."""
    async with visit.write() as db:
        service = await queries.own_service(db, slug, user_id=visit.user.id)
        await services.remove(db, service, by=visit.user.id, at=visit.now)
    return redirect(visit, "/services/mine", flash=Flash(N_("The service is removed."), tone="note"))


routes = [
    *(list_mine, new_service, create_service, show_service, edit_service, save_service),
    *(publish_service, pause_service, ask_remove, remove_service),
]
