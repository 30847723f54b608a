"""Taking part in a fair as a candidate: with an account, or with a name and a phone."""

from typing import Any

from litestar import Response

from marketplace.fairs import candidate_pages, queries, registering, tickets
from marketplace.fairs.models import Fair
from marketplace.fairs.registering import AlreadyThere, Origin
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.arriving import texts_work
from marketplace.web.fairs.join_forms import CandidateFields, JoinForm, known_of
from marketplace.web.limits import limit
from marketplace.web.pages import page, redirect
from marketplace.web.posting_forms import chosen_skills
from marketplace.web.visit import Visit


async def fair_of(visit: Visit, db: AnySession, slug: str) -> Fair:
    """The fair as this reader may see it. Raises: NotFound."""
    fair, _, _ = await queries.public_fair(db, slug, reader=visit.person.id if visit.person else None)
    return fair


async def fit(db: AnySession, form: CandidateFields, fair: Fair) -> None:
    """Ask in `form` what this fair needs."""
    days = await queries.days_of(db, fair.id)
    form.fit(fair, days, has_women_hours=await candidate_pages.has_women_hours(db, fair.id))


@get("/fairs/{slug}/join", PUBLIC)
async def show_join(visit: Visit, slug: str) -> Answer:
    """The form; whoever takes part already is led to her ticket."""
    async with visit.read() as db:
        fair = await fair_of(visit, db, slug)
        mine = await tickets.own(db, fair.id, visit.person.id) if visit.person else None
        form = visit.blank(JoinForm, data=await known_of(db, visit))
        await fit(db, form, fair)
    if mine is not None:
        return redirect(visit, visit.services[TicketKey].path(mine))
    return _join_page(visit, fair, form)


def _join_page(visit: Visit, fair: Fair, form: JoinForm, *, status: int = 200) -> Answer:
    shown: dict[str, Any] = {"fair": fair, "form": form, "chosen_skills": chosen_skills(form, visit.locale)}
    shown |= {"is_open": registering.is_open(fair, visit.now), "is_full": fair.seats_taken >= fair.capacity}
    return page(visit, "fairs/join/form.html", fragment="form", status=status, **shown)


@post("/fairs/{slug}/join", PUBLIC)
async def join(visit: Visit, slug: str) -> Answer:
    """A seat, or a place on the waiting list.

    Without an account the ticket goes to the number or address alone: only who holds it gets in, and whether it was
    registered before is told to nobody else.
    """
    form = await visit.form(JoinForm)
    async with visit.read() as db:
        fair = await fair_of(visit, db, slug)
        await fit(db, form, fair)
    if not form.validate():
        return _join_page(visit, fair, form, status=422)
    await limit(visit, "fair-join", 6, minutes=60, who=form.phone.data or form.email.data or "")
    with form.catching(registering.RegistrationClosed):
        try:
            where = await _registered(visit, fair, form)
        except AlreadyThere as known:
            if visit.person is not None or not _reaches(visit, form):
                raise Invalid.at("", known.msgid) from known
            where = await _sent_again(visit, fair, known)
        return redirect(visit, where, flash=N_("You are on the list.") if visit.is_signed_in else None)
    return _join_page(visit, fair, form, status=422)


async def _registered(visit: Visit, fair: Fair, form: JoinForm) -> str:
    """Where her ticket is, or that it is on its way."""
    key, sent = visit.services[TicketKey], f"/fairs/{fair.slug}/joined"
    async with visit.submit(form, back=sent) as step:
        if step.is_first:
            user_id = visit.person.id if visit.person else None
            person = await form.person(step.db, fair, locale=visit.locale)
            origin = Origin(user_id=user_id, by=user_id)
            made = await registering.register(step.db, key, fair.id, person, origin, at=visit.now)
            step.location = sent if user_id is None and _reaches(visit, form) else key.path(made)
    return step.location


def _reaches(visit: Visit, form: JoinForm) -> bool:
    """Whether a mail or SMS can bring her the ticket."""
    return bool(form.email.data) or texts_work(visit)


async def _sent_again(visit: Visit, fair: Fair, known: AlreadyThere) -> str:
    if known.candidate_id is not None:
        async with visit.write() as db:
            await registering.send_ticket(db, known.candidate_id, at=visit.now)
    return f"/fairs/{fair.slug}/joined"


@get("/fairs/{slug}/joined", PUBLIC)
async def show_joined(visit: Visit, slug: str) -> Answer:
    """Where the ticket went."""
    async with visit.read() as db:
        fair = await fair_of(visit, db, slug)
    return page(visit, "fairs/join/sent.html", fair=fair)


@get("/fairs/{slug}/ticket", USER)
async def show_own_ticket(visit: Visit, slug: str) -> Answer:
    """To the ticket of whoever is signed in."""
    async with visit.read() as db:
        fair = await fair_of(visit, db, slug)
        mine = await tickets.own(db, fair.id, visit.user.id)
    if mine is None:
        raise NotFound
    return Response(content="", status_code=303, headers={"Location": visit.services[TicketKey].path(mine)})


routes = [show_join, join, show_joined, show_own_ticket]
