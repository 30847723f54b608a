"""What begins and ends the time of reviews, and what a moderator decided about one."""

from uuid import UUID

from sqlalchemy import select

from marketplace.contracts.events import ContractEnded
from marketplace.contracts.models import Contract
from marketplace.contracts.reviews import actions, rules
from marketplace.contracts.reviews.models import Review
from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.identity.models import Organisation
from marketplace.kernel import clock, ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.events import within
from marketplace.talent.models import Freelancer
from marketplace.trust import subjects
from marketplace.trust.events import CaseDecided
from marketplace.trust.subjects import Subject


@within(ContractEnded)
async def open_window(db: Session, event: ContractEnded) -> None:
    """Both sides have 14 days."""
    await actions.open_window(db, await db.get_one(Contract, event.contract_id))


@within(DeadlinePassed)
async def close_window(db: Session, event: DeadlinePassed) -> None:
    """Remind those who wrote nothing; at the end show what was written."""
    if event.kind not in (rules.END, rules.REMIND):
        return
    contract = await db.get_one(Contract, event.subject_id)
    if event.kind == rules.END:
        await actions.show_all(db, contract, at=clock.now())
    elif until := await actions.window_end(db, contract.id):
        await actions.remind(db, contract, until=until, at=clock.now())


@within(CaseDecided)
async def hide(db: Session, event: CaseDecided) -> None:
    """A reported review is taken away."""
    if event.subject_kind == "review" and event.decision == "remove":
        await actions.hide(db, event.subject_id, by=event.by, why=event.reason, at=event.at)


async def reported(db: AnySession, id: UUID, viewer: UUID) -> Subject | None:
    """A review that everybody can read, as a report names it."""
    query = (
        select(Review.text, Review.by_user_id, Review.side, Organisation.slug, Freelancer.handle)
        .join(Organisation, Organisation.id == Review.organisation_id)
        .join(Freelancer, Freelancer.id == Review.freelancer_id)
        .where(Review.id == id, Review.shown_at.is_not(None), Review.hidden_at.is_(None))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        return None
    is_by_employer = row.side == "employer"
    href = f"/people/{row.handle}/reviews" if is_by_employer else f"/organisations/{row.slug}/reviews"
    title = f"“{row.text[:60]}”"
    return Subject(title, f"{href}#review-{ids.short(id)}", row.by_user_id, row.text)


subjects.register("review", reported)
