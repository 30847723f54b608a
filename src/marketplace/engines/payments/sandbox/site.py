"""What all routes of the sandbox share."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from marketplace.engines.payments.sandbox.books import Books
from marketplace.engines.payments.sandbox.desk import Desk
from marketplace.engines.payments.sandbox.faults import Faults
from marketplace.kernel import clock


def _nothing() -> None:
    return None


@dataclass(slots=True)
class Site:
    """The books, the public address, the faults to come, and the calls under way by account and key."""

    books: Books
    address: str
    faults: Faults
    on_change: Callable[[], None] = _nothing
    in_flight: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    recent: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])

    def is_too_fast(self, operation: str, per_second: int) -> bool:
        """Whether this call is one too many within a second of real time; else it is counted."""
        now, calls = time.monotonic(), self.recent.setdefault(operation, deque())
        while calls and calls[0] <= now - 1:
            calls.popleft()
        if len(calls) >= per_second:
            return True
        calls.append(now)
        return False

    def now(self) -> int:
        return int(clock.now().timestamp())

    def desk(self, account: str = "") -> Desk:
        return Desk(self.books, now=self.now(), address=self.address, account=account)

    def changed(self) -> None:
        """Something was written: webhooks may wait."""
        self.on_change()
