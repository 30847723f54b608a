"""Outages of a park or a district: reported and ended by staff."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_
from marketplace.places.events import OutageBegan, OutageEnded
from marketplace.places.models import District, Outage, Park

LONGEST_CAUSE = 200


class OutageOver(Conflict):
    message = N_("This outage has ended already.")


@dataclass(frozen=True, slots=True)
class OutageLine:
    """One outage; the place by its names in both languages."""

    id: UUID
    name_en: str
    name_ur: str
    cause: str
    began_at: datetime
    ended_at: datetime | None

    def name(self, locale: str) -> str:
        """The place in the reader's language."""
        return self.name_ur if locale == "ur" else self.name_en


async def report(db: Session, *, place: str, cause: str, by: UUID, at: datetime) -> Outage:
    """A place (the slug of a district or park) can't work from now on. Raises: Invalid."""
    if not cause.strip():
        raise Invalid.at("cause", N_("Say what has happened: a power cut, a cut cable, a flood."))
    if len(cause) > LONGEST_CAUSE:
        raise Invalid.at("cause", N_("Keep it under 200 letters."))
    park_id = await db.scalar(select(Park.id).where(Park.slug == place))
    district = None if park_id else await db.scalar(select(District.slug).where(District.slug == place))
    if park_id is None and district is None:
        raise Invalid.at("place", N_("Choose a place of the list."))
    outage = Outage(park_id=park_id, district=district, cause=cause.strip(), began_at=at, reported_by=by)
    db.add(outage)
    await db.flush()
    await audit.record(db, "outage.began", subject=("outage", outage.id), by=by, at=at, why=cause.strip(), place=place)
    await publish(db, OutageBegan(outage_id=outage.id))
    return outage


async def end(db: Session, outage_id: UUID, *, by: UUID, at: datetime) -> None:
    """It can work again. Raises: NotFound, OutageOver."""
    outage = await db.get(Outage, outage_id, with_for_update=True, populate_existing=True)
    if outage is None:
        raise NotFound
    if outage.ended_at is not None:
        raise OutageOver
    outage.ended_at = at
    await db.flush()
    await audit.record(db, "outage.ended", subject=("outage", outage.id), by=by, at=at)
    await publish(db, OutageEnded(outage_id=outage.id))


async def listed(db: AnySession, *, limit: int = 50) -> list[OutageLine]:
    """The newest first, those that last before all."""
    query = (
        select(Outage.id, Park.name_en, Park.name_ur, District.name_en, District.name_ur)
        .add_columns(Outage.cause, Outage.began_at, Outage.ended_at)
        .outerjoin(Park, Park.id == Outage.park_id)
        .outerjoin(District, District.slug == Outage.district)
        .order_by(Outage.ended_at.is_not(None), Outage.id.desc())
        .limit(limit)
    )
    rows = (await db.execute(query)).all()
    return [OutageLine(row[0], row[1] or row[3], row[2] or row[4], *row[5:]) for row in rows]
