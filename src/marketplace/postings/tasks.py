"""What time does to postings."""

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import task
from marketplace.postings import actions, drafts
from marketplace.postings.models import Posting


@within(DeadlinePassed)
async def on_deadline(db: Session, event: DeadlinePassed) -> None:
    """Proposals end at one deadline, everything at the other."""
    if event.kind not in (actions.CLOSES, actions.ANSWERS):
        return
    posting = await db.get_one(Posting, event.subject_id)
    if event.kind == actions.CLOSES:
        await actions.end_proposals(db, posting, at=clock.now())
    else:
        await actions.expire(db, posting, at=clock.now())


@task("postings.forget_drafts")
async def forget_drafts(db: Session) -> None:
    """Nightly: drafts of visitors who did not come back."""
    await drafts.forget_old_drafts(db, at=clock.now())
