"""News of postings, for the floors above (proposals are theirs)."""

from datetime import datetime
from uuid import UUID

from marketplace.kernel.events import Event


class PostingChanged(Event, frozen=True):
    """What an open posting says was changed; people who proposed should know."""

    posting_id: UUID
    at: datetime


class ProposalsEnded(Event, frozen=True):
    """The deadline for proposals is over; the employer owes answers until the answer-by date."""

    posting_id: UUID
    at: datetime


class PostingEndedByEmployer(Event, frozen=True):
    """The employer closed it; whoever still waits is told."""

    posting_id: UUID
    by: UUID
    at: datetime


class PostingFilled(Event, frozen=True):
    """Somebody was found; whoever still waits is told."""

    posting_id: UUID
    by: UUID
    at: datetime


class PostingExpired(Event, frozen=True):
    """The answer-by date is over, or the deadline is and nobody waits."""

    posting_id: UUID
    at: datetime
