"""Places for forms and pages."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.kernel.database import AnySession
from marketplace.places.gazetteer import read_places
from marketplace.places.models import District, Park


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A district as pages need it."""

    slug: str
    name_en: str
    name_ur: str

    def name(self, locale: str) -> str:
        """Its name in the reader's language."""
        return self.name_ur if locale == "ur" else self.name_en


@dataclass(frozen=True, slots=True)
class ParkName(PlaceName):
    """A park with its id and district."""

    id: UUID
    district: str


async def districts(db: AnySession) -> list[PlaceName]:
    """All districts, those of South Punjab first."""
    order = {entry.slug: rank for rank, entry in enumerate(read_places()[0])}
    rows = await db.execute(select(District.slug, District.name_en, District.name_ur))
    return sorted((PlaceName(*row) for row in rows), key=lambda place: (order.get(place.slug, len(order)), place.slug))


async def parks(db: AnySession) -> list[ParkName]:
    """All parks and e-Rozgaar centres, Dhanote IT Park first."""
    order = {entry.slug: rank for rank, entry in enumerate(read_places()[1])}
    rows = await db.execute(select(Park.slug, Park.name_en, Park.name_ur, Park.id, Park.district))
    return sorted((ParkName(*row) for row in rows), key=lambda park: (order.get(park.slug, len(order)), park.slug))
