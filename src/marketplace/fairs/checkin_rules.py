"""Who is let through a gate or into a room, and why not; what a reading makes of her. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import Direction, Refusal
from marketplace.fairs.models import Fair, FairDay, FairRoom
from marketplace.fairs.rules import SEATED
from marketplace.kernel.i18n import N_

REFUSALS: dict[Refusal, str] = {
    "unknown": N_("Nobody has this ticket or code. Read it again, or type the code."),
    "other_fair": N_("This ticket is for another fair."),
    "no_seat": N_("She waits for a seat. Send her to the desk for a walk-in number."),
    "withdrawn": N_("Her seat was given back. Send her to the desk."),
    "already_in": N_("She is inside already. If it is really she, force it."),
    "not_in": N_("She was never read in here. If she leaves, force it."),
    "not_now": N_("The fair is not on now."),
    "women_only": N_("These hours are for women."),
    "full": N_("The room is full."),
    "closed": N_("This room or fair is closed."),
}
FORCIBLE: tuple[Refusal, ...] = (
    *("no_seat", "withdrawn", "already_in", "not_in"),
    *("not_now", "women_only", "full", "closed"),
)
"""What a supervisor overrules, and what a phone tells of that has happened. Nobody is let in unknown."""
EARLY = timedelta(hours=2)
"""How long before the opening, and after the closing, tickets are read."""
AT_ONCE = 200
"""Readings in one message of a phone."""
OFFLINE_GAPS = (
    N_("Whether she was read in at another gate meanwhile"),
    N_("Seats given back or taken after the list was made"),
    N_("Hours and days for women only"),
)
"""What a phone without a network can't know; it says so on its page."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{8,200}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a phone or a steward read: `scanned` is the ticket's address or secret, the code, or what was typed."""

    nonce: UUID
    scanned: str
    direction: Direction
    read_at: datetime
    companions: int = 0
    is_forced: bool = False
    was_offline: bool = False
    refused: Refusal | None = None
    """The phone turned her away by itself: kept as that, whatever we would have said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where it is read. `women_only` are the spans in which only women come in."""

    fair: Fair
    room: FairRoom
    days: Sequence[FairDay]
    women_only: Sequence[tuple[datetime, datetime]] = ()


def secret_of(scanned: str) -> str:
    """The ticket's secret in what was read: the last part of its address, or all of it."""
    last = scanned.strip().split("?", 1)[0].split("#", 1)[0].rstrip("/").rsplit("/", 1)[-1]
    return last if _SECRET.match(last) else ""


def ticket_hash(scanned: str) -> bytes:
    """What a ticket's secret is kept as."""
    return sha256(secret_of(scanned).encode()).digest()


def code_of(scanned: str) -> str:
    """What was read as a code that is typed, or at the end of a badge's address: capitals without blanks and dashes."""
    return re.sub(r"[\s-]", "", scanned.strip().rstrip("/").rsplit("/", 1)[-1]).upper()[:20]


def refusal(door: Door, candidate: FairCandidate, reading: Reading, *, is_in: bool) -> Refusal | None:
    """Why she is not let through, None when she is. `is_in`: inside this room, or for a gate inside the fair."""
    if door.fair.state in ("closed", "cancelled") or door.room.closed_at is not None:
        return "closed"
    if reading.direction == "out":
        return None if is_in else "not_in"
    if candidate.state in ("withdrawn", "removed"):
        return "withdrawn"
    if candidate.state not in SEATED:
        return "no_seat"
    if door.fair.state != "live" or not _is_on(door.days, reading.read_at):
        return "not_now"
    women = any(begin <= reading.read_at < end for begin, end in door.women_only)
    if women and candidate.is_woman is not True:
        return "women_only"
    return "already_in" if is_in else None


def _is_on(days: Sequence[FairDay], at: datetime) -> bool:
    return any(day.opens_at - EARLY <= at <= day.closes_at + EARLY for day in days)
