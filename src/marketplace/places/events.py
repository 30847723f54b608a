"""What places tell the floors above."""

from uuid import UUID

from marketplace.kernel.events import Event


class OutageBegan(Event, frozen=True):
    """A place can't work: whoever works there loses no time."""

    outage_id: UUID


class OutageEnded(Event, frozen=True):
    """It can work again."""

    outage_id: UUID
