"""What time and decisions do to interviews."""

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.jobs.events import ApplicationDecided
from marketplace.jobs.interviews import actions, rules
from marketplace.jobs.models import Interview
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within


@within(DeadlinePassed)
async def remind(db: Session, event: DeadlinePassed) -> None:
    """It is tomorrow."""
    if event.kind == actions.TOMORROW:
        try:
            await actions.remind(db, await db.get_one(Interview, event.subject_id), at=clock.now())
        except rules.NoInterviewNow:
            return


@within(ApplicationDecided)
async def call_off(db: Session, event: ApplicationDecided) -> None:
    """Nothing is left to talk about."""
    await actions.call_off(db, event.application_id, at=event.at)
