"""How an employer answers: which share of proposals and applications, and how fast; measured, never claimed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select, union_all

from marketplace.gigs.models import Proposal
from marketplace.jobs.models import Application
from marketplace.kernel.database import AnySession
from marketplace.postings.models import Posting

PERIOD = timedelta(days=180)
"""What was sent longer ago does not count."""
ENOUGH = 5
"""With fewer there is no figure yet."""


@dataclass(frozen=True, slots=True)
class Responsiveness:
    """Of the last 180 days: `answered` of `total` proposals and applications whose time is over or that got an answer.

    `median` is the time from sending to the employer's first answer (shortlist or decision) of those answered. What
    was withdrawn before an answer counts nowhere; what still waits within its time counts nowhere yet.
    """

    answered: int
    total: int
    median: timedelta | None

    @property
    def is_enough(self) -> bool:
        return self.total >= ENOUGH

    @property
    def percent(self) -> int | None:
        """Whole percents, rounded down; None when there are not enough yet."""
        return self.answered * 100 // self.total if self.is_enough else None

    @property
    def median_hours(self) -> int | None:
        """Whole hours, at least one; None without enough answers."""
        if self.median is None or not self.is_enough:
            return None
        return max(1, round(self.median.total_seconds() / 3600))


async def responsiveness_of(db: AnySession, organisation_id: UUID, *, at: datetime) -> Responsiveness:
    """How this organisation has answered until now; one statement over its postings."""
    sent = union_all(_proposals(organisation_id, at), _applications(organisation_id, at)).subquery()
    waited = func.extract("epoch", sent.c.answered_at - sent.c.submitted_at)
    is_answered = sent.c.answered_at.is_not(None)
    query = select(
        func.count().filter(is_answered),
        func.count(),
        func.percentile_cont(0.5).within_group(waited.asc()).filter(is_answered),
    )
    answered, total, median = (await db.execute(query)).one()
    return Responsiveness(answered, total, None if median is None else timedelta(seconds=float(median)))


def _proposals(organisation_id: UUID, at: datetime) -> Select[*tuple[Any, ...]]:
    """Expired is what nobody answered in time; declined and accepted are answers, also when they came with the end."""
    is_decided = Proposal.state.in_(("accepted", "declined"))
    answered_at = func.least(Proposal.shortlisted_at, case((is_decided, Proposal.decided_at)))
    counts = or_(Proposal.shortlisted_at.is_not(None), is_decided, Proposal.state == "expired")
    return (
        select(Proposal.submitted_at.label("submitted_at"), answered_at.label("answered_at"))
        .join(Posting, Posting.id == Proposal.posting_id)
        .where(Posting.organisation_id == organisation_id, Proposal.submitted_at > at - PERIOD, counts)
    )


def _applications(organisation_id: UUID, at: datetime) -> Select[*tuple[Any, ...]]:
    """An answer that went out by itself, because the employer gave none in time, is none."""
    is_decided = and_(
        Application.decided_at.is_not(None), Application.state != "withdrawn", ~Application.is_auto_answered
    )
    answered_at = func.least(Application.shortlisted_at, case((is_decided, Application.decided_at)))
    counts = or_(Application.shortlisted_at.is_not(None), is_decided, Application.is_auto_answered)
    return (
        select(Application.submitted_at, answered_at)
        .join(Posting, Posting.id == Application.posting_id)
        .where(Posting.organisation_id == organisation_id, Application.submitted_at > at - PERIOD, counts)
    )
