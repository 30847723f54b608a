"""A fair on a wall: one sheet in both languages, with a QR that opens its page."""

from typing import Any
from zoneinfo import ZoneInfo

from marketplace.fairs import public_queries, queries
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.pages import page
from marketplace.web.qr import drawn_qr
from marketplace.web.visit import Visit


@get("/fairs/{slug}/poster", PUBLIC)
async def show_poster(visit: Visit, slug: str) -> Answer:
    """What hangs in the bus station: what, when, where, how many employers; printed by the browser."""
    reader = visit.user.id if visit.is_signed_in else None
    async with visit.read() as db:
        fair, organiser, _ = await queries.public_fair(db, slug, reader=reader)
        days = await queries.days_of(db, fair.id)
        employers = await public_queries.employer_count(db, fair.id)
    address = f"{visit.settings.base_url}/fairs/{fair.slug}"
    shown: dict[str, Any] = {"fair": fair, "organiser": organiser, "days": days, "employers": employers}
    shown |= {"address": address, "qr": drawn_qr(address, scale=6)}
    return page(visit, "fairs/poster.html", **shown, fair_zone=ZoneInfo(fair.time_zone))


routes = [show_poster]
