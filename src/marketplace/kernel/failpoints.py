"""Places where a test kills the process, to prove that nothing is lost or doubled.

`MARKETPLACE_FAILPOINT=payments.record.before` kills at the first hit of that name, `…:3` at the third.
Only where MARKETPLACE_ENV is "test"; everywhere else `hit` returns at once.
"""

import os
import signal


class _Armed:
    """The one failpoint that kills, and how many hits it still lets pass."""

    name: str = ""
    left: int = 0


def arm(text: str) -> None:
    """Arm `name` or `name:n`; an empty text disarms."""
    name, _, count = text.partition(":")
    _Armed.name, _Armed.left = name, int(count or 1)


def hit(name: str) -> None:
    """Die here without any clean-up (SIGKILL) when this failpoint is armed and its count is reached."""
    if name != _Armed.name:
        return
    _Armed.left -= 1
    if _Armed.left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


if os.environ.get("MARKETPLACE_ENV") == "test":
    arm(os.environ.get("MARKETPLACE_FAILPOINT", ""))
