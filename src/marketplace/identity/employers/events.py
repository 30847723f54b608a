"""What checks of employers tell the floors above."""

from uuid import UUID

from marketplace.kernel.events import Event


class StandingChanged(Event, frozen=True):
    """What is known of an organisation changed: a level or badge came or ended."""

    organisation_id: UUID


class CheckDecided(Event, frozen=True):
    """Somebody has looked at a document. Published in the transaction that decides."""

    check_id: UUID
    organisation_id: UUID
    is_passed: bool
