"""News of the search."""

from uuid import UUID

from marketplace.kernel.events import Event


class DocumentsWritten(Event, frozen=True, kw_only=True):
    """Documents of an index that were made or changed can be found now. At least once for each change."""

    index: str
    ids: list[UUID]
