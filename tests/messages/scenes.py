"""Messages that tests write."""

from datetime import datetime
from typing import Any

from marketplace.gigs.models import Proposal
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.messages import threads
from marketplace.messages.thread_models import ThreadMessage
from tests.cast import Cast
from tests.gigs.writing import proposed
from tests.postings.writing import opened


async def proposal_of(db: Session, cast: Cast) -> Proposal:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    return await proposed(db, gig, cast.ayesha_profile, at)


async def written(
    db: Session, kind: str, subject: Any, by: User, text: str, *, at: datetime | None = None
) -> ThreadMessage:
    """A message about a proposal or contract."""
    at = at or clock.now()
    thread = await threads.thread_about(db, kind, subject.id, by.id, at=at)
    return await threads.write(db, thread, text, by=by.id, at=at)
