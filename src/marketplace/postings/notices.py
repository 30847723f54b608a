"""What those who hire are told about their posting."""

from datetime import datetime

from marketplace.kernel.database import Session
from marketplace.messages.actions import notify
from marketplace.postings.models import Posting
from marketplace.postings.queries import hiring_members
from marketplace.postings.rules import GIGS


async def closes_soon(db: Session, posting: Posting, *, at: datetime) -> None:
    """Its last day is near: once, while it is open or paused and the day has not moved away again."""
    if posting.state not in ("open", "paused") or posting.closes_at is None or posting.closes_at <= at:
        return
    values = {"posting": posting.title, "closes_at": posting.closes_at, "answer_by": posting.answer_by}
    for user_id in await hiring_members(db, posting.organisation_id):
        await notify(db, user_id, "posting_closes_soon", values, link=path_of(posting), at=at)


def path_of(posting: Posting) -> str:
    """The page of a posting."""
    return f"/{'gigs' if posting.kind in GIGS else 'jobs'}/{posting.slug}"
