"""Escrow without the floors above it."""

from collections.abc import Iterator
from contextlib import contextmanager

from marketplace.escrow import events
from marketplace.kernel import events as kernel_events
from marketplace.kernel.database import Session
from marketplace.kernel.events import Event

KINDS = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)]


@contextmanager
def alone() -> Iterator[list[object]]:
    """Every event of escrow that is published meanwhile, in order. The floors above hear nothing."""
    noted: list[object] = []
    within = {kind: kernel_events._within[kind] for kind in KINDS}
    after = {kind: kernel_events._after[kind] for kind in KINDS}

    async def note(_db: Session, event: Event) -> None:
        noted.append(event)

    for kind in KINDS:
        kernel_events._within[kind], kernel_events._after[kind] = [note], []
    try:
        yield noted
    finally:
        kernel_events._within.update(within)
        kernel_events._after.update(after)
