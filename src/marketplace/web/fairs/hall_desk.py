"""The desk in the hall: a walk-in has a number and a ticket in fifteen seconds."""

from typing import Any, cast
from zoneinfo import ZoneInfo

from wtforms import RadioField, SelectField, StringField, TelField

from marketplace.fairs import candidate_pages, checkin_rules, day, hall_desk, hall_queries, hall_queues, registering
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.hall_desk import Token
from marketplace.fairs.models import Fair
from marketplace.fairs.registering import AlreadyThere, Person
from marketplace.fairs.tickets import TicketKey
from marketplace.identity.phones import read_number
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.qr import drawn_qr
from marketplace.web.visit import Visit

LOCALES = {"ur": N_("Urdu"), "en": N_("English")}
_YES_NO = {"yes": N_("Yes"), "no": N_("No"), "": N_("I don’t say")}


def _booths(form: Form, _field: object) -> dict[str, str]:
    return {"": form.say(N_("None yet")), **(form.booths if isinstance(form, WalkInForm) else {})}


class WalkInForm(CreatingForm):
    """What the desk asks: a name is enough."""

    booths: dict[str, str] = {}
    name = StringField(N_("Name"), [Required(), Length(max=registering.LONGEST_NAME)], filters=[strip])
    phone = TelField(
        N_("Mobile number"), [Length(max=30)], filters=[strip], description=N_("The ticket and every call come by SMS.")
    )
    about = StringField(N_("What she can do, in one line"), [Length(max=registering.LONGEST_ABOUT)], filters=[strip])
    is_woman = RadioField(N_("Is she a woman?"), choices=cast(Any, _YES_NO), default="", validate_choice=False)
    locale = RadioField(N_("Her language"), choices=cast(Any, LOCALES), default="ur")
    booth = SelectField(N_("In the queue of"), choices=cast(Any, _booths), validate_choice=False)

    def person(self) -> Person:
        """As the domain takes it. Raises: Invalid."""
        woman = self.field_named("is_woman")
        return Person(
            name=self.name.data or "",
            phone=read_number(self.phone.data) if self.phone.data else None,
            locale="en" if self.locale.data == "en" else "ur",
            about=self.about.data or "",
            is_woman={"yes": True, "no": False}.get(str(woman.data)) if woman is not None else None,
        )


@get("/fairs/{slug}/day/walk-ins", USER)
async def show_desk(visit: Visit, slug: str) -> Answer:
    """An empty form for whoever stands at the desk; with `?number=` what is said to the one who just was."""
    number = visit.query.get("number", "")
    async with visit.read(fresh=True) as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id)
        form = visit.blank(WalkInForm)
        await _fit(db, form, fair)
        key, token = visit.services[TicketKey], None
        if number.isdecimal():
            token = await hall_desk.token_of(db, key, fair, int(number), at=visit.now)
    return _desk_page(visit, fair, form, token=token)


@post("/fairs/{slug}/day/walk-ins", USER)
async def register(visit: Visit, slug: str) -> Answer:
    """Her number, her ticket, her wait."""
    form = await visit.form(WalkInForm)
    async with visit.read() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id)
        await _fit(db, form, fair)
    if form.validate():
        with form.catching(AlreadyThere, registering.RegistrationClosed, hall_queues.NoQueues):
            async with visit.submit(form) as step:
                if step.is_first:
                    made = await _register(visit, step.db, slug, form)
                    step.location = f"/fairs/{slug}/day/walk-ins?number={made.number}"
            return redirect(visit, step.location)
    return _desk_page(visit, fair, form, status=422)


async def _register(visit: Visit, db: Session, slug: str, form: WalkInForm) -> FairCandidate:
    fair, _ = await day.day_of(db, slug, by=visit.user.id)
    booth = form.field_named("booth")
    code = str(booth.data or "") if booth is not None else ""
    chosen = await hall_queues.booth_by_code(db, fair.id, code) if code else None
    key = visit.services[TicketKey]
    return await hall_desk.walk_in(db, key, fair, form.person(), chosen, by=visit.user.id, at=visit.now)


async def _fit(db: AnySession, form: WalkInForm, fair: Fair) -> None:
    """Ask only what this fair needs."""
    if fair.mode == "timetable":
        del form["booth"]
    else:
        form.booths = {each.code: f"{each.name} {each.label}" for each in await hall_queries.queues_of(db, fair)}
    if not await candidate_pages.has_women_hours(db, fair.id):
        del form["is_woman"]


def _desk_page(visit: Visit, fair: Fair, form: WalkInForm, *, token: Token | None = None, status: int = 200) -> Answer:
    qr = None if token is None else drawn_qr(f"{visit.settings.base_url}{token.path}")
    context: dict[str, Any] = {"fair": fair, "form": form, "token": token, "qr": qr}
    context |= {"fair_zone": ZoneInfo(fair.time_zone), "reasons": checkin_rules.REFUSALS}
    return page(visit, "fairs/day/walk_ins.html", status=status, **context)


routes = [show_desk, register]
