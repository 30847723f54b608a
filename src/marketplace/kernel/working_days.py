"""Days on which people work: what was promised "within two working days" is due at the end of the second one.

Public holidays are not known. The weekend is the operator's (MARKETPLACE_WEEKEND), the days are those of Pakistan.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Karachi")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_weekend = frozenset({"sat", "sun"})


def use_weekend(names: str) -> None:
    """The days off, as "sat,sun". Raises: ValueError for anything that leaves no day to work on."""
    global _weekend
    found = frozenset(name.strip().lower() for name in names.split(",") if name.strip())
    if not found <= frozenset(DAYS) or len(found) == len(DAYS):
        raise ValueError(f"MARKETPLACE_WEEKEND is {names!r}: days as sat,sun")
    _weekend = found


def end_of(at: datetime, days: int) -> datetime:
    """The end of the last of so many working days after the day of `at`."""
    day = at.astimezone(ZONE).date()
    while days:
        day += timedelta(days=1)
        days -= DAYS[day.weekday()] not in _weekend
    return datetime.combine(day, time(23, 59, 59), ZONE)
