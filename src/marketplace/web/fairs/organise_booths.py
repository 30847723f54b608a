"""An organiser's employers: approve, refuse, add; tables and their breaks."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import TextInput

from marketplace.fairs import booths, organising, queries
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web import paging
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

STATES = {
    "requested": N_("Wait for your answer"),
    "invited": N_("Invited"),
    "approved": N_("Approved"),
    "confirmed": N_("Confirmed, with open postings"),
    "refused": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
}


class BoothForm(Form):
    """An employer the organiser adds."""

    name = StringField(N_("Name of the employer"), [Required(), Length(max=120)], filters=[strip])
    email = StringField(
        N_("E-mail for messages about the fair"),
        [Length(max=200)],
        filters=[strip],
        description=N_("The link by which it takes its booth goes there."),
    )
    is_only_invited = BooleanField(N_("Show it to nobody before it has taken its booth"))


class TablesForm(Form):
    """How many tables more, and where."""

    count = IntegerField(N_("Tables more"), [InputRequired()], default=1, widget=TextInput())
    room = SelectField(N_("Room"), validate_choice=False)


class RefuseForm(Form):
    """Why not."""

    reason = TextAreaField(N_("Why not"), [Length(max=500)], filters=[strip], description=N_("The employer reads it."))


@get("/fairs/{slug}/organise/booths", USER)
async def list_booths(visit: Visit, slug: str) -> Answer:
    """Employers by state."""
    return await _list(visit, slug, visit.blank(BoothForm))


async def _list(visit: Visit, slug: str, form: BoothForm, *, status: int = 200) -> Answer:
    state = visit.query.get("state", "")
    state = state if state in STATES else ""
    after = paging.decode(visit, str, UUID)
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        rows = await booths.booths_of(db, fair.id, state=state, after=after, limit=paging.SIZE + 1)
        counts = await queries.counts_of(db, fair)
        uninvited = await booths.count_uninvited(db, fair.id)
    found = paging.cut(visit, rows, key=lambda row: (row.name, row.id))
    context: dict[str, Any] = {"fair": fair, "found": found, "counts": counts, "state": state, "states": STATES}
    context["uninvited"] = uninvited
    return page(visit, "fairs/organise/booths.html", fragment="results", status=status, form=form, **context)


@post("/fairs/{slug}/organise/booths", USER)
async def add_booth(visit: Visit, slug: str) -> Answer:
    """An employer whom the organiser vouches for."""
    form = await visit.form(BoothForm)
    async with visit.read() as db:
        await organising.own_fair(db, slug, by=visit.user.id)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
                name, email = form.name.data or "", form.email.data or ""
                state = "invited" if form.is_only_invited.data else "approved"
                made = await booths.add(db, fair, name, email=email, state=state, by=visit.user.id, at=visit.now)
                await booths.invite_each(db, _key(visit), fair, [made], by=visit.user.id, at=visit.now)
            return redirect(visit, _path(slug, made.id), flash=N_("Added. Now give it tables."))
    return await _list(visit, slug, form, status=422)


@get("/fairs/{slug}/organise/booths/{id}", USER)
async def show_booth(visit: Visit, slug: str, id: UUID) -> Answer:
    """One employer: its answer, its tables, when they take nobody."""
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        booth = await booths.own_booth(db, fair, id)
        tables = await booths.tables_of(db, booth)
        rooms = await queries.shown_rooms(db, fair.id)
        slots = [slot for slot in await queries.slots_of(db, fair.id) if slot.kind == "meeting"]
    form = visit.blank(TablesForm, data={"count": max(1, booth.wants_tables - len(tables))})
    form.room.choices = {ids.short(room.id): room.name for room in rooms}  # type: ignore[assignment]
    context: dict[str, Any] = {"fair": fair, "booth": booth, "tables": tables, "slots": slots, "states": STATES}
    link = booths.invitation_of(_key(visit), booth)
    context |= {"fair_zone": ZoneInfo(fair.time_zone), "link": link and f"{visit.settings.base_url}{link}"}
    context["can_invite"] = booth.organisation_id is None and booth.state in booths.UNTAKEN
    return page(visit, "fairs/organise/booth.html", form=form, refuse=visit.blank(RefuseForm), **context)


@post("/fairs/{slug}/organise/booths/{id}/invitation", USER)
async def invite(visit: Visit, slug: str, id: UUID) -> Answer:
    """Make its link; mail it where there is an address."""
    await limit(visit, "booth-invitation", 60, minutes=60)
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        booth = await booths.own_booth(db, fair, id, lock=True)
        sent = await booths.invite_each(db, _key(visit), fair, [booth], by=visit.user.id, at=visit.now)
    done = N_("The link is on its way by mail.") if sent else N_("Here is the link. Send it yourself.")
    return redirect(visit, _path(slug, id), flash=done)


@post("/fairs/{slug}/organise/invitations", USER)
async def invite_all(visit: Visit, slug: str) -> Answer:
    """All employers with an address that nobody has taken over or invited yet."""
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
        await booths.invite_all(db, _key(visit), fair, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/organise/booths", flash=N_("The links are on their way by mail."))


def _key(visit: Visit) -> TicketKey:
    return visit.services[TicketKey]


@post("/fairs/{slug}/organise/booths/{id}/decision", USER)
async def decide(visit: Visit, slug: str, id: UUID) -> Answer:
    """Approve or refuse."""
    posted, form = await visit.posted(), await visit.form(RefuseForm)
    to: object = posted.get("to")
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        booth = await booths.own_booth(db, fair, id, lock=True)
        if to not in ("approved", "refused"):
            raise Invalid.at("to", N_("Choose whether it gets a booth."))
        reason = (form.reason.data or "")[:500]
        await booths.decide(db, fair, booth, to, reason=reason, by=visit.user.id, at=visit.now)  # type: ignore[arg-type]
    return redirect(visit, _path(slug, id), flash=N_("Saved, and the employer was told."))


@post("/fairs/{slug}/organise/booths/{id}/tables", USER)
async def add_tables(visit: Visit, slug: str, id: UUID) -> Answer:
    """Tables more."""
    form = await visit.form(TablesForm)
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        booth = await booths.own_booth(db, fair, id)
        if not form.validate():
            raise Invalid.at("count", N_("Write how many tables."))
        room = ids.parse(str(form.room.data or ""))
        await booths.add_tables(db, fair, booth, form.count.data or 0, room_id=room, by=visit.user.id, at=visit.now)
    return redirect(visit, _path(slug, id), flash=N_("Saved."))


@post("/fairs/{slug}/organise/booths/{id}/breaks", USER)
async def set_breaks(visit: Visit, slug: str, id: UUID) -> Answer:
    """When its tables take nobody; or one table less."""
    posted = await visit.posted()
    gone = str(posted.get("remove") or "")
    cells = booths.closed_cells([str(each) for each in posted.getall("closed", [])])
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        booth = await booths.own_booth(db, fair, id, lock=True)
        if gone:
            await booths.remove_table(db, booth, ids.parse(gone), by=visit.user.id, at=visit.now)
        else:
            closed = [(ids.parse(table), ids.parse(slot)) for table, slot in cells]
            await booths.set_breaks(db, fair, booth, closed, by=visit.user.id, at=visit.now)
    return redirect(visit, _path(slug, id), flash=N_("Saved."))


def _path(slug: str, id: UUID) -> str:
    return f"/fairs/{slug}/organise/booths/{ids.short(id)}"


routes = [list_booths, add_booth, show_booth, invite, invite_all, decide, add_tables, set_breaks]
