"""What both sides do with an offer, one verb each. Whose it is, is decided before (jobs/sides.py)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.deadlines import actions as deadlines
from marketplace.identity import audit
from marketplace.jobs import stages
from marketplace.jobs.models import Application, Offer, OfferState
from marketplace.jobs.offers import notices, rules
from marketplace.jobs.offers.rules import Words
from marketplace.jobs.rules import WAITING
from marketplace.kernel.database import Session
from marketplace.postings.models import Employment, Posting

ANSWER = "job_offer_answer"
"""Kind of our deadline: the offer runs out."""
_USUAL_HOURS = 40


async def send(db: Session, application: Application, words: Words, *, by: UUID, at: datetime) -> Offer:
    """Offer the position; the application moves to its offer stage. Raises: Invalid, NoOfferNow, OfferWaits."""
    posting = await db.get_one(Posting, application.posting_id)
    hours = await db.scalar(select(Employment.hours_a_week).where(Employment.posting_id == posting.id))
    rules.check_words(words, at, hours=hours or _USUAL_HOURS, is_internship=posting.kind == "internship")
    assert words.salary is not None and words.starts_on is not None and words.answer_by is not None
    await stages.lock(db, application)
    if application.state not in WAITING:
        raise rules.NoOfferNow
    if await db.scalar(select(Offer.id).where(Offer.application_id == application.id, Offer.state == "sent")):
        raise rules.OfferWaits
    if application.state != "offer":
        await stages.move(db, application, "offer", by=by, at=at, tells=False)
    offer = Offer(
        application_id=application.id,
        state="sent",
        salary_minor=words.salary.amount_minor,
        currency=words.salary.currency,
        period=words.period,
        starts_on=words.starts_on,
        text=words.text.strip(),
        answer_by=words.answer_by,
        created_by=by,
        created_at=at,
    )
    db.add(offer)
    await db.flush()
    await audit.record(db, "offer.sent", subject=("job_offer", offer.id), by=by, at=at)
    await deadlines.start(db, ANSWER, subject=("job_offer", offer.id), due_at=words.answer_by)
    await notices.sent(db, offer, by=by, at=at)
    return offer


async def accept(db: Session, offer: Offer, *, by: UUID, at: datetime) -> None:
    """She takes it: she is hired, and the posting is filled with its last opening. Raises: OfferMoveRefused."""
    application = await db.get_one(Application, offer.application_id)
    posting = await db.get_one(Posting, application.posting_id, with_for_update=True, populate_existing=True)
    await _lock(db, offer)
    rules.check_move(offer.state, "accepted", offer.answer_by, at)
    await _move(db, offer, "accepted", by=by, at=at)
    await stages.hire(db, application, fills=await _is_last_opening(db, posting.id), by=by, at=at)
    await notices.answered(db, offer, by=by, at=at)


async def decline(db: Session, offer: Offer, *, reason: str, by: UUID, at: datetime) -> None:
    """She says no; the employer goes on with her application as it likes. Raises: Invalid, OfferMoveRefused."""
    rules.check_reason(reason)
    await _lock(db, offer)
    rules.check_move(offer.state, "declined", offer.answer_by, at)
    offer.decline_reason = reason.strip()
    await _move(db, offer, "declined", by=by, at=at)
    await notices.answered(db, offer, by=by, at=at)


async def withdraw(db: Session, offer: Offer, *, by: UUID, at: datetime) -> None:
    """The employer takes it back before she answered. Raises: OfferMoveRefused."""
    await _lock(db, offer)
    rules.check_move(offer.state, "withdrawn", offer.answer_by, at)
    await _move(db, offer, "withdrawn", by=by, at=at)
    await notices.withdrawn(db, offer, by=by, at=at)


async def expire(db: Session, offer: Offer, *, at: datetime) -> None:
    """Its last day is over. Does nothing when it was answered."""
    await _lock(db, offer)
    if offer.state == "sent" and offer.answer_by <= at:
        await _move(db, offer, "expired", by=None, at=at)
        await notices.expired(db, offer, at=at)


async def call_off(db: Session, application_id: UUID, *, at: datetime) -> None:
    """The application was decided otherwise, and both sides know: what waits is withdrawn without another message."""
    waiting = select(Offer).where(Offer.application_id == application_id, Offer.state == "sent")
    rows = await db.execute(waiting.with_for_update().execution_options(populate_existing=True))
    for offer in rows.scalars():
        await _move(db, offer, "withdrawn", by=None, at=at)


async def _is_last_opening(db: Session, posting_id: UUID) -> bool:
    """Whether with one more the posting has as many as it looked for; its row is locked."""
    openings = await db.scalar(select(Employment.openings).where(Employment.posting_id == posting_id))
    hired = select(func.count()).where(Application.posting_id == posting_id, Application.state == "hired")
    return (await db.scalar(hired) or 0) + 1 >= (openings or 1)


async def _lock(db: Session, offer: Offer) -> None:
    """The application first, as everything that decides about it does."""
    await stages.lock(db, await db.get_one(Application, offer.application_id))
    await db.refresh(offer, with_for_update=True)


async def _move(db: Session, offer: Offer, to: OfferState, *, by: UUID | None, at: datetime) -> None:
    before, offer.state, offer.decided_at = offer.state, to, at
    await db.flush()
    await audit.record(db, f"offer.{to}", subject=("job_offer", offer.id), by=by, at=at, before=before)
