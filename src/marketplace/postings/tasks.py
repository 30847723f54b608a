"""What time does to postings, and what a case about one decides."""

from typing import Any

from sqlalchemy import select

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.engines.search import outbox
from marketplace.identity.employers.events import StandingChanged
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import task
from marketplace.postings import actions, drafts, notices, review
from marketplace.postings.models import Posting
from marketplace.trust import subjects
from marketplace.trust.events import CaseDecided


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


@within(CaseDecided)
async def do_as_decided(db: Session, event: CaseDecided) -> None:
    """What a moderator decided about a posting."""
    if event.subject_kind != "posting":
        return
    posting = await db.get_one(Posting, event.subject_id)
    how: Any = {"by": event.by, "at": event.at, "why": event.reason}
    if event.decision == "publish":
        await actions.approve(db, posting, **how)
    elif event.decision == "return":
        await actions.give_back(db, posting, **how)
    elif event.decision == "remove" or event.kind == review.CASE:
        await actions.remove(db, posting, **how)


@within(StandingChanged)
async def tell_search(db: Session, event: StandingChanged) -> None:
    """Its open postings can be filtered by what is known of the employer."""
    living = select(Posting).where(Posting.organisation_id == event.organisation_id, Posting.state == "open")
    for posting in (await db.scalars(living)).all():
        await outbox.changed(db, actions.index_of(posting), posting.id)


subjects.register("posting", review.load_subject)


@task("postings.forget_drafts")
async def forget_drafts(db: Session) -> None:
    """Nightly: drafts of visitors who did not come back."""
    await drafts.forget_old_drafts(db, at=clock.now())
