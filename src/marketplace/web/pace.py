"""How often somebody may search: typing is fine, a machine that asks all day is not.

Counted in this process's memory by minutes, since pages that only read write nothing; a second process counts for
itself. A park's people share one address: who is signed in is counted by account.
"""

from dataclasses import dataclass, field
from datetime import datetime

from marketplace.kernel.errors import TooMany
from marketplace.kernel.i18n import N_

BY_ACCOUNT, BY_ADDRESS = 150, 600
"""Searches a minute."""
_MOST_KEPT = 50_000


class TooManySearches(TooMany):
    message = N_("You search faster than a person types. Please wait a minute; what you searched is in the address.")


@dataclass(slots=True)
class Pace:
    """Counts of this minute."""

    minute: int = 0
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def count(self, who: str, most: int, *, at: datetime) -> None:
        """Count one search. Raises: TooManySearches beyond `most` in this minute."""
        minute = int(at.timestamp()) // 60
        if minute != self.minute or len(self.counts) > _MOST_KEPT:
            self.minute, self.counts = minute, {}
        self.counts[who] = self.counts.get(who, 0) + 1
        if self.counts[who] > most:
            raise TooManySearches(minutes=1)
