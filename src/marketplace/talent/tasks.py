"""What becomes of a profile when its account closes."""

from marketplace.identity.events import AccountClosing
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.talent import actions
from marketplace.talent.queries import freelancer_of


@within(AccountClosing)
async def unlist(db: Session, event: AccountClosing) -> None:
    """Nobody finds it any more."""
    freelancer = await freelancer_of(db, event.user_id)
    if freelancer is not None:
        await actions.unlist(db, freelancer, by=event.user_id, at=clock.now())
