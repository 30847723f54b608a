"""Money is never held for ever: a date that passed, a warning, and at the limit an end that was announced."""

from datetime import datetime

from marketplace.contracts import moves, notices, rules
from marketplace.contracts.disputes import actions as disputes
from marketplace.contracts.disputes import notices as dispute_notices
from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.deadlines import actions as deadlines
from marketplace.kernel.database import Session


async def tell_overdue(db: Session, milestone: Milestone, *, at: datetime) -> None:
    """The date has passed and nothing waits to be looked at: both learn what they can do now."""
    contract = await db.get_one(Contract, milestone.contract_id)
    if milestone.state in ("funded", "revision"):
        await notices.overdue(db, contract, milestone, at=at)


async def warn(db: Session, milestone: Milestone, *, at: datetime) -> None:
    """Sixty days: both learn what happens at the limit if they do nothing."""
    contract = await db.get_one(Contract, milestone.contract_id)
    if milestone.state in rules.LIVING:
        end = rules.forced_end(milestone.state, await moves.deliveries_of(db, milestone))
        until = at + (rules.FORCE_AFTER - rules.WARN_AFTER)
        await notices.holding_warning(db, contract, milestone, end, until, at=at)


async def force(db: Session, milestone: Milestone, *, at: datetime) -> None:
    """The limit: what was announced is done. A dispute ends by itself; while a bank has the payment, it waits."""
    contract = await moves.lock_reviewed(db, milestone)
    if milestone.state not in rules.LIVING:
        return
    if (await moves.held(db, milestone)).frozen_at is not None:
        again = at + rules.FROZEN_LOOK_AGAIN
        await deadlines.start(db, rules.HOLDING_LIMIT, subject=("milestone", milestone.id), due_at=again)
        return
    match rules.forced_end(milestone.state, await moves.deliveries_of(db, milestone)):
        case "refund":
            await moves.cancel(db, contract, milestone, by=None, at=at)
            await notices.milestone_cancelled(db, contract, milestone, by=None, at=at)
            await moves.finish(db, contract, by=None, at=at)
        case "release":
            await moves.release(db, contract, milestone, by=None, at=at)
        case "dispute":
            dispute = await disputes.begin(db, contract, milestone, side=None, by=None, at=at)
            await dispute_notices.opened(db, contract, milestone, dispute, at=at)
