"""What identity does by itself: forgetting what is over."""

from marketplace.identity import challenges, limits, sessions, submissions, tokens
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import task


@task("identity.sweep")
async def sweep(db: Session) -> None:
    """Nightly: sessions, tokens, counts and sent forms that nobody needs any more."""
    at = clock.now()
    await sessions.forget_over(db, at=at)
    await tokens.forget_old(db, at=at)
    await limits.forget_old(db, at=at)
    await submissions.forget_old(db, at=at)
    await challenges.forget_old(db, at=at)
