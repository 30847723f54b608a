"""A milestone in parts: some of its money released early, some given back, more time, an end without a delivery."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marketplace.contracts import moves, notices, rules
from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.deadlines import actions as deadlines
from marketplace.escrow import actions as escrow
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money


async def release_part(db: Session, milestone: Milestone, amount: Money, *, by: UUID, at: datetime) -> None:
    """The employer gives some of it before the end, less the fee on that part; the rest stays held.

    Raises: MilestoneMoveRefused, Invalid for all of it (that is accepting), HoldFrozen.
    """
    contract = await moves.lock(db, milestone)
    left = await _left(db, milestone)
    if not amount < left:
        raise Invalid.at("amount", N_("Less than what is held. To release all of it, accept the delivery."))
    made = await escrow.release(db, await moves.held(db, milestone), amount, by=by, cause="part", at=at)
    await _note(db, contract, milestone, "milestone.part_released", amount, by=by, at=at)
    await notices.part_released(db, contract, milestone, made, left - amount, at=at)


async def give_back(db: Session, milestone: Milestone, amount: Money, *, by: UUID, at: datetime) -> None:
    """The freelancer gives money back; with the last of it the milestone is cancelled.

    Raises: MilestoneMoveRefused, Invalid for more than is held, HoldFrozen.
    """
    await deadlines.hold(db, rules.REVIEW, subject=("milestone", milestone.id))
    contract = await moves.lock(db, milestone)
    left = await _left(db, milestone)
    if left < amount:
        raise Invalid.at("amount", N_("That is more than what is held."))
    if amount == left:
        await deadlines.cancel(db, rules.REVIEW, subject=("milestone", milestone.id))
        await moves.cancel(db, contract, milestone, by=by, at=at)
        await notices.milestone_cancelled(db, contract, milestone, by=by, at=at)
        await moves.finish(db, contract, by=by, at=at)
        return
    await escrow.refund(db, await moves.held(db, milestone), amount, by=by, cause="part", at=at)
    await _note(db, contract, milestone, "milestone.part_refunded", amount, by=by, at=at)


async def cancel_overdue(db: Session, milestone: Milestone, *, by: UUID, at: datetime) -> None:
    """The date has passed and nothing was ever delivered: the employer takes the money back alone.

    Raises: MilestoneMoveRefused, HeldWork, HoldFrozen.
    """
    contract = await moves.lock(db, milestone)
    await _left(db, milestone)
    is_late = milestone.due_at is not None and milestone.due_at <= at
    if milestone.state != "funded" or not is_late or await moves.deliveries_of(db, milestone):
        raise rules.HeldWork
    await moves.cancel(db, contract, milestone, by=by, at=at)
    await notices.milestone_cancelled(db, contract, milestone, by=by, at=at)
    await moves.finish(db, contract, by=by, at=at)


async def extend(db: Session, milestone: Milestone, *, days: int, by: UUID, at: datetime) -> None:
    """The employer gives more time, counted from the date that was agreed or, when that has passed, from now.

    Raises: Invalid, MilestoneMoveRefused.
    """
    if not 1 <= days <= rules.LONGEST_EXTENSION_DAYS:
        raise Invalid.at("days", N_("Write a number of days between 1 and 60."))
    await deadlines.hold(db, rules.DUE, subject=("milestone", milestone.id))
    contract = await moves.lock(db, milestone)
    await _left(db, milestone)
    milestone.due_at = until = max(milestone.due_at or at, at) + timedelta(days=days)
    await db.flush()
    await deadlines.start(db, rules.DUE, subject=("milestone", milestone.id), due_at=until)
    about: dict[str, Any] = {"number": milestone.number, "milestone": milestone.title, "days": days}
    await moves.note(db, contract, "milestone.extended", by=by, at=at, **about)
    await notices.extended(db, contract, milestone, at=at)


async def _left(db: Session, milestone: Milestone) -> Money:
    """What is held, where the two sides may still move it by themselves."""
    if milestone.state not in rules.LIVING:
        raise rules.Disputed if milestone.state == "disputed" else rules.MilestoneMoveRefused
    return await moves.left_of(db, milestone)


async def _note(
    db: Session, contract: Contract, milestone: Milestone, action: str, amount: Money, *, by: UUID, at: datetime
) -> None:
    about: dict[str, Any] = {"number": milestone.number, "milestone": milestone.title, **moves.values_of(amount)}
    await moves.note(db, contract, action, by=by, at=at, **about)
