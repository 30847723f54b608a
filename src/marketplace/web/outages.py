"""Outages of places: staff report and end them; the clocks of those who work there stop meanwhile."""

from typing import Any
from uuid import UUID

from wtforms import SelectField, StringField

from marketplace.kernel.i18n import N_
from marketplace.places import outages
from marketplace.places.queries import districts, parks
from marketplace.web.access import STAFF, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit


class OutageForm(Form):
    """Where, and what has happened."""

    place = SelectField(N_("Place"), validate_choice=False, choices=[])
    cause = StringField(
        N_("What has happened"),
        [Required(), Length(max=outages.LONGEST_CAUSE)],
        filters=[strip],
        description=N_("A power cut, a cut cable, a flood."),
    )


@get("/moderation/outages", STAFF)
async def list_outages(visit: Visit) -> Answer:
    """What lasts, what has ended, and a form for a new one."""
    return await _page(visit, visit.blank(OutageForm))


@post("/moderation/outages", STAFF)
async def report_outage(visit: Visit) -> Answer:
    """A place can't work from now on."""
    form = await visit.form(OutageForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                place, cause = str(form.place.data or ""), form.cause.data or ""
                await outages.report(db, place=place, cause=cause, by=visit.user.id, at=visit.now)
            return redirect(visit, "/moderation/outages", flash=N_("Reported. Clocks at this place stand still."))
    return await _page(visit, form, status=422)


@post("/moderation/outages/{id}/end", STAFF)
async def end_outage(visit: Visit, id: UUID) -> Answer:
    """It can work again."""
    async with visit.write() as db:
        await outages.end(db, id, by=visit.user.id, at=visit.now)
    return redirect(visit, "/moderation/outages", flash=N_("Ended. The clocks run on."))


async def _page(visit: Visit, form: OutageForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        found = await outages.listed(db)
        places = [*await parks(db), *await districts(db)]
    choices: Any = [(place.slug, place.name(visit.locale)) for place in places]
    form.place.choices = choices
    return page(visit, "moderation/outages.html", status=status, found=found, form=form)


routes = [list_outages, report_outage, end_outage]
