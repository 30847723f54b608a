"""An open hall's queues: their states, how many a candidate may stand in, how long she waits; pure."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from uuid import UUID

from marketplace.fairs.day_models import QueueState
from marketplace.kernel import ids

QUEUE_MOVES: dict[QueueState, tuple[QueueState, ...]] = {
    "waiting": ("called", "left"),
    "called": ("served", "missed", "waiting", "left"),
    "served": (),
    "left": (),
    "missed": (),
}
"""Called and passed over she waits again, at the end; whoever left or missed may queue again."""
MOST_QUEUES = 3
"""In how many queues a candidate stands at once: a place held everywhere is a place nobody can plan with."""
_CODE = 6
_USUAL, _SHORTEST, _LONGEST = 2, 2.0, 60.0


def booth_code(booth_id: UUID) -> str:
    """What is typed to find a booth when its QR can't be read: the last letters of its id."""
    return ids.short(booth_id)[-_CODE:].upper()


def minutes_each(slot_minutes: int, durations: Sequence[timedelta]) -> float:
    """How long one talk takes at a booth.

    The mean of its last talks, each cut to 2..60 minutes, with the fair's slot counted in as two further talks, so that
    the first short talk does not promise everybody a short wait: (2 · slot + Σ durations) / (2 + n).
    """
    said = [min(max(each.total_seconds() / 60, _SHORTEST), _LONGEST) for each in durations]
    return (_USUAL * slot_minutes + sum(said)) / (_USUAL + len(said))


def wait_minutes(ahead: int, *, tables: int, busy: int, each: float) -> int | None:
    """Minutes until she is called; None where no table is open.

    With `free` = tables - busy, nobody waits while ahead < free. Else ahead - free + 1 talks must end before it is her
    turn, and with all tables busy one ends every each / tables minutes: ⌈(ahead - free + 1) · each / tables⌉.
    """
    if tables < 1:
        return None
    free = max(0, tables - busy)
    return 0 if ahead < free else ceil((ahead - free + 1) * each / tables)


def seat_slot(free: Sequence[int], position: int) -> int | None:
    """Which slot has a seat for who stands at `position` (from 1) of the standby list; None: none as things are.

    `free` are the seats nobody holds in each slot to come: the first slot in which they add up to her position.
    """
    total = 0
    for number, seats in enumerate(free):
        total += seats
        if total >= position:
            return number
    return None
