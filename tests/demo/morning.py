"""Half of a day cannot be over at midnight: tests of the fairs that are on say which hour it is."""

from datetime import timedelta

from marketplace.kernel import clock

HOUR = 6
"""UTC: eleven o'clock in Karachi."""


def until_morning() -> timedelta:
    """Whole hours until the next such hour has begun; zero within it."""
    return timedelta(hours=(HOUR - clock.now().hour) % 24)
