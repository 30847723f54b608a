"""What time and decisions do to offers."""

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.jobs.events import ApplicationDecided
from marketplace.jobs.models import Offer
from marketplace.jobs.offers import actions
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within


@within(DeadlinePassed)
async def run_out(db: Session, event: DeadlinePassed) -> None:
    """She did not answer."""
    if event.kind == actions.ANSWER:
        await actions.expire(db, await db.get_one(Offer, event.subject_id), at=clock.now())


@within(ApplicationDecided)
async def call_off(db: Session, event: ApplicationDecided) -> None:
    """It was decided otherwise."""
    await actions.call_off(db, event.application_id, at=event.at)
