"""Time that passes at once, in the demo: what runs at an hour of the day or week runs when the hour is skipped."""

from datetime import datetime, timedelta

from marketplace.kernel.queue.tasks import schedules


def passed(since: datetime, until: datetime) -> list[str]:
    """Scheduled tasks whose hour lies after `since` and not after `until`, both in UTC; each once however long it was.

    What runs every hour or oftener is left out: it comes by itself.
    """
    return [name for name, cron in schedules().items() if (last := _last(cron, until)) is not None and last > since]


def _last(cron: str, until: datetime) -> datetime | None:
    """When it was last due. Of the five fields ours use minute, hour and day of the week (0 and 7 are Sunday)."""
    minute, hour, *_, weekday = cron.split()
    if not hour.isdecimal():
        return None
    at = until.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    while at > until or (weekday != "*" and at.isoweekday() % 7 != int(weekday) % 7):
        at -= timedelta(days=1)
    return at
