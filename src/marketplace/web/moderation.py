"""The moderator's pages: cases by deadline, one case with its evidence, the decision."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from wtforms import IntegerField, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_
from marketplace.kernel.ids import short
from marketplace.trust import decisions, queries, rules, subjects
from marketplace.trust.decisions import LONGEST_REASON, Verdict
from marketplace.trust.models import Decision, What
from marketplace.trust.queries import CaseView, Whose
from marketplace.trust.screening import SAID
from marketplace.web import paging
from marketplace.web.access import STAFF, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

WHOSE = {"all": N_("All"), "mine": N_("Mine"), "unowned": N_("Without an owner")}
WORDS = {
    "kinds": rules.KINDS,
    "outcomes": rules.OUTCOMES,
    "whats": rules.WHATS,
    "subjects": rules.SUBJECTS,
    "history": rules.LINES,
    "reason_words": rules.reason_words,
    "said": SAID,
}


class DecisionForm(Form):
    """What is done and why; what is restricted for how long, if anything."""

    decision = RadioField(N_("Your decision"), choices=cast(Any, rules.DECISIONS), validate_choice=False)
    reason = TextAreaField(
        N_("The reason"),
        [Required(), Length(max=LONGEST_REASON)],
        filters=[strip],
        description=N_("The person concerned reads this. Say what is wrong and what she can do."),
    )
    what = SelectMultipleField(
        N_("What is restricted"),
        choices=cast(Any, rules.WHATS),
        validate_choice=False,
        description=N_("Money that was earned can always be paid out, whatever you choose."),
    )
    days = IntegerField(
        N_("For how many days"),
        [Optional()],
        widget=TextInput(),
        description=N_("Empty: until somebody lifts it."),
    )

    def verdict(self) -> Verdict:
        """As the domain takes it."""
        what: tuple[What, ...] = tuple(cast(What, each) for each in self.what.data or () if each in rules.WHATS)
        return Verdict(cast(Decision, self.decision.data), self.reason.data or "", what, self.days.data)


class ReadForm(Form):
    """Why private text has to be read."""

    why = TextAreaField(
        N_("Why do you have to read it?"),
        [Required(), Length(max=LONGEST_REASON)],
        filters=[strip],
        description=N_("Whose text it is sees that it was read, when, and this reason."),
    )


@get("/moderation", STAFF)
async def list_cases(visit: Visit) -> Answer:
    """Open cases, those that are due first on top."""
    kind, whose = visit.query.get("kind", ""), visit.query.get("whose", "all")
    kind, whose = kind if kind in rules.KINDS else "", whose if whose in WHOSE else "all"
    me, after = visit.user.id, paging.decode(visit, datetime, UUID)
    async with visit.read() as db:
        chosen: Any = {"kind": kind, "whose": cast(Whose, whose), "after": after}
        rows = await queries.queue(db, me, **chosen, limit=paging.SIZE + 1)
        overview = await queries.overview(db, me, at=visit.now)
    found = paging.cut(visit, rows, key=lambda row: (row.due_at, row.id))
    context: dict[str, Any] = {"found": found, "overview": overview, "kind": kind, "whose": whose, **WORDS}
    return page(visit, "moderation/list.html", fragment="results", all_whose=WHOSE, **context)


@get("/moderation/cases/{id}", STAFF)
async def show_case(visit: Visit, id: UUID) -> Answer:
    """Facts, evidence, the rule, the history of both sides, and what can be decided."""
    return await _case_page(visit, id)


@post("/moderation/cases/{id}/take", STAFF)
async def take_case(visit: Visit, id: UUID) -> Answer:
    """Look at it oneself."""
    async with visit.write() as db:
        await decisions.take(db, id, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/moderation/cases/{short(id)}", flash=N_("This case is yours now."))


@post("/moderation/cases/{id}/decide", STAFF)
async def decide_case(visit: Visit, id: UUID) -> Answer:
    """End the case, once; what is decided is done and told in the same moment."""
    form = await visit.form(DecisionForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await decisions.decide(db, id, form.verdict(), by=visit.user.id, at=visit.now)
            return redirect(visit, "/moderation", flash=N_("Decided and done. The people concerned have been told."))
    return await _case_page(visit, id, form=form, status=422)


@post("/moderation/cases/{id}/read", STAFF)
async def read_private_text(visit: Visit, id: UUID) -> Answer:
    """Open private text: its owners see that it was read, when and why."""
    form = await visit.form(ReadForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await decisions.open_private(db, id, by=visit.user.id, why=form.why.data or "", at=visit.now)
            return redirect(visit, f"/moderation/cases/{short(id)}")
    return await _case_page(visit, id, read_form=form, status=422)


async def _case_page(
    visit: Visit, id: UUID, *, form: DecisionForm | None = None, read_form: ReadForm | None = None, status: int = 200
) -> Answer:
    async with visit.read() as db:
        view = await queries.case_view(db, id, moderator=visit.user.id)
        text_now = await _text_now(db, view, visit.user.id)
    form = form or visit.blank(DecisionForm)
    case = view.case
    allowed = rules.choices(case.kind, has_person=case.about_user_id is not None)
    form.decision.choices = {name: rules.DECISIONS[name] for name in allowed}
    context: dict[str, Any] = {"form": form, "read_form": read_form or visit.blank(ReadForm), **WORDS}
    return page(visit, "moderation/case.html", status=status, view=view, case=case, text_now=text_now, **context)


async def _text_now(db: AnySession, view: CaseView, moderator: UUID) -> str | None:
    """What the thing says now, where that is public and not what it said then."""
    if view.case.evidence.get("is_private"):
        return None
    subject = await subjects.load(db, view.case.subject_kind, view.case.subject_id, viewer=moderator)
    return subject.text if subject and subject.text != view.text else None


routes = [list_cases, show_case, take_case, decide_case, read_private_text]
