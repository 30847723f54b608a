"""What the deadlines tell disputes, in their own transaction."""

from marketplace.contracts.disputes import moderation
from marketplace.contracts.disputes.models import Dispute
from marketplace.contracts.disputes.rules import STAGE
from marketplace.contracts.models import Milestone
from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within


@within(DeadlinePassed)
async def stage_passed(db: Session, event: DeadlinePassed) -> None:
    """A stage of a dispute is over."""
    if event.kind == STAGE:
        dispute = await db.get_one(Dispute, event.subject_id)
        milestone = await db.get_one(Milestone, dispute.milestone_id)
        await moderation.pass_stage(db, milestone, at=clock.now())
