"""Interviews as pages of both sides: offered, picked, moved, called off, put into a calendar."""

from datetime import datetime
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from marketplace.identity import audit
from marketplace.jobs.interviews import actions, queries, rules
from marketplace.jobs.interviews.calendar import calendar
from marketplace.jobs.models import Interview
from marketplace.jobs.sides import About
from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web import paging
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.applicants import Desk, desk
from marketplace.web.hiring_forms import PlanForm, TimesForm, WhyForm
from marketplace.web.pages import download, page, redirect
from marketplace.web.visit import Visit

OFFERED = N_("The times are offered. You are told as soon as one is picked.")


@get("/interviews", USER)
async def list_coming(visit: Visit) -> Answer:
    """What is to be answered and what is to come, on either side."""
    async with visit.read() as db:
        rows = await queries.coming(
            db, visit.user.id, at=visit.now, after=paging.decode(visit, UUID), limit=paging.SIZE + 1
        )
    return page(visit, "interviews/list.html", found=paging.cut(visit, rows, key=lambda row: (row.id,)))


# -- offering one


@get("/applications/{id}/interview", USER)
async def ask_plan(visit: Visit, id: UUID) -> Answer:
    """Ask how, where and when; where one is open already, its page."""
    async with visit.read() as db:
        here = await desk(db, visit, id)
        interviews = await queries.interviews_of(db, id, limit=1)
    if any(rules.is_open(each, visit.now) for each in interviews):
        return redirect(visit, _address(interviews[0].id))
    if not here.candidate.is_waiting:
        return redirect(visit, f"/applications/{ids.short(id)}")
    return _plan_page(visit, here, visit.blank(PlanForm))


def _plan_page(visit: Visit, here: Desk, form: PlanForm, *, status: int = 200) -> Answer:
    context: dict[str, Any] = {"posting": here.posting, "c": here.candidate, "form": form}
    return page(visit, "interviews/form.html", fragment="form", status=status, **context)


@post("/applications/{id}/interview", USER)
async def propose(visit: Visit, id: UUID) -> Answer:
    """Offer the times, once."""
    form = await visit.form(PlanForm)
    async with visit.read() as db:
        here = await desk(db, visit, id)
    if form.validate():
        with form.catching(rules.InterviewWaits, rules.NoInterviewNow):
            async with visit.submit(form, back=f"/applications/{ids.short(id)}") as step:
                if step.is_first:
                    fresh = await desk(step.db, visit, id)
                    made = await actions.propose(
                        step.db, fresh.application, form.plan(), by=visit.user.id, at=visit.now
                    )
                    step.location = _address(made.id)
            return redirect(visit, step.location, flash=OFFERED)
    return _plan_page(visit, here, form, status=422)


# -- one that exists


@get("/interviews/{id}", USER)
async def show(visit: Visit, id: UUID) -> Answer:
    """Where it stands, and what the reader can do about it now."""
    async with visit.read() as db:
        interview, said = await queries.interview_for(db, id, reader=visit.user.id)
        lines = await audit.lines_of(db, ("interview", id))
    context: dict[str, Any] = {"interview": interview, "said": said, "lines": lines, "kinds": rules.KIND_WORDS}
    how: dict[str, Any] = {"is_open": rules.is_open(interview, visit.now), "is_asked": _is_asked(interview, said)}
    return page(visit, "interviews/show.html", **context, **how)


@post("/interviews/{id}/pick", USER)
async def pick(visit: Visit, id: UUID) -> Answer:
    """Take one of the times; a second click finds it done."""
    posted = await visit.posted()
    async with visit.write() as db:
        interview, said = await queries.interview_for(db, id, reader=visit.user.id)
        chosen = _time(str(posted.get("starts_at", "")))
        if interview.state != "agreed" or interview.starts_at != chosen:
            await actions.pick(db, interview, chosen, side=said.side, by=visit.user.id, at=visit.now)
    return redirect(visit, _address(id), flash=N_("Agreed. Both of you are reminded the day before."))


def _time(text: str) -> datetime:
    """A time as the page's buttons send it. Raises: Invalid."""
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        made = None
    if made is None or made.tzinfo is None:
        raise Invalid.at("starts_at", N_("Pick one of the times that are offered."))
    return made


@get("/interviews/{id}/times", USER)
async def ask_times(visit: Visit, id: UUID) -> Answer:
    """Ask for other times."""
    return await _times_page(visit, id, visit.blank(TimesForm))


async def _times_page(visit: Visit, id: UUID, form: TimesForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        interview, said = await queries.interview_for(db, id, reader=visit.user.id)
    if not rules.is_open(interview, visit.now):
        return redirect(visit, _address(id))
    context: dict[str, Any] = {"interview": interview, "said": said, "form": form}
    return page(visit, "interviews/times.html", fragment="form", status=status, **context)


@post("/interviews/{id}/times", USER)
async def offer_others(visit: Visit, id: UUID) -> Answer:
    """Offer them; the other side picks."""
    form = await visit.form(TimesForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                interview, said = await queries.interview_for(db, id, reader=visit.user.id)
                who: dict[str, Any] = {"side": said.side, "by": visit.user.id, "at": visit.now}
                await actions.offer_others(db, interview, form.times, **who)
            return redirect(visit, _address(id), flash=OFFERED)
    return await _times_page(visit, id, form, status=422)


@get("/interviews/{id}/end", USER)
async def ask_end(visit: Visit, id: UUID) -> Answer:
    """Ask whether to say no, or to call it off, and why."""
    return await _end_page(visit, id, visit.blank(WhyForm))


async def _end_page(visit: Visit, id: UUID, form: WhyForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        interview, said = await queries.interview_for(db, id, reader=visit.user.id)
    if not rules.is_open(interview, visit.now):
        return redirect(visit, _address(id))
    is_asked = _is_asked(interview, said)
    return page(visit, "interviews/end.html", status=status, interview=interview, said=said, form=form, no=is_asked)


@post("/interviews/{id}/end", USER)
async def end(visit: Visit, id: UUID) -> Answer:
    """Whoever was asked says no, anybody else calls it off; a second click finds it done."""
    form = await visit.form(WhyForm)
    if not form.validate():
        return await _end_page(visit, id, form, status=422)
    async with visit.write() as db:
        interview, said = await queries.interview_for(db, id, reader=visit.user.id)
        if interview.state in rules.OPEN:
            step = actions.decline if _is_asked(interview, said) else actions.cancel
            who: dict[str, Any] = {"side": said.side, "by": visit.user.id, "at": visit.now}
            await step(db, interview, why=form.reason.data or "", **who)
    return redirect(visit, _address(id), flash=N_("Called off. The other side is told."))


def _is_asked(interview: Interview, said: About) -> bool:
    """The reader has been offered times and has not answered."""
    return interview.state == "proposed" and interview.offered_by != said.side


@get("/interviews/{id}/calendar", USER)
async def send_calendar(visit: Visit, id: UUID) -> Answer:
    """The calendar file; again after a change, it moves or removes the entry."""
    async with visit.read() as db:
        interview, said = await queries.interview_for(db, id, reader=visit.user.id)
    if interview.starts_at is None:
        raise NotFound
    organizer = parseaddr(visit.settings.mail_from)[1]
    made = calendar(interview, said, base_url=visit.settings.base_url, organizer=organizer)
    return download(made, name="interview.ics", media_type="text/calendar; charset=utf-8")


def _address(id: UUID) -> str:
    return f"/interviews/{ids.short(id)}"


routes = [
    list_coming, ask_plan, propose, show, pick, ask_times, offer_others, ask_end, end, send_calendar,
]  # fmt: skip
