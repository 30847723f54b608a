"""An outage stops the clocks of those who work at its place: reviews, dates of delivery, answers in disputes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from marketplace.contracts import rules
from marketplace.contracts.disputes.models import Dispute
from marketplace.contracts.disputes.rules import STAGE
from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.deadlines.models import Deadline
from marketplace.kernel.database import Session
from marketplace.kernel.i18n import N_
from marketplace.places.models import Outage
from marketplace.talent.models import Freelancer

PAUSED = N_("An outage at the place where the freelancer works.")


async def pause(db: Session, outage: Outage) -> None:
    """From its beginning nobody's time there runs."""
    for kind, subject in await _clocks(db, outage):
        await deadlines.pause(db, kind, subject=subject, at=outage.began_at, reason=PAUSED)


async def resume(db: Session, outage: Outage, *, at: datetime) -> None:
    """Clocks that an outage stopped go on, unless another outage still lasts there; dates move by its length."""
    still = select(Outage.id).where(Outage.ended_at.is_(None), Outage.id != outage.id)
    same = Outage.park_id == outage.park_id if outage.park_id else Outage.district == outage.district
    if await db.scalar(select(exists(still.where(same)))):
        return
    for kind, subject in await _clocks(db, outage):
        is_moved = await deadlines.resume(db, kind, subject=subject, at=at, reason=PAUSED)
        if is_moved and kind == rules.DUE:
            due = (await deadlines.of(db, subject))[kind].due_at
            milestone = await db.get_one(Milestone, subject[1], with_for_update=True, populate_existing=True)
            milestone.due_at = due
            await db.flush()


async def _clocks(db: Session, outage: Outage) -> list[tuple[str, tuple[str, UUID]]]:
    """Deadlines of contracts whose freelancer works there (organisations have no place), in the order of their ids."""
    if outage.park_id is not None:
        is_there = or_(Contract.park_id == outage.park_id, Freelancer.park_id == outage.park_id)
    else:
        is_there = Freelancer.district == outage.district
    is_milestones = and_(
        Deadline.subject_kind == "milestone",
        Deadline.subject_id == Milestone.id,
        Deadline.kind.in_((rules.REVIEW, rules.DUE)),
    )
    is_disputes = and_(Deadline.subject_kind == "dispute", Deadline.subject_id == Dispute.id, Deadline.kind == STAGE)
    query = (
        select(Deadline.id, Deadline.kind, Deadline.subject_kind, Deadline.subject_id)
        .select_from(Milestone)
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .outerjoin(Dispute, Dispute.milestone_id == Milestone.id)
        .join(Deadline, or_(is_milestones, is_disputes))
        .where(Deadline.state.in_(("running", "paused")), is_there)
        .order_by(Deadline.id)
    )
    return [(row.kind, (row.subject_kind, row.subject_id)) for row in (await db.execute(query)).all()]
