"""News of applications, for what hangs on them."""

from datetime import datetime
from uuid import UUID

from marketplace.kernel.events import Event


class ApplicationDecided(Event, frozen=True):
    """It was hired, rejected or withdrawn: its interviews and offers have no purpose any more."""

    application_id: UUID
    state: str
    at: datetime
