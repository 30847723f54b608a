"""What must be in order before something is published: higher floors register it here, `actions.publish` asks."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from marketplace.kernel.database import Session
from marketplace.postings.models import Posting

Gate = Callable[[Session, Posting, datetime], Awaitable[None]]
"""Raises: a DomainError that says what to do first, and where."""

_gates: dict[str, Gate] = {}


def register(gate: Gate) -> Gate:
    """Ask `gate(db, posting, at)` before each publication; usable as a decorator, twice is once."""
    _gates[f"{gate.__module__}.{gate.__qualname__}"] = gate
    return gate


async def pass_all(db: Session, posting: Posting, at: datetime) -> None:
    """Raises: what the first gate that stays shut raises."""
    for gate in _gates.values():
        await gate(db, posting, at)
