"""An interview as a calendar file (RFC 5545; methods by RFC 5546). Times are UTC, so no zone has to be explained."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vCalAddress, vText

from marketplace.jobs.models import Interview
from marketplace.jobs.sides import About
from marketplace.kernel import ids
from marketplace.kernel.errors import NotFound


def calendar(interview: Interview, said: About, *, base_url: str, organizer: str) -> bytes:
    """The file: PUBLISH for an agreed time, CANCEL once it is called off; the UID stays, SEQUENCE counts up.

    `organizer` is an e-mail address. Raises: NotFound while no time was agreed.
    """
    if interview.starts_at is None or interview.state not in ("agreed", "cancelled"):
        raise NotFound
    is_on = interview.state == "agreed"
    made: Any = Calendar()
    made.add("prodid", "-//Marketplace//Interviews//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH" if is_on else "CANCEL")
    made.add_component(_event(interview, said, base_url=base_url, organizer=organizer))
    return made.to_ical()


def _event(interview: Interview, said: About, *, base_url: str, organizer: str) -> Any:
    assert interview.starts_at is not None
    event: Any = Event()
    link = f"{base_url}/interviews/{ids.short(interview.id)}"
    who = vCalAddress(f"mailto:{organizer}")
    who.params["cn"] = vText(said.organisation)
    event.add("uid", f"interview-{ids.short(interview.id)}@{urlsplit(base_url).hostname}")
    event.add("sequence", interview.sequence)
    event.add("dtstamp", interview.updated_at)
    event.add("dtstart", interview.starts_at)
    event.add("dtend", interview.starts_at + timedelta(minutes=interview.minutes))
    event.add("summary", f"{said.title} ({said.organisation})")
    event.add("location", interview.place)
    event.add("description", link)
    event.add("url", link)
    event.add("organizer", who)
    event.add("status", "CONFIRMED" if interview.state == "agreed" else "CANCELLED")
    return event
