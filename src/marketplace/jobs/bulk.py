"""Many at once, in one transaction: what can be done is done, and the rest is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.jobs import notices, rules, stages
from marketplace.jobs.models import ApplicationState
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.postings.models import Posting


@dataclass(frozen=True, slots=True)
class Done:
    """How many were moved, and how many stood where that move does not lead (or are not of this posting)."""

    moved: int
    left: int


async def move_all(
    db: Session, posting: Posting, application_ids: Sequence[UUID], to: ApplicationState, *, by: UUID, at: datetime
) -> Done:
    """Lead these to a stage; each candidate is told. Raises: Invalid for none or too many."""
    assert to in rules.MOVABLE
    return await _all(db, posting, application_ids, to, why=("", ""), by=by, at=at)


async def reject_all(
    db: Session, posting: Posting, application_ids: Sequence[UUID], *, why: tuple[str, str], by: UUID, at: datetime
) -> Done:
    """Say no to these; each reads the reason. `why` is the reason and a note. Raises: Invalid."""
    rules.check_reject(*why)
    return await _all(db, posting, application_ids, "rejected", why=why, by=by, at=at)


async def _all(
    db: Session,
    posting: Posting,
    application_ids: Sequence[UUID],
    to: ApplicationState,
    *,
    why: tuple[str, str],
    by: UUID,
    at: datetime,
) -> Done:
    wanted = set(application_ids)
    if not 0 < len(wanted) <= rules.MOST_AT_ONCE:
        raise Invalid.at("id", N_("Choose between 1 and 200 applications."))
    moved = 0
    for application in await stages.locked(db, posting.id, list(wanted)):
        if to not in rules.MOVES[stages.state_of(application)]:
            continue
        if to == "rejected":
            application.reject_reason, application.reject_note = why[0], why[1].strip()
        await stages.change(db, application, to, by=by, at=at, why=why[0])
        tell = notices.rejected if to == "rejected" else notices.moved
        await tell(db, application, posting, at=at)
        moved += 1
    return Done(moved, len(wanted) - moved)
