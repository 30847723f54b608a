"""Load districts and parks."""

from sqlalchemy.dialects.postgresql import insert

from marketplace.kernel.database import Session
from marketplace.places.gazetteer import read_places
from marketplace.places.models import District, Park


async def load_places(db: Session) -> int:
    """Bring districts and parks in line with search/places.toml and return how many places there are."""
    districts, parks = read_places()
    for district in districts:
        values = {"name_en": district.name_en, "name_ur": district.name_ur, "province": district.province}
        saved = insert(District).values(slug=district.slug, **values)
        await db.execute(saved.on_conflict_do_update(index_elements=[District.slug], set_=values))
    for park in parks:
        values = {"name_en": park.name_en, "name_ur": park.name_ur, "district": park.district}
        saved = insert(Park).values(slug=park.slug, **values)
        await db.execute(saved.on_conflict_do_update(index_elements=[Park.slug], set_=values))
    return len(districts) + len(parks)
