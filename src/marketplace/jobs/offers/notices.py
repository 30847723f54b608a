"""What both sides are told about an offer; never a name of a person, nor the offer's text."""

from datetime import datetime
from uuid import UUID

from marketplace.jobs.models import Offer, Side
from marketplace.jobs.sides import About, about, about_for_all, people_of
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.messages.actions import notify


async def sent(db: Session, offer: Offer, *, by: UUID, at: datetime) -> None:
    """To her: answer by then."""
    said = await about(db, offer.application_id, reader=by)
    await _tell(db, offer, said, "offer_sent", to="candidate", at=at, answer_by=offer.answer_by)


async def answered(db: Session, offer: Offer, *, by: UUID, at: datetime) -> None:
    """To those who hire: accepted, or declined and why."""
    said = await about(db, offer.application_id, reader=by)
    if offer.state == "accepted":
        await _tell(db, offer, said, "offer_accepted", to="employer", at=at)
    else:
        await _tell(db, offer, said, "offer_declined", to="employer", at=at, reason=offer.decline_reason)


async def withdrawn(db: Session, offer: Offer, *, by: UUID, at: datetime) -> None:
    """To her."""
    said = await about(db, offer.application_id, reader=by)
    await _tell(db, offer, said, "offer_withdrawn", to="candidate", at=at)


async def expired(db: Session, offer: Offer, *, at: datetime) -> None:
    """To both."""
    said = await about_for_all(db, offer.application_id)
    for side in ("candidate", "employer"):
        await _tell(db, offer, said, "offer_expired", to=side, at=at)


async def _tell(
    db: Session, offer: Offer, said: About, message: str, *, to: Side, at: datetime, **more: object
) -> None:
    values = {"job": said.title, "organisation": said.organisation, **more}
    for user_id in await people_of(db, said, to):
        await notify(db, user_id, message, values, link=f"/offers/{ids.short(offer.id)}", at=at)
