"""Fairs for everybody: what comes, what was, and one fair's page."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.fairs import queries, registering, rules
from marketplace.web import paging
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.fairs.calendars import event_ld
from marketplace.web.fairs.organise_forms import MODES, PLACES
from marketplace.web.pages import page
from marketplace.web.visit import Visit


@get("/fairs", PUBLIC)
async def list_fairs(visit: Visit) -> Answer:
    """Fairs to come, or those that are over."""
    words = visit.query.get("q", "").strip()[:100]
    past = visit.query.get("show", "") == "past"
    after = paging.decode(visit, datetime, UUID)
    async with visit.read() as db:
        rows = await queries.listed(db, words=words, past=past, at=visit.now, after=after, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: (row.starts_at, row.id))
    shown: dict[str, Any] = {"found": found, "words": words, "past": past, "states": rules.FAIR_STATES}
    return page(visit, "fairs/list.html", fragment="results", **shown)


@get("/fairs/{slug}", PUBLIC)
async def show_fair(visit: Visit, slug: str) -> Answer:
    """One fair: when, where, who comes, how to take part."""
    reader = visit.user.id if visit.is_signed_in else None
    async with visit.read() as db:
        fair, organiser, is_mine = await queries.public_fair(db, slug, reader=reader)
        days = await queries.days_of(db, fair.id)
        rooms = await queries.shown_rooms(db, fair.id)
        booths = await queries.shown_booths(db, fair.id)
    context: dict[str, Any] = {"fair": fair, "organiser": organiser, "is_mine": is_mine, "days": days, "rooms": rooms}
    context["event_ld"] = event_ld(fair, organiser, base_url=visit.settings.base_url, locale=visit.locale)
    context["can_join"] = registering.is_open(fair, visit.now)
    context["fair_zone"] = ZoneInfo(fair.time_zone)
    words: dict[str, Any] = {"states": rules.FAIR_STATES, "places": PLACES, "modes": MODES}
    return page(visit, "fairs/show.html", booths=booths, **context, **words)


routes = [list_fairs, show_fair]
