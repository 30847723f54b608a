"""Which fair of the demo world tells its line today, and when the next one of it is made."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from marketplace.fairs.models import Fair
from marketplace.identity.models import UserSession
from marketplace.kernel.database import AnySession

ZONE = ZoneInfo("Asia/Karachi")
LONG = 380
"""Minutes of a fair that is on today."""
_STARTED, _LAST = 190, 24 * 60 - 400
_DAILY, _LEFT = timedelta(hours=16), timedelta(minutes=30)
_FINAL = ("closed", "cancelled")
_ON_THE_WAY = {
    "draft": (),
    "open": (),
    "matching": ("open",),
    "published": ("open", "matching"),
    "live": ("open", "matching", "published"),
    "closed": ("open", "matching", "published", "live"),
    "cancelled": ("draft", "open"),
}


def fits(fair: Fair, target: str, now: datetime) -> bool:
    """Whether it tells that state, or is being led there: before its day, on its day, or afterwards."""
    if fair.state != target and fair.state not in _ON_THE_WAY[target]:
        return False
    if target in _FINAL:
        return True
    assert fair.starts_at and fair.ends_at
    return now < (fair.ends_at if target == "live" else fair.starts_at)


def has_come(fair: Fair, now: datetime) -> bool:
    """Whether the day of one that tells its line no more is here, or over."""
    return fair.state not in _FINAL and fair.starts_at is not None and fair.starts_at <= now


def end_of(fair: Fair) -> str:
    """What becomes of it on its day: it is held, where anybody comes."""
    return "closed" if fair.seats_taken and fair.state != "draft" else "cancelled"


async def is_wanted(db: AnySession, line: dict[str, Any], before: Sequence[Fair], now: datetime) -> bool:
    """Whether the next of a line is made. A fair for today, with its thousand people: once a day, and more often only
    while somebody signed in is here to see it.
    """
    if not before or line["day"] != 0:
        return True
    last = before[0]
    assert last.starts_at and last.ends_at
    closes = opening_minute(now) + LONG
    if closes - _minute_of_day(now) < _LEFT.total_seconds() / 60:
        return False
    seen = select(UserSession.id).where(UserSession.seen_at > last.ends_at).limit(1)
    return now - last.starts_at > _DAILY or await db.scalar(seen) is not None


def opening_minute(now: datetime) -> int:
    """When the fair that is on now began, in minutes of its day: three hours ago, or as near as one day allows."""
    return min(max((_minute_of_day(now) - _STARTED) // 10 * 10, 0), _LAST)


def _minute_of_day(now: datetime) -> int:
    here = now.astimezone(ZONE)
    return here.hour * 60 + here.minute
