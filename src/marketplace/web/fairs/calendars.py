"""A fair for calendars (RFC 5545) and for search engines (https://schema.org/Event)."""

from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar, Event
from markupsafe import Markup

from marketplace.fairs import queries
from marketplace.fairs.models import Fair, FairDay
from marketplace.fairs.telling import title
from marketplace.kernel import ids
from marketplace.web import json_ld
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.fairs.join import fair_of
from marketplace.web.pages import download
from marketplace.web.visit import Visit

_MODES = {"venue": "Offline", "online": "Online", "both": "Mixed"}


@get("/fairs/{slug}/calendar", PUBLIC)
async def send_calendar(visit: Visit, slug: str) -> Answer:
    """One entry for each day; again after a change, it moves or removes them."""
    async with visit.read() as db:
        fair = await fair_of(visit, db, slug)
        days = await queries.days_of(db, fair.id)
    made: Any = Calendar()
    for name, value in (("prodid", "-//Marketplace//Fairs//EN"), ("version", "2.0"), ("calscale", "GREGORIAN")):
        made.add(name, value)
    made.add("method", "CANCEL" if fair.state == "cancelled" else "PUBLISH")
    for number, day in enumerate(days, start=1):
        made.add_component(_entry(fair, day, number, base_url=visit.settings.base_url, locale=visit.locale))
    return download(made.to_ical(), name="fair.ics", media_type="text/calendar; charset=utf-8")


def _entry(fair: Fair, day: FairDay, number: int, *, base_url: str, locale: str) -> Any:
    entry: Any = Event()
    link = f"{base_url}/fairs/{fair.slug}"
    said: dict[str, Any] = {
        "uid": f"fair-{ids.short(fair.id)}-{number}@{urlsplit(base_url).hostname}",
        "sequence": fair.dates_version,
        "dtstamp": fair.updated_at,
        "dtstart": day.opens_at,
        "dtend": day.closes_at,
        "summary": title(fair, locale),
        "location": fair.venue,
        "url": link,
        "description": link,
        "status": "CANCELLED" if fair.state == "cancelled" else "CONFIRMED",
    }
    for name, value in said.items():
        entry.add(name, value)
    return entry


def event_ld(fair: Fair, organiser: str, *, base_url: str, locale: str) -> Markup:
    """The element for the head of its page."""
    if fair.starts_at is None or fair.ends_at is None or fair.state == "draft":
        return Markup("")
    link = f"{base_url}/fairs/{fair.slug}"
    where: list[dict[str, Any]] = []
    if fair.place != "online":
        where.append({"@type": "Place", "name": fair.venue, "address": fair.venue})
    if fair.place != "venue":
        where.append({"@type": "VirtualLocation", "url": link})
    said: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Event",
        "name": title(fair, locale),
        "startDate": fair.starts_at.isoformat(),
        "endDate": fair.ends_at.isoformat(),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if fair.state == 'cancelled' else 'Scheduled'}",
        "eventAttendanceMode": f"https://schema.org/{_MODES[fair.place]}EventAttendanceMode",
        "location": where if len(where) > 1 else where[0],
        "organizer": {"@type": "Organization", "name": organiser},
        "maximumAttendeeCapacity": fair.capacity,
        "isAccessibleForFree": True,
        "url": link,
    }
    return json_ld.element(said)


routes = [send_calendar]
