"""The question whether she is still there: behind a link of its own, answered with one tap."""

from typing import Any

from marketplace.fairs import follow_ups
from marketplace.fairs.follow_ups import STILL, Question
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web.access import PUBLIC, Answer, get, post
from marketplace.web.fairs.tickets import SECRET
from marketplace.web.limits import limit
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit


@get("/follow-ups/{secret}", PUBLIC)
async def show_question(visit: Visit, secret: str) -> Answer:
    """Four buttons; what she said before is marked."""
    async with visit.read(fresh=True) as db:
        question = await _asked(visit, db, secret)
    context: dict[str, Any] = {"question": question, "secret": secret, "still": STILL}
    context |= {"is_over": question.is_over(visit.now), "is_salaried": question.offer.kind in follow_ups.SALARIED}
    return page(visit, "fairs/after/question.html", headers=SECRET, **context)


@post("/follow-ups/{secret}", PUBLIC)
async def answer_question(visit: Visit, secret: str) -> Answer:
    """Keep her answer."""
    sent = await visit.posted()
    async with visit.read(fresh=True) as db:
        question = await _asked(visit, db, secret)
    await limit(visit, "follow-up", 30, minutes=60, who=str(question.follow_up.id))
    said, paid = follow_ups.CHOICES.get(str(sent.get("answer") or "")), str(sent.get("paid") or "")
    if said is None and paid not in ("yes", "no"):
        raise Invalid.at("answer", N_("Choose one of the answers."))
    async with visit.write() as db:
        question = await _asked(visit, db, secret)
        if said is not None:
            await follow_ups.answer(db, question, said, word=str(sent.get("word") or ""), at=visit.now)
        else:
            await follow_ups.say_paid(db, question, was_paid=paid == "yes", at=visit.now)
    return redirect(visit, f"/follow-ups/{secret}", flash=N_("Thank you. You can change it here if it was a slip."))


async def _asked(visit: Visit, db: AnySession, secret: str) -> Question:
    """The question; its page speaks her language where this browser has chosen none. Raises: NotFound."""
    question = await follow_ups.behind(db, secret)
    if visit.person is None and not visit.cookie("locale"):
        visit.locale = question.candidate.locale
    return question


routes = [show_question, answer_question]
