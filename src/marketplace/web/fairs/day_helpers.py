"""The organiser's list of who helps on the day."""

from typing import Any, cast
from uuid import UUID

from wtforms import EmailField, RadioField

from marketplace.fairs import day, day_helpers
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit


class HelperForm(Form):
    """Whom, and as what."""

    email = EmailField(
        N_("E-mail of the account"),
        [Required(), Length(max=254)],
        filters=[strip],
    )
    role = RadioField(N_("What she does"), choices=cast(Any, day_helpers.ROLES), default="steward")


@get("/fairs/{slug}/day/helpers", USER)
async def show_helpers(visit: Visit, slug: str) -> Answer:
    """Who helps; whom to name."""
    return await _page(visit, slug, visit.blank(HelperForm))


@post("/fairs/{slug}/day/helpers", USER)
async def name_helper(visit: Visit, slug: str) -> Answer:
    """One more, or the same in another role."""
    form = await visit.form(HelperForm)
    if form.validate():
        await limit(visit, "fair_helpers", 60, minutes=60, who=str(visit.user.id))  # it tells who has an account
        with form.catching():
            async with visit.write() as db:
                fair, _ = await day.day_of(db, slug, by=visit.user.id, least="organiser")
                said = form.email.data or "", str(form.role.data)
                await day_helpers.name_helper(db, fair, *said, by=visit.user.id, at=visit.now)
            return redirect(visit, f"/fairs/{slug}/day/helpers", flash=N_("Saved. The day's page is open to them now."))
    return await _page(visit, slug, form, status=422)


@post("/fairs/{slug}/day/helpers/{id}/end", USER)
async def end_helper(visit: Visit, slug: str, id: UUID) -> Answer:
    """She helps no more."""
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="organiser")
        await day_helpers.thank(db, fair, id, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/day/helpers", flash=N_("Saved."))


async def _page(visit: Visit, slug: str, form: HelperForm, *, status: int = 200) -> Answer:
    async with visit.read(fresh=True) as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="organiser")
        helpers = await day_helpers.helpers_of(db, fair.id)
    context: dict[str, Any] = {"fair": fair, "helpers": helpers, "roles": day_helpers.ROLES, "form": form}
    return page(visit, "fairs/day/helpers.html", status=status, **context)


routes = [show_helpers, name_helper, end_helper]
