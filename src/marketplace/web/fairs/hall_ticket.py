"""An open hall on a candidate's phone: a booth's sign is scanned or its code typed, she queues, waits, is called."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.fairs import hall_queries, hall_queues, results, tickets
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.hall_rules import MOST_QUEUES
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web.access import PUBLIC, Answer, get, post
from marketplace.web.fairs.join import fair_of
from marketplace.web.fairs.tickets import SECRET, changing, holder
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

_DONE = {
    "queue": N_("You stand in the queue. You need not stand there: you are called on this page."),
    "interest": N_("They have your details and owe you an answer."),
    "leave": N_("You left the queue."),
}


@get("/fairs/{slug}/hall/{code}", PUBLIC)
async def scan(visit: Visit, slug: str, code: str) -> Answer:
    """What a booth's sign opens: her own page of the hall when we know her ticket, else how to get there."""
    async with visit.read() as db:
        fair = await fair_of(visit, db, slug)
        booth = await hall_queues.booth_by_code(db, fair.id, code)
        mine = await tickets.own(db, fair.id, visit.user.id) if visit.is_signed_in else None
        secret = visit.cookie("ticket") or ""
        held = await _held(db, secret, fair.id)
        postings = await hall_queries.postings_of(db, booth.id)
        [queue] = await hall_queries.queues_of(db, fair, booth.id)
    if mine is not None:
        secret = visit.services[TicketKey].secret(mine.id, mine.ticket_version)
    if mine is not None or held:
        return redirect(visit, f"/tickets/{secret}/queues?booth={queue.code}")
    return page(visit, "fairs/day/hall_scan.html", fair=fair, booth=booth, queue=queue, postings=postings)


async def _held(db: AnySession, secret: str, fair_id: UUID) -> bool:
    """Whether this phone has opened a ticket of this fair."""
    try:
        candidate, _ = await tickets.behind(db, secret)
    except NotFound:
        return False
    return candidate.fair_id == fair_id


@get("/tickets/{secret}/queues", PUBLIC)
async def show_queues(visit: Visit, secret: str) -> Answer:
    """Where she stands, how long it may take; a field for the code of a booth; `?booth=` shows that one."""
    typed = visit.query.get("booth", "").strip()[:200]
    async with visit.read(fresh=True) as db:
        candidate, fair = await holder(visit, db, secret)
        places = await hall_queries.places_of(db, candidate, fair)
        booth = await _typed(db, fair.id, typed)
        shown: dict[str, Any] = {"queue": None, "postings": [], "card": None}
        if booth is not None:
            [shown["queue"]] = await hall_queries.queues_of(db, fair, booth.id)
            shown["postings"] = await hall_queries.postings_of(db, booth.id)
            shown["card"] = await results.card_of(db, booth.id, candidate.id)
    visit.set_cookie("ticket", secret, max_age=3 * 86_400)
    shown |= {"candidate": candidate, "fair": fair, "places": places, "booth": booth, "typed": typed, "secret": secret}
    shown |= {"fair_zone": ZoneInfo(fair.time_zone), "most": MOST_QUEUES, "modes": hall_queues.OPEN_HALL}
    return page(visit, "fairs/day/hall_ticket.html", fragment="places", headers=SECRET, **shown)


async def _typed(db: AnySession, fair_id: UUID, typed: str) -> Booth | None:
    try:
        return await hall_queues.booth_by_code(db, fair_id, typed) if typed else None
    except NotFound:
        return None


@post("/tickets/{secret}/queues", PUBLIC)
async def change(visit: Visit, secret: str) -> Answer:
    """Queue at a booth, leave her details there, or leave a queue."""
    posted = await visit.posted()
    what, which = str(posted.get("do") or ""), str(posted.get("id") or "")
    if what not in _DONE or not which:
        raise Invalid.at("do", N_("Choose what you want to do."))
    candidate, fair = await changing(visit, secret, most=120)
    async with visit.write() as db:
        hers = await db.merge(candidate, load=False)
        if what == "leave":
            await hall_queues.leave(db, hers, ids.parse(which), at=visit.now)
        else:
            booth = await hall_queues.booth_by_code(db, fair.id, which)
            act = hall_queues.join if what == "queue" else hall_queues.show_interest
            await act(db, fair, booth, hers, at=visit.now)
    return redirect(visit, f"/tickets/{secret}/queues", flash=_DONE[what])


routes = [scan, show_queues, change]
