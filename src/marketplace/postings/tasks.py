"""What time does to postings, and what a case about one decides."""

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import task
from marketplace.postings import actions, drafts, notices
from marketplace.postings.models import Posting


@within(DeadlinePassed)
async def on_deadline(db: Session, event: DeadlinePassed) -> None:
    """The end of proposals comes near, then comes; everything ends at the last deadline."""
    if event.kind not in (actions.CLOSES_SOON, actions.CLOSES, actions.ANSWERS):
        return
    posting = await db.get_one(Posting, event.subject_id)
    if event.kind == actions.CLOSES_SOON:
        await notices.closes_soon(db, posting, at=clock.now())
    elif event.kind == actions.CLOSES:
        await actions.end_proposals(db, posting, at=clock.now())
    else:
        await actions.expire(db, posting, at=clock.now())


@task("postings.forget_drafts")
async def forget_drafts(db: Session) -> None:
    """Nightly: drafts of visitors who did not come back."""
    await drafts.forget_old_drafts(db, at=clock.now())
