"""News of skills."""

from uuid import UUID

from marketplace.kernel.events import Event


class EvidenceChanged(Event, frozen=True, kw_only=True):
    """What somebody can show for her skills changed. A subscriber @within tells the search in the same transaction."""

    user_id: UUID
