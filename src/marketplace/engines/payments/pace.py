"""How fast commands go out: Stripe takes 25 calls a second on each endpoint, and answers 429 beyond."""

import asyncio
import time

PER_SECOND = 20  # docs.stripe.com/rate-limits, with what other processes may add
BURST = 5
"""20 a second and 5 at once are never more than 25 within a second."""


class Pace:
    """One bucket for each operation, in this process; what other processes add is met by 429 and the next try."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}

    def delay(self, operation: str, now: float) -> float:
        """Take a place in the queue and say how many seconds it is away."""
        full_at = max(self._full_at.get(operation, now), now) + 1 / PER_SECOND
        self._full_at[operation] = full_at
        return max(0.0, full_at - now - BURST / PER_SECOND)

    async def wait(self, operation: str) -> None:
        """Until its turn has come."""
        if seconds := self.delay(operation, time.monotonic()):
            await asyncio.sleep(seconds)
