"""A first timetable is spoken about: an employer's own meetings and what it says; the organiser answers or changes."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.fairs import candidate_pages, moving, objecting, organising, results, rules
from marketplace.kernel import ids
from marketplace.kernel.i18n import N_
from marketplace.web.access import EMPLOYER, USER, Answer, get, post
from marketplace.web.fairs.booth import own
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit


def meeting_id(posted: Any) -> UUID | None:
    """The meeting that was chosen, if one was. Raises: NotFound."""
    chosen = str(posted.get("meeting") or "")
    return ids.parse(chosen) if chosen else None


@get("/fairs/{slug}/booth/timetable", EMPLOYER)
async def show_theirs(visit: Visit, slug: str) -> Answer:
    """An employer's meetings as the timetable has them now; while it may change, by number and with a word to say."""
    async with visit.read(fresh=True) as db:
        fair, booth = await own(visit, db, slug)
        shown = await candidate_pages.shown_timetable(db, fair.id)
        meetings = await results.meetings_of(db, booth.id) if shown else []
        said = await objecting.said_by(db, booth)
    context: dict[str, Any] = {"fair": fair, "booth": booth, "shown": shown, "meetings": meetings, "said": said}
    words: dict[str, Any] = {"fair_zone": ZoneInfo(fair.time_zone), "meeting_states": rules.MEETING_STATES}
    return page(visit, "fairs/employers/timetable.html", **context, **words)


@post("/fairs/{slug}/booth/timetable", EMPLOYER)
async def object_to(visit: Visit, slug: str) -> Answer:
    """Say what does not suit the employer in the first timetable."""
    posted = await visit.posted()
    async with visit.write() as db:
        _, booth = await own(visit, db, slug)
        about: dict[str, Any] = {"meeting_id": meeting_id(posted), "by": visit.user.id, "at": visit.now}
        await objecting.object_to(db, booth, str(posted.get("text", "")), **about)
    said = N_("The organiser reads it before the timetable stands.")
    return redirect(visit, f"/fairs/{slug}/booth/timetable", flash=said)


@post("/fairs/{slug}/organise/objections/{id}", USER)
async def answer(visit: Visit, slug: str, id: UUID) -> Answer:
    """Say what becomes of it; whoever objected is told."""
    text = str((await visit.posted()).get("answer", ""))
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        await objecting.answer(db, fair, id, text, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/organise/timetable", flash=N_("Answered. It is on its way by mail or SMS."))


@get("/fairs/{slug}/organise/meetings/{id}", USER)
async def show_meeting(visit: Visit, slug: str, id: UUID) -> Answer:
    """One meeting, and where it can go by the rules of the fair."""
    async with visit.read(fresh=True) as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        choice = await moving.choice_of(db, fair, id)
    context: dict[str, Any] = {"fair": fair, "choice": choice, "fair_zone": ZoneInfo(fair.time_zone)}
    return page(visit, "fairs/organise/meeting.html", **context)


@post("/fairs/{slug}/organise/meetings/{id}", USER)
async def move_meeting(visit: Visit, slug: str, id: UUID) -> Answer:
    """To the chosen place, in exchange with whoever sits there; or not at all. Twice off is once."""
    posted, done = await visit.posted(), N_("Changed. Those whom it touches are told, nobody else.")
    is_off = posted.get("to") == "call_off"
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
        if is_off and await moving.is_called_off(db, fair, id):
            done = N_("This meeting is called off already.")
        else:
            choice = await moving.choice_of(db, fair, id)
            how: dict[str, Any] = {"by": visit.user.id, "at": visit.now}
            if is_off:
                await moving.call_off(db, fair, choice, **how)
            else:
                await moving.move(db, fair, choice, str(posted.get("cell", "")), **how)
    return redirect(visit, f"/fairs/{slug}/organise/timetable", flash=done)


routes = [show_theirs, object_to, answer, show_meeting, move_meeting]
