"""Appeals as pages: the form of whoever is restricted, the list and the decision of another moderator."""

from typing import Any
from uuid import UUID

from wtforms import RadioField, TextAreaField

from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.trust import appeals, queries, rules
from marketplace.web.access import STAFF, USER, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit


class AppealForm(Form):
    """Why it should be looked at again."""

    text = TextAreaField(
        N_("Why is this wrong?"),
        [Required(), Length(max=appeals.LENGTH[1])],
        filters=[strip],
        description=N_("You can appeal once. Another moderator reads it, not the one who decided."),
    )


class AppealDecisionForm(Form):
    """Whether it is lifted, and why."""

    decision = RadioField(
        N_("Your decision"),
        choices={"lifted": N_("Lift the limit"), "upheld": N_("Let it stand")},
        validate_choice=False,
    )
    reason = TextAreaField(
        N_("The reason"),
        [Required(), Length(max=appeals.LENGTH[1])],
        filters=[strip],
        description=N_("The person concerned reads this."),
    )


@get("/safety/restrictions/{id}/appeal", USER)
async def ask_appeal(visit: Visit, id: UUID) -> Answer:
    """The restriction and the form."""
    return await _form_page(visit, visit.blank(AppealForm), id)


@post("/safety/restrictions/{id}/appeal", USER)
async def send_appeal(visit: Visit, id: UUID) -> Answer:
    """Once for each restriction."""
    form = await visit.form(AppealForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await appeals.appeal(db, id, form.text.data or "", by=visit.user.id, at=visit.now)
            said = N_("Sent. Another moderator looks at it within seven days, and you read the answer here.")
            return redirect(visit, "/safety/standing", flash=said)
    return await _form_page(visit, form, id, status=422)


async def _form_page(visit: Visit, form: AppealForm, id: UUID, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        standing = await queries.standing(db, visit.user.id)
    restriction = next((each for each in standing.restrictions if each.id == id), None)
    if restriction is None:
        raise NotFound
    context: dict[str, Any] = {"restriction": restriction, "whats": rules.WHATS}
    return page(visit, "safety/appeal.html", fragment="form", status=status, form=form, **context)


@get("/moderation/appeals", STAFF)
async def list_appeals(visit: Visit) -> Answer:
    """Appeals that this moderator may decide."""
    async with visit.read() as db:
        waiting = await appeals.waiting_for(db, visit.user.id)
    return page(visit, "moderation/appeals.html", appeals=waiting, whats=rules.WHATS)


@get("/moderation/appeals/{id}", STAFF)
async def show_appeal(visit: Visit, id: UUID) -> Answer:
    """What she says, what it is about, and the form."""
    return await _decision_page(visit, visit.blank(AppealDecisionForm), id)


@post("/moderation/appeals/{id}", STAFF)
async def decide_appeal(visit: Visit, id: UUID) -> Answer:
    """Lift it or let it stand; of two moderators at once the first decides."""
    form = await visit.form(AppealDecisionForm)
    if form.validate() and form.decision.data in ("lifted", "upheld"):
        with form.catching():
            async with visit.write() as db:
                is_lifted, reason = form.decision.data == "lifted", form.reason.data or ""
                await appeals.decide(db, id, is_lifted=is_lifted, reason=reason, by=visit.user.id, at=visit.now)
            return redirect(visit, "/moderation/appeals", flash=N_("Decided. The person concerned has been told."))
    elif not form.errors:
        form.decision.errors = [form.say(N_("Choose one of the two."))]
    return await _decision_page(visit, form, id, status=422)


async def _decision_page(visit: Visit, form: AppealDecisionForm, id: UUID, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        found = await appeals.waiting_for(db, visit.user.id, appeal_id=id)
    if not found:
        raise NotFound
    context: dict[str, Any] = {"appeal": found[0], "whats": rules.WHATS, "reason_words": rules.reason_words}
    return page(visit, "moderation/appeal.html", fragment="form", status=status, form=form, **context)


routes = [ask_appeal, send_appeal, list_appeals, show_appeal, decide_appeal]
