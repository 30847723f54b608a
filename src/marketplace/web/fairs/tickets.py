"""A candidate's own page at a fair: whoever holds the ticket's address is her. No password, nothing of anybody else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.fairs import (
    candidate_pages,
    her_words,
    objecting,
    offers,
    queries,
    registering,
    replanning,
    results,
    rules,
    tickets,
)
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.fairs.registering import AlreadyThere
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import LOCALES, N_
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.fairs.join import fit
from marketplace.web.fairs.join_forms import CandidateFields, typed
from marketplace.web.fairs.objections import meeting_id
from marketplace.web.limits import limit
from marketplace.web.pages import page, redirect
from marketplace.web.posting_forms import chosen_skills
from marketplace.web.qr import drawn_qr
from marketplace.web.visit import Visit

SECRET: Mapping[str, str] = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
}
"""Headers of every page behind a ticket's address."""
STATES = {
    "waiting": N_("On the waiting list"),
    "registered": N_("You have a seat"),
    "confirmed": N_("You have a seat and said that you come"),
    "withdrawn": N_("You said that you do not come"),
    "removed": N_("Taken off the list by the organiser"),
}
CHANGES = {
    "fair_registered": N_("You have a seat"),
    "fair_waiting": N_("You are on the waiting list"),
    "fair_seat_free": N_("A seat became free: it is yours"),
    "fair_moved": N_("The fair has another date"),
    "fair_cancelled": N_("The fair was called off"),
    "fair_timetable_shown": N_("The first timetable could be seen"),
    "fair_timetable_published": N_("The timetable was published"),
    "fair_answer": N_("An employer answered"),
    "fair_objection_answered": N_("The organiser answered you"),
}
"""What is said on the page of messages that were sent; all others are a change of the timetable."""


async def holder(visit: Visit, db: AnySession, secret: str) -> tuple[FairCandidate, Fair]:
    """Whose ticket it is; pages speak her language where this browser has chosen none. Raises: NotFound."""
    candidate, fair = await tickets.behind(db, secret)
    if visit.person is None and not visit.cookie("locale"):
        visit.locale = candidate.locale
    return candidate, fair


async def changing(visit: Visit, secret: str, *, most: int = 60) -> tuple[FairCandidate, Fair]:
    """As `holder`, for a change; at most so many an hour with one ticket."""
    async with visit.read(fresh=True) as db:
        candidate, fair = await holder(visit, db, secret)
    await limit(visit, f"ticket-{most}", most, minutes=60, who=str(candidate.id))
    return candidate, fair


@get("/tickets/{secret}", PUBLIC)
async def show_ticket(visit: Visit, secret: str) -> Answer:
    """The ticket: seat, number, QR, timetable, what changed, what can be done."""
    async with visit.read(fresh=True) as db:
        candidate, fair = await holder(visit, db, secret)
        own = await candidate_pages.own_page(db, candidate)
        place = await registering.position(db, candidate)
        days = await queries.days_of(db, fair.id)
        answers = await results.answers_of(db, candidate, fair)
        offered = await offers.offers_of(db, candidate.id)
        said = await objecting.said_by(db, candidate)
    shown: dict[str, Any] = {
        "candidate": candidate,
        "fair": fair,
        "own": own,
        "place": place,
        "days": days,
        "said": said,
    }
    shown |= {"answers": answers, "offered": offered, "results": results.RESULTS, "offer_states": offers.STATES}
    shown |= {
        "secret": secret,
        "qr": drawn_qr(f"{visit.settings.base_url}/tickets/{secret}"),
        "fair_zone": ZoneInfo(fair.time_zone),
    }
    shown |= {"asks_again": candidate_pages.asks_again(candidate, fair), "states": STATES, "changes": CHANGES}
    shown |= {"fair_states": rules.FAIR_STATES, "meeting_states": rules.MEETING_STATES}
    shown["ratings"] = her_words.RATINGS
    shown["can_come_back"] = candidate.state == "withdrawn" and registering.is_open(fair, visit.now)
    shown["is_living"] = candidate.state in registering.LIVING and fair.state not in ("closed", "cancelled")
    return page(visit, "fairs/tickets/show.html", headers=SECRET, **shown)


@post("/tickets/{secret}/confirm", PUBLIC)
async def confirm(visit: Visit, secret: str) -> Answer:
    """She comes, on the days as they are now."""
    candidate, _ = await changing(visit, secret)
    async with visit.write() as db:
        await registering.confirm(db, candidate.id, by=_by(visit), at=visit.now)
    return redirect(visit, f"/tickets/{secret}", flash=N_("Good. The organiser knows that you come."))


@post("/tickets/{secret}/withdraw", PUBLIC)
async def withdraw(visit: Visit, secret: str) -> Answer:
    """She does not come; the seat goes to the next who waits."""
    candidate, fair = await changing(visit, secret)
    async with visit.write() as db:
        await registering.withdraw(db, candidate.id, by=_by(visit), at=visit.now)
    if fair.state == "live":
        async with visit.write() as db:
            await replanning.offer_seats(db, fair.id, at=visit.now)
    said = N_("Your seat is free for somebody else. Thank you for saying so.")
    return redirect(visit, f"/tickets/{secret}", flash=said)


@post("/tickets/{secret}/back", PUBLIC)
async def come_back(visit: Visit, secret: str) -> Answer:
    """Undo leaving."""
    candidate, _ = await changing(visit, secret)
    async with visit.write() as db:
        await registering.come_back(db, candidate.id, by=_by(visit), at=visit.now)
    return redirect(visit, f"/tickets/{secret}", flash=N_("You are on the list again."))


@post("/tickets/{secret}/language", PUBLIC)
async def choose_language(visit: Visit, secret: str) -> Answer:
    """Her page and her messages in another language."""
    candidate, _ = await changing(visit, secret)
    locale: object = (await visit.posted()).get("locale")
    if not isinstance(locale, str) or locale not in LOCALES:
        raise NotFound
    async with visit.write() as db:
        _, hers = await registering.lock(db, candidate.id)
        await tickets.say_in(db, hers, locale)
    visit.set_cookie("locale", locale, max_age=365 * 86_400)
    return redirect(visit, f"/tickets/{secret}")


@post("/tickets/{secret}/claim", USER)
async def claim(visit: Visit, secret: str) -> Answer:
    """Add the registration to the account of whoever holds the ticket: an offer needs one."""
    candidate, _ = await changing(visit, secret)
    async with visit.write() as db:
        await registering.claim(db, candidate.id, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/tickets/{secret}", flash=N_("It is in your account now."))


@post("/tickets/{secret}/objection", PUBLIC)
async def object_to(visit: Visit, secret: str) -> Answer:
    """Say what does not suit her in the first timetable."""
    candidate, _ = await changing(visit, secret)
    posted = await visit.posted()
    about: dict[str, Any] = {"meeting_id": meeting_id(posted), "by": _by(visit), "at": visit.now}
    async with visit.write() as db:
        await objecting.object_to(db, candidate, str(posted.get("text", "")), **about)
    return redirect(visit, f"/tickets/{secret}", flash=N_("The organiser reads it before the timetable stands."))


@get("/tickets/{secret}/edit", PUBLIC)
async def edit(visit: Visit, secret: str) -> Answer:
    """What she said, to be changed."""
    async with visit.read(fresh=True) as db:
        candidate, fair = await holder(visit, db, secret)
        data = await typed(db, candidate, fair, await queries.days_of(db, fair.id))
        form = visit.blank(CandidateFields, data=data)
        await fit(db, form, fair)
    return _edit_page(visit, secret, fair, form)


def _edit_page(visit: Visit, secret: str, fair: Fair, form: CandidateFields, *, status: int = 200) -> Answer:
    shown: dict[str, Any] = {"secret": secret, "fair": fair, "form": form}
    shown["chosen_skills"] = chosen_skills(form, visit.locale)
    return page(visit, "fairs/tickets/edit.html", fragment="form", status=status, headers=SECRET, **shown)


@post("/tickets/{secret}/edit", PUBLIC)
async def save(visit: Visit, secret: str) -> Answer:
    """Keep what she says now; seat, number and ticket stay."""
    candidate, fair = await changing(visit, secret)
    form = await visit.form(CandidateFields)
    async with visit.read() as db:
        await fit(db, form, fair)
    if form.validate():
        with form.catching(AlreadyThere):
            async with visit.write() as db:
                person = await form.person(db, fair, locale=candidate.locale)
                await registering.amend(db, candidate.id, person, by=_by(visit), at=visit.now)
            return redirect(visit, f"/tickets/{secret}", flash=N_("Saved."))
    return _edit_page(visit, secret, fair, form, status=422)


def _by(visit: Visit) -> UUID | None:
    return visit.person.id if visit.person else None


routes = [show_ticket, confirm, withdraw, come_back, choose_language, claim, object_to, edit, save]
