"""What becomes of a profile when its account closes; search and reports learn of profiles and portfolios."""

from marketplace.engines.search import outbox
from marketplace.identity.events import AccountClosing
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.skills.events import EvidenceChanged
from marketplace.talent import actions, reporting
from marketplace.talent.events import ProfileChanged
from marketplace.talent.queries import freelancer_of
from marketplace.trust import subjects

subjects.register("profile", reporting.profile)
subjects.register("portfolio", reporting.portfolio_item)


@within(AccountClosing)
async def unlist(db: Session, event: AccountClosing) -> None:
    """Nobody finds it any more."""
    freelancer = await freelancer_of(db, event.user_id)
    if freelancer is not None:
        await actions.unlist(db, freelancer, by=event.user_id, at=clock.now())


@within(ProfileChanged)
async def tell_search(db: Session, event: ProfileChanged) -> None:
    """The index has it within seconds."""
    await outbox.changed(db, "people", event.freelancer_id)


@within(EvidenceChanged)
async def reindex(db: Session, event: EvidenceChanged) -> None:
    """Search has what she can show, and no more, within seconds."""
    freelancer = await freelancer_of(db, event.user_id)
    if freelancer is not None:
        await outbox.changed(db, "people", freelancer.id)
