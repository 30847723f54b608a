"""Reads of offers: the candidate's and the employer's, nobody else's."""

from uuid import UUID

from sqlalchemy import select

from marketplace.jobs.models import Offer
from marketplace.jobs.sides import About, about
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound


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
