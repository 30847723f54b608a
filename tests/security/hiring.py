"""Interviews and offers, and who may reach them: the candidate and those who hire, each their own steps."""

from datetime import datetime

from marketplace.jobs.interviews import actions as interviews
from marketplace.jobs.offers import actions as offers
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.jobs.test_interviews import plan
from tests.jobs.test_offers import words
from tests.jobs.writing import applied, job

AYESHA, HIRES, NOBODY = frozenset({"ayesha"}), frozenset({"bilal", "iqra"}), frozenset[str]()
BOTH = AYESHA | HIRES

HIRING: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "GET /applications/{id}/interview": ("/applications/<application>/interview", HIRES, NOBODY),
    "POST /applications/{id}/interview": ("/applications/<application>/interview", HIRES, NOBODY),
    "GET /applications/{id}/offer": ("/applications/<application>/offer", HIRES, NOBODY),
    "POST /applications/{id}/offer": ("/applications/<application>/offer", HIRES, NOBODY),
    "GET /interviews/{id}": ("/interviews/<interview>", BOTH, NOBODY),
    "POST /interviews/{id}/pick": ("/interviews/<interview>/pick", BOTH, NOBODY),
    "GET /interviews/{id}/times": ("/interviews/<interview>/times", BOTH, NOBODY),
    "POST /interviews/{id}/times": ("/interviews/<interview>/times", BOTH, NOBODY),
    "GET /interviews/{id}/end": ("/interviews/<interview>/end", BOTH, NOBODY),
    "POST /interviews/{id}/end": ("/interviews/<interview>/end", BOTH, NOBODY),
    "GET /interviews/{id}/calendar": ("/interviews/<interview>/calendar", BOTH, NOBODY),
    "GET /offers/{id}": ("/offers/<job_offer>", BOTH, NOBODY),
    "GET /offers/{id}/accept": ("/offers/<job_offer>/accept", AYESHA, NOBODY),
    "POST /offers/{id}/accept": ("/offers/<job_offer>/accept", AYESHA, NOBODY),
    "GET /offers/{id}/decline": ("/offers/<job_offer>/decline", AYESHA, NOBODY),
    "POST /offers/{id}/decline": ("/offers/<job_offer>/decline", AYESHA, NOBODY),
    "GET /offers/{id}/withdraw": ("/offers/<job_offer>/withdraw", HIRES, NOBODY),
    "POST /offers/{id}/withdraw": ("/offers/<job_offer>/withdraw", HIRES, NOBODY),
}


async def hiring_of(db: Session, cast: Cast, at: datetime) -> dict[str, str]:
    """An interview agreed with Ayesha and an offer that waits for her, for another job of Bilal's."""
    other = await job(db, cast.agritrack.id, cast.bilal.id, at, title="Another job")
    application = await applied(db, other, cast.ayesha_profile, at)
    interview = await interviews.propose(db, application, plan(at), by=cast.bilal.id, at=at)
    await interviews.pick(db, interview, interview.options[0], side="candidate", by=cast.ayesha.id, at=at)
    offer = await offers.send(db, application, words(at), by=cast.bilal.id, at=at)
    return {"interview": ids.short(interview.id), "job_offer": ids.short(offer.id)}
