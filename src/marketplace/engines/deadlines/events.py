"""What deadlines tell the floors above."""

from datetime import datetime
from uuid import UUID

from marketplace.kernel.events import Event


class DeadlinePassed(Event, frozen=True):
    """A deadline has passed. Published once per start, in the transaction that marks it done."""

    kind: str
    subject_kind: str
    subject_id: UUID
    due_at: datetime
