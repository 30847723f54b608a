"""Refuse what is tried too often. Counts stand in the database, so that all processes share them; of searches not."""

from marketplace.identity import limits
from marketplace.kernel.errors import TooMany
from marketplace.web.pace import BY_ACCOUNT, BY_ADDRESS
from marketplace.web.visit import Visit


async def limit(visit: Visit, rule: str, most: int, *, minutes: int, who: str = "") -> None:
    """Count one try and refuse it beyond `most` per `minutes`; `who` is whom it is about (an address, a user's id).

    Commits by itself before the work, since a refused try counts too. Raises: TooMany.
    """
    async with visit.write() as db:
        counted = limits.Rule(rule, most, minutes)
        wait = await limits.count(db, counted, who=who.lower(), ip=visit.ip, at=visit.now)
    if wait is not None:
        raise TooMany(minutes=wait)


def keep_pace(visit: Visit) -> None:
    """Count one search of this visitor. Raises: pace.TooManySearches."""
    if visit.person:
        visit.site.pace.count(str(visit.person.id), BY_ACCOUNT, at=visit.now)
    else:
        visit.site.pace.count(visit.ip, BY_ADDRESS, at=visit.now)
