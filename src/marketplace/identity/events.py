"""News of identity."""

from uuid import UUID

from marketplace.kernel.events import Event


class AccountClosing(Event, frozen=True, kw_only=True):
    """A user is about to close her account. A subscriber @within refuses by raising (money held, work under way)."""

    user_id: UUID
