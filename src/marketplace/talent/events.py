"""What profiles tell the floors above."""

from uuid import UUID

from marketplace.kernel.events import Event


class ProfileChanged(Event, frozen=True):
    """What others see of a freelancer may have changed."""

    freelancer_id: UUID
