"""What those who hire are told about their posting."""

from datetime import datetime

from sqlalchemy import select

from marketplace.identity.models import User
from marketplace.kernel.database import Session
from marketplace.kernel.i18n import N_, translations
from marketplace.messages.actions import notify
from marketplace.postings.models import Posting
from marketplace.postings.queries import hiring_members
from marketplace.postings.rules import GIGS
from marketplace.trust.models import Case


async def closes_soon(db: Session, posting: Posting, *, at: datetime) -> None:
    """Its last day is near: once, while it is open or paused and the day has not moved away again."""
    if posting.state not in ("open", "paused") or posting.closes_at is None or posting.closes_at <= at:
        return
    values = {"posting": posting.title, "closes_at": posting.closes_at, "answer_by": posting.answer_by}
    for user_id in await hiring_members(db, posting.organisation_id):
        await notify(db, user_id, "posting_closes_soon", values, link=path_of(posting), at=at)


async def held(db: Session, posting: Posting, case: Case, *, at: datetime) -> None:
    """It waits for a moderator: why, and until when."""
    link = path_of(posting)
    for user_id in await hiring_members(db, posting.organisation_id):
        locale = await db.scalar(select(User.locale).where(User.id == user_id))
        reason = translations(locale or "en").gettext(HELD[case.reason])
        values = {"title": posting.title, "until": case.due_at, "reason": reason}
        await notify(db, user_id, "posting_held", values, link=link, at=at)


HELD = {
    "first_posting": N_(
        "It is your first posting here, and a person reads every first one. Later ones go out at once."
    ),
    "rule": N_("A rule found something in it that often goes with scams. The page of the posting shows what."),
}
"""Why a posting waits, by the reason of its case."""


def path_of(posting: Posting) -> str:
    """The page of a posting."""
    return f"/{'gigs' if posting.kind in GIGS else 'jobs'}/{posting.slug}"
