"""An organiser's pages: make a fair, change it, open it, move it; how far it is and what comes next."""

from typing import Any
from zoneinfo import ZoneInfo

from marketplace.fairs import grid, organising, queries, rules, telling
from marketplace.fairs.models import Fair
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.fairs.organise_forms import FairForm, MoveForm, typed
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

_REFUSALS = (rules.MoveRefused, organising.MeetingsStand, organising.DayPassed, organising.NothingMoved)
_DONE = {
    "open": N_("Registration is open. Share the page; employers ask for a booth there."),
    "cancelled": N_("The fair is called off, and everybody who registered was told."),
    "live": N_("The fair is on."),
    "closed": N_("The fair is over. Results are due now."),
    "matching": N_("Registration stays as it is; now the timetable is made."),
}


@get("/fairs/mine", USER)
async def list_own(visit: Visit) -> Answer:
    """All fairs of her organisers."""
    async with visit.read() as db:
        found = await queries.fairs_of(db, visit.user.id)
        organisers = await organising.organisers_of(db, visit.user.id)
    context: dict[str, Any] = {"found": found, "organisers": organisers, "states": rules.FAIR_STATES}
    return page(visit, "fairs/organise/mine.html", **context)


@get("/fairs/new", USER)
async def new_fair(visit: Visit) -> Answer:
    """A fair from scratch, or with everything but the days of a former one."""
    slug = visit.query.get("from", "")
    data: dict[str, Any] = {}
    async with visit.read() as db:
        if slug:
            former = await organising.own_fair(db, slug, by=visit.user.id)
            hours = await organising.hours_of(db, former)
            data = typed(organising.shape_of(former), hours, await organising.rooms_of(db, former.id))
            data |= {"first_on": None, "last_on": None, "women_days": ""}
    return await _form_page(visit, visit.blank(FairForm, data=data), copied_from=slug)


@post("/fairs", USER)
async def create_fair(visit: Visit) -> Answer:
    """A draft; or, asked to show it, the grid as it would be."""
    posted = await visit.posted()
    form, slug = await visit.form(FairForm), str(posted.get("copied_from") or "")
    await _know_organisers(visit, form)
    if posted.get("show") == "grid" or not form.validate():
        return await _form_page(visit, form, copied_from=slug, status=422 if form.errors else 200)
    with form.catching():
        async with visit.submit(form, back="/fairs/mine") as step:
            if step.is_first:
                former = await organising.own_fair(step.db, slug, by=visit.user.id) if slug else None
                what = form.shape(), form.hours(), form.all_rooms()
                made = await organising.make_fair(
                    step.db, form.organisation_id, *what, copied_from=former, by=visit.user.id, at=visit.now
                )
                step.location = f"/fairs/{made.slug}/organise"
        return redirect(visit, step.location, flash=N_("The fair is there. Nobody sees it before you open it."))
    return await _form_page(visit, form, copied_from=slug, status=422)


async def _know_organisers(visit: Visit, form: FairForm) -> None:
    async with visit.read() as db:
        mine = await organising.organisers_of(db, visit.user.id)
    form.organisers = {ids.short(each.id): each.name for each in mine}


async def _form_page(
    visit: Visit, form: FairForm, *, fair: Fair | None = None, copied_from: str = "", status: int = 200
) -> Answer:
    if fair is None:
        await _know_organisers(visit, form)
    shown = _preview(form)
    context: dict[str, Any] = {"form": form, "fair": fair, "copied_from": copied_from, "cuts": shown}
    context["zone"] = ZoneInfo(form.time_zone.data or "Asia/Karachi")
    return page(visit, "fairs/organise/form.html", fragment="form", status=status, **context)


def _preview(form: FairForm) -> list[grid.Cut]:
    """The grid of what is typed so far; what is wrong with it stands at its field."""
    if not (form.first_on.data and form.opens.data and form.closes.data):
        return []
    with form.catching():
        return grid.cut(form.hours(), ZoneInfo(form.time_zone.data or "Asia/Karachi"))
    return []


@get("/fairs/{slug}/organise", USER)
async def show_own(visit: Visit, slug: str) -> Answer:
    """How far it is, and what comes next."""
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        counts = await queries.counts_of(db, fair)
        slots = await queries.slots_of(db, fair.id)
        days = await queries.days_of(db, fair.id)
    context: dict[str, Any] = {
        "fair": fair,
        "counts": counts,
        "slots": slots,
        "days": days,
        "fair_zone": ZoneInfo(fair.time_zone),
    }
    context |= {"states": rules.FAIR_STATES, "moves": rules.FAIR_MOVES[fair.state]}  # type: ignore[index]
    return page(visit, "fairs/organise/show.html", form=visit.blank(MoveForm), **context)


@get("/fairs/{slug}/organise/edit", USER)
async def edit_fair(visit: Visit, slug: str) -> Answer:
    """What it says now."""
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        data = await _typed(db, fair)
    return await _form_page(visit, visit.blank(FairForm, data=data), fair=fair)


async def _typed(db: AnySession, fair: Fair) -> dict[str, Any]:
    hours = await organising.hours_of(db, fair)
    return typed(organising.shape_of(fair), hours, await organising.rooms_of(db, fair.id))


@post("/fairs/{slug}/organise/edit", USER)
async def save_fair(visit: Visit, slug: str) -> Answer:
    """Change it; or, asked to show it, the grid as it would be."""
    posted, form = await visit.posted(), await visit.form(FairForm)
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
    if posted.get("show") == "grid" or not form.validate():
        return await _form_page(visit, form, fair=fair, status=422 if form.errors else 200)
    with form.catching(*_REFUSALS):
        what = form.shape(), form.hours(), form.all_rooms()
        async with visit.write() as db:
            own = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
            await organising.edit_fair(db, own, *what, by=visit.user.id, at=visit.now)
        return redirect(visit, f"/fairs/{slug}/organise", flash=N_("Saved."))
    return await _form_page(visit, form, fair=fair, status=422)


@post("/fairs/{slug}/organise/state", USER)
async def move_fair(visit: Visit, slug: str) -> Answer:
    """Open it, call it off, begin it, end it."""
    to: object = (await visit.posted()).get("to")
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
        if to not in _DONE:
            raise Invalid.at("to", N_("Choose what becomes of the fair."))
        await organising.move(db, fair, to, by=visit.user.id, at=visit.now)  # type: ignore[arg-type]
        if to == "cancelled":
            await telling.later(db, fair, "fair_cancelled", about="cancelled")
    return redirect(visit, f"/fairs/{slug}/organise", flash=Flash(_DONE[str(to)]))


@post("/fairs/{slug}/organise/date", USER)
async def move_date(visit: Visit, slug: str) -> Answer:
    """The same fair on another day."""
    form = await visit.form(MoveForm)
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
        if not form.validate() or form.first_on.data is None:
            raise Invalid.at("first_on", N_("Choose the new first day."))
        await organising.move_date(db, fair, form.first_on.data, by=visit.user.id, at=visit.now)
        await telling.later(db, fair, "fair_moved", about=f"dates {fair.dates_version}")
    done = N_("Moved. Everybody keeps the seat and is asked whether the new day suits.")
    return redirect(visit, f"/fairs/{slug}/organise", flash=done)


routes = [list_own, new_fair, create_fair, show_own, edit_fair, save_fair, move_fair, move_date]
