"""Reporting a thing: why, in her own words, and what happens next."""

from typing import Any
from uuid import UUID

from wtforms import BooleanField, RadioField, TextAreaField

from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.trust import reports, rules, subjects
from marketplace.trust.reports import LONGEST_TEXT, Complaint
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Length, strip
from marketplace.web.limits import limit
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

SENT = N_("Thank you. A moderator looks at it; here you see when, and what comes of it.")


class ReportForm(CreatingForm):
    """Why, in one of our words and in her own."""

    reason = RadioField(
        N_("What is wrong?"), choices={name: words for name, (_, words) in rules.REASONS.items()}, validate_choice=False
    )
    text = TextAreaField(
        N_("What happened?"),
        [Length(max=LONGEST_TEXT)],
        filters=[strip],
        description=N_("What you write is read by moderators only. What you report is kept as it is now."),
    )
    conversation = BooleanField(
        N_("Include this conversation"),
        description=N_("Then the moderator reads its newest messages too, not only this one."),
    )


@get("/report/{kind}/{id}", USER)
async def ask_report(visit: Visit, kind: str, id: UUID) -> Answer:
    """What is reported, and the form."""
    return await _form_page(visit, visit.blank(ReportForm), (kind, id))


@post("/report/{kind}/{id}", USER)
async def send_report(visit: Visit, kind: str, id: UUID) -> Answer:
    """Make it a case, once however often it is sent."""
    if kind not in subjects.kinds():
        raise NotFound
    form = await visit.form(ReportForm)
    await limit(visit, "report", 20, minutes=60, who=str(visit.user.id))
    if form.validate():
        with form.catching():
            async with visit.submit(form, back="/safety/reports") as step:
                if step.is_first:
                    includes = bool(form.conversation.data)
                    said = Complaint(form.reason.data or "", form.text.data or "", includes)
                    await reports.report(step.db, (kind, id), said, by=visit.user.id, at=visit.now)
                    step.location = "/safety/reports"
            return redirect(visit, step.location, flash=SENT)
    return await _form_page(visit, form, (kind, id), status=422)


async def _form_page(visit: Visit, form: ReportForm, thing: tuple[str, UUID], *, status: int = 200) -> Answer:
    async with visit.read() as db:
        subject = await reports.reportable(db, *thing, by=visit.user.id)
    kind, id = thing
    context: dict[str, Any] = {"form": form, "subject": subject, "kind": kind, "id": id}
    context["has_conversation"] = subjects.has_conversation(kind)
    return page(visit, "safety/report.html", fragment="form", status=status, **context)


routes = [ask_report, send_report]
