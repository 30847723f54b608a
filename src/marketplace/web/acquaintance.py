"""Whether a reader hires for somebody who has shortlisted or hired this freelancer: then she sees the whole profile."""

from uuid import UUID

from marketplace.contracts.history import has_contract_with
from marketplace.gigs import queries as gigs
from marketplace.jobs import queries as jobs
from marketplace.kernel.database import AnySession


async def is_acquainted(db: AnySession, handle: str, *, reader: UUID | None) -> bool:
    """By a proposal, by an application, or by an order that was paid in."""
    if await gigs.is_acquainted(db, handle, reader=reader):
        return True
    if await jobs.is_acquainted(db, handle, reader=reader):
        return True
    return await has_contract_with(db, handle, reader=reader)
