"""Reads of offers: the candidate's and the employer's, nobody else's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.identity.models import Organisation
from marketplace.jobs.models import Application, Offer
from marketplace.jobs.sides import About, about
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOffer:
    """An offer that waits for her answer."""

    id: UUID
    title: str
    organisation: str
    answer_by: datetime


async def offer_for(db: AnySession, offer_id: UUID, *, reader: UUID) -> tuple[Offer, About]:
    """An offer with what it is about. Raises: NotFound for everybody but its two sides."""
    offer = (await db.execute(select(Offer).where(Offer.id == offer_id))).scalar_one_or_none()
    if offer is None:
        raise NotFound
    return offer, await about(db, offer.application_id, reader=reader)


async def offers_of(db: AnySession, application_id: UUID, *, limit: int = 20) -> list[Offer]:
    """The offers of an application, the newest first; ask `sides.about` before whether the reader may."""
    rows = select(Offer).where(Offer.application_id == application_id).order_by(Offer.id.desc())
    return list((await db.execute(rows.limit(limit))).scalars())


async def waiting_for(db: AnySession, user_id: UUID, *, at: datetime, limit: int = 10) -> list[WaitingOffer]:
    """Offers to this person that wait for an answer, the most urgent first."""
    found = (
        select(Offer.id, Posting.title, Organisation.name.label("organisation"), Offer.answer_by)
        .join(Application, Application.id == Offer.application_id)
        .join(Posting, Posting.id == Application.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .where(Freelancer.user_id == user_id, Offer.state == "sent", Offer.answer_by > at)
        .order_by(Offer.answer_by, Offer.id)
        .limit(limit)
    )
    return [WaitingOffer(**row) for row in (await db.execute(found)).mappings()]
