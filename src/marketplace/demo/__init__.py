"""The demo world: invented people and organisations of the region, made by the actions themselves.

`fill` is called once behind a running site (worker and sandbox at work) and may be called again after a crash: what is
there already stays. `bring_to_today` is called now and then afterwards: fairs have a day, and it passes. Every person
has the password PASSWORD; the cast has a button each on the sign-in page.
"""

from collections.abc import Callable

from marketplace.demo import (
    books,
    contracts,
    fairs,
    finding,
    jobs,
    people,
    postings,
    proposals,
    rails,
    receipts,
    talent,
    training,
    trust,
)
from marketplace.demo.people import CAST, PASSWORD
from marketplace.kernel.queue import Services

__all__ = ["CAST", "PASSWORD", "bring_to_today", "fill"]

Report = Callable[[str, int, int], None]
"""Told (what, done, of how many) as the world fills."""


async def fill(services: Services, report: Report) -> None:
    """Make what is missing of the demo world. Raises: TimeoutError when worker or sandbox do not answer."""
    everybody = await people.fill(services, report)
    await finding.keep_searches(services, everybody)
    gigs = await postings.fill(services, everybody, report)
    await finding.invite(services, everybody, gigs)
    await proposals.fill(services, everybody, gigs, report)
    await contracts.fill(services, everybody, report)
    await jobs.fill(services, everybody, report)
    await talent.fill(services, everybody, report)
    await rails.fill(services, everybody, report)
    await receipts.fill(services, everybody)
    await training.fill(services, everybody, report)
    await trust.fill(services, everybody, report)
    await fairs.fill(services, everybody, report)
    await books.fill(services)


async def bring_to_today(services: Services, report: Report) -> None:
    """A fair in each state again, one on now; nothing where the world was never filled. Raises: TimeoutError."""
    if (everybody := await people.known(services)) is not None:
        await fairs.fill(services, everybody, report)
