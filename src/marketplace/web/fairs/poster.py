"""A fair on a wall: one sheet in both languages, with a QR that opens its page."""

from typing import Any
from zoneinfo import ZoneInfo

import segno
from markupsafe import Markup

from marketplace.fairs import public_queries, queries
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.pages import page
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
    drawn = segno.make(address, micro=False).svg_inline(scale=6, border=4, dark="#000", light="#fff")
    qr = Markup(drawn)  # noqa: S704 - drawn by us
    shown: dict[str, Any] = {
        "fair": fair,
        "organiser": organiser,
        "days": days,
        "employers": employers,
        "address": address,
        "qr": qr,
    }
    return page(visit, "fairs/poster.html", **shown, fair_zone=ZoneInfo(fair.time_zone))


routes = [show_poster]
