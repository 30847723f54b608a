"""After a fair, for an employer: who still waits for its answer, and who is still there."""

from typing import Any
from uuid import UUID

from marketplace.fairs import answering, follow_ups, results
from marketplace.fairs.day_models import Result
from marketplace.fairs.follow_ups import WITH_US
from marketplace.fairs.results import RESULTS, Card
from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

ANSWERS: dict[str, Result] = {
    "shortlisted": "shortlisted",
    "second_interview": "second_interview",
    "not_this_time": "not_this_time",
    "no_show": "no_show",
}
"""What can be answered here with one tap; an offer has its own form."""
SHOWN = 50
"""Whoever has an answer makes room for the next."""


@get("/fairs/{slug}/booths/{id}/answers", USER)
async def show_answers(visit: Visit, slug: str, id: UUID) -> Answer:
    """Everybody who waits, with a button for each answer; offers that were only ticked; people who began."""
    async with visit.read(fresh=True) as db:
        fair, booth = await results.booth_of(db, slug, id, by=visit.user.id)
        waiting = await answering.owed(db, fair.id, booth_id=booth.id)
        unwritten = await answering.to_write(db, booth.id)
        people = await follow_ups.of_booth(db, booth.id, at=visit.now)
    context: dict[str, Any] = {"fair": fair, "booth": booth, "waiting": waiting, "unwritten": unwritten}
    context |= {
        "shown": SHOWN,
        "people": people,
        "still": WITH_US,
        "salaried": follow_ups.SALARIED,
        "results": RESULTS,
        "answers": list(ANSWERS),
    }
    context |= {"due_at": answering.due_at(fair), "longest": results.LONGEST_WORD}
    return page(visit, "fairs/after/answers.html", fragment="waiting", **context)


@post("/fairs/{slug}/booths/{id}/answers", USER)
async def give_answer(visit: Visit, slug: str, id: UUID) -> Answer:
    """One answer, or the same no for all who still wait; with a word if there is one."""
    sent = await visit.posted()
    word, said = str(sent.get("word") or ""), N_("Kept. They read it now.")
    async with visit.write() as db:
        fair, booth = await results.booth_of(db, slug, id, by=visit.user.id)
        if sent.get("everybody"):
            if not await answering.answer_rest(db, fair, booth, word=word, by=visit.user.id, at=visit.now):
                said = N_("On their way: you see here how many still wait.")
        else:
            result = ANSWERS.get(str(sent.get("result") or ""))
            if result is None:
                raise Invalid.at("result", N_("Choose what became of the meeting."))
            candidate = await results.candidate_by_code(db, fair.id, str(sent.get("code") or ""))
            card = Card(result=result, word=word or None)
            await results.judge(db, fair, booth, candidate, card, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/booths/{ids.short(id)}/answers", flash=said)


@post("/fairs/{slug}/booths/{id}/people/{number}", USER)
async def confirm_person(visit: Visit, slug: str, id: UUID, number: str) -> Answer:
    """What the employer says of somebody who began; `number` names the question."""
    sent = await visit.posted()
    async with visit.write() as db:
        _, booth = await results.booth_of(db, slug, id, by=visit.user.id)
        said = follow_ups.CHOICES.get(str(sent.get("answer") or ""))
        if sent.get("paid"):
            await follow_ups.confirm_paid(db, booth, ids.parse(number), by=visit.user.id, at=visit.now)
        elif said is None:
            raise Invalid.at("answer", N_("Choose one of the answers."))
        else:
            await follow_ups.confirm(db, booth, ids.parse(number), said, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/booths/{ids.short(id)}/answers", flash=N_("Kept. Thank you."))


routes = [show_answers, give_answer, confirm_person]
