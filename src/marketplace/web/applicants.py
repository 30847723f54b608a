"""One application as the employer's people work on it: read, move, undo, judge, reject with a reason, hire."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.jobs import candidates, judging, queries, rules, stages
from marketplace.jobs.candidates import Candidate
from marketplace.jobs.interviews.queries import interviews_of
from marketplace.jobs.judging import Judgement
from marketplace.jobs.models import Application, ApplicationState
from marketplace.jobs.offers.queries import offers_of
from marketplace.jobs.rules import MOVABLE, RECOMMENDATIONS, REJECT_REASONS, STATE_WORDS
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings.models import Posting
from marketplace.postings.queries import skills_of
from marketplace.postings.rules import LIVING
from marketplace.talent.rules import LANGUAGES, LEVELS
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.application_forms import CardForm, HireForm, NoteForm, RejectForm
from marketplace.web.pages import Flash, local_path, page, redirect
from marketplace.web.visit import Visit

MOVED = {
    "screening": N_("%(letter)s is being read more closely, and has been told."),
    "interview": N_("%(letter)s is at the interview stage and has been told. You see the name now."),
    "offer": N_("%(letter)s is at the offer stage and has been told."),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What an application's page needs beside its forms."""

    application: Application
    posting: Posting
    candidate: Candidate


async def desk(db: AnySession, visit: Visit, id: UUID) -> Desk:
    """Raises: NotFound unless the reader hires for the posting and neither blocked the other."""
    application, posting = await queries.managed(db, id, by=visit.user.id)
    found = await candidates.candidates(db, posting.id, [id], viewer=visit.user.id)
    if not found:
        raise NotFound
    return Desk(application, posting, found[0])


async def show(visit: Visit, db: AnySession, id: UUID, **forms: Any) -> Answer:
    """The employer's page of an application; `note_form` and `card_form` as they were refused."""
    here = await desk(db, visit, id)
    criteria = await judging.criteria_of(db, here.posting.id)
    judgement = await judging.judgement(db, id, viewer=visit.user.id)
    asked = {skill.slug for skill in await skills_of(db, here.posting.id)}
    context: dict[str, Any] = {
        "note_form": visit.blank(NoteForm),
        "card_form": _card_form(visit, criteria, judgement),
        **forms,
        "notes": await judging.notes_of(db, id),
        "judgement": judgement,
        "events": await candidates.timeline(db, here.application),
        "undo_to": await _undo_to(visit, db, here),
        "fit": (sum(skill.slug in asked for skill in here.candidate.skills), len(asked)),
        "interviews": await interviews_of(db, id),
        "offers": await offers_of(db, id),
        "status": 422 if forms else 200,
    }
    words: dict[str, Any] = {"reasons": REJECT_REASONS, "recommendations": RECOMMENDATIONS, "state_words": STATE_WORDS}
    words |= {"languages": LANGUAGES, "levels": LEVELS}
    following = [stage for stage in MOVABLE if stage in rules.MOVES[stages.state_of(here.application)]]
    return page(
        visit,
        "pipeline/application.html",
        posting=here.posting,
        c=here.candidate,
        following=following,
        **words,
        **context,
    )


async def _undo_to(visit: Visit, db: AnySession, here: Desk) -> ApplicationState | None:
    if here.posting.state not in LIVING:
        return None
    return await stages.undoable(db, here.application, at=visit.now)


def _card_form(visit: Visit, criteria: tuple[str, ...], judgement: Judgement) -> CardForm:
    own = judgement.own
    data: dict[str, Any] = {"scores": [""] * len(criteria)}
    if own is not None:
        scores = [str(own.scores.get(criterion, "")) for criterion in criteria]
        data = {"scores": scores, "recommendation": own.recommendation, "comment": own.comment}
    form = visit.blank(CardForm, data=data)
    form.score(criteria)
    return form


# -- moving


@post("/applications/{id}/move", USER)
async def move(visit: Visit, id: UUID) -> Answer:
    """Lead it to another stage; a second click finds it done."""
    posted = await visit.posted()
    to, onward = str(posted.get("to", "")), str(posted.get("next", ""))
    async with visit.write() as db:
        here = await desk(db, visit, id)
        if to not in MOVABLE:
            raise Invalid.at("to", N_("Choose where to move it."))
        await stages.lock(db, here.application)
        if here.application.state != to:
            await stages.move(db, here.application, to, by=visit.user.id, at=visit.now)
    said = Flash(MOVED[to], values={"letter": here.application.letter})
    return redirect(visit, local_path(onward, _address(id)), flash=said)


@post("/applications/{id}/undo", USER)
async def undo(visit: Visit, id: UUID) -> Answer:
    """Take the last move back."""
    async with visit.write() as db:
        here = await desk(db, visit, id)
        await stages.undo(db, here.application, by=visit.user.id, at=visit.now)
    return redirect(visit, _address(id), flash=N_("Taken back. The candidate is told where it stands now."))


@get("/applications/{id}/reject", USER)
async def ask_reject(visit: Visit, id: UUID) -> Answer:
    """Ask why."""
    return await _reject_page(visit, id, visit.blank(RejectForm))


async def _reject_page(visit: Visit, id: UUID, form: RejectForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        here = await desk(db, visit, id)
    if not here.candidate.is_waiting:
        return redirect(visit, _address(id))
    context: dict[str, Any] = {"posting": here.posting, "c": here.candidate, "form": form}
    return page(visit, "pipeline/reject.html", fragment="form", status=status, **context)


@post("/applications/{id}/reject", USER)
async def reject(visit: Visit, id: UUID) -> Answer:
    """Say no with the reason; a second click finds it done."""
    form = await visit.form(RejectForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                here = await desk(db, visit, id)
                await stages.lock(db, here.application)
                if here.application.state != "rejected":
                    reason, note = form.why
                    why = {"reason": reason, "note": note}
                    await stages.reject(db, here.application, **why, by=visit.user.id, at=visit.now)
            said = Flash(N_("%(letter)s has been told, with your reason."), values={"letter": here.application.letter})
            return redirect(visit, f"/jobs/{here.posting.slug}/applications", flash=said)
    return await _reject_page(visit, id, form, status=422)


@get("/applications/{id}/hire", USER)
async def ask_hire(visit: Visit, id: UUID) -> Answer:
    """Say what hiring means, ask whether the posting ends with it."""
    async with visit.read() as db:
        here = await desk(db, visit, id)
    if "hired" not in rules.MOVES[stages.state_of(here.application)]:
        return redirect(visit, _address(id))
    return page(visit, "pipeline/hire.html", posting=here.posting, c=here.candidate, form=visit.blank(HireForm))


@post("/applications/{id}/hire", USER)
async def hire(visit: Visit, id: UUID) -> Answer:
    """Take her; a second click finds it done."""
    form = await visit.form(HireForm)
    async with visit.write() as db:
        here = await desk(db, visit, id)
        if here.application.state != "hired":
            await stages.hire(db, here.application, fills=bool(form.fills.data), by=visit.user.id, at=visit.now)
    return redirect(visit, f"/jobs/{here.posting.slug}/applications", flash=N_("Hired. The candidate has been told."))


# -- judging


@post("/applications/{id}/notes", USER)
async def add_note(visit: Visit, id: UUID) -> Answer:
    """A note for colleagues."""
    form = await visit.form(NoteForm)
    if form.validate():
        with form.catching():
            async with visit.submit(form, back=_address(id)) as step:
                if step.is_first:
                    here = await desk(step.db, visit, id)
                    await judging.add_note(
                        step.db, here.application, form.text.data or "", by=visit.user.id, at=visit.now
                    )
                    step.location = _address(id)
            return redirect(visit, step.location, flash=N_("Noted. Only your colleagues read it."))
    async with visit.read() as db:
        return await show(visit, db, id, note_form=form)


@post("/applications/{id}/scorecard", USER)
async def give_card(visit: Visit, id: UUID) -> Answer:
    """One's own scorecard, given or changed."""
    form = await visit.form(CardForm)
    async with visit.read() as db:
        here = await desk(db, visit, id)
        form.score(await judging.criteria_of(db, here.posting.id))
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                here = await desk(db, visit, id)
                await judging.give_card(db, here.application, form.card(), by=visit.user.id, at=visit.now)
            return redirect(visit, _address(id), flash=N_("Scored. You see what your colleagues gave, too."))
    async with visit.read() as db:
        return await show(visit, db, id, card_form=form)


def _address(id: UUID) -> str:
    return f"/applications/{ids.short(id)}"


routes = [move, undo, ask_reject, reject, ask_hire, hire, add_note, give_card]
