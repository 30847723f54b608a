"""Whether a reader hires for somebody who has shortlisted this freelancer: then she sees the whole profile."""

from uuid import UUID

from marketplace.gigs import queries as gigs
from marketplace.jobs import queries as jobs
from marketplace.kernel.database import AnySession


async def is_acquainted(db: AnySession, handle: str, *, reader: UUID | None) -> bool:
    """By a proposal or by an application."""
    if await gigs.is_acquainted(db, handle, reader=reader):
        return True
    return await jobs.is_acquainted(db, handle, reader=reader)
