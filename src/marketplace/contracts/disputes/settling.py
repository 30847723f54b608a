"""The locks of a dispute and its end: one settlement is put in force, the hold is split, the milestone is settled."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from marketplace.contracts import moves
from marketplace.contracts.disputes import notices, rules
from marketplace.contracts.disputes.models import Dispute, Settlement, Split
from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.rules import REVIEW
from marketplace.engines.deadlines import actions as deadlines
from marketplace.escrow import splitting
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money


async def lock(db: Session, milestone: Milestone) -> tuple[Contract, Dispute | None]:
    """Deadline (the dispute's, else the review's), hold, contract, milestone, dispute: ours and as they are now."""
    known = await _dispute_of(db, milestone)
    if known is not None:
        await deadlines.hold(db, rules.STAGE, subject=("dispute", known.id))
    else:
        await deadlines.hold(db, REVIEW, subject=("milestone", milestone.id))
    contract = await moves.lock(db, milestone)
    dispute = await _dispute_of(db, milestone)
    if (dispute is None) != (known is None):
        raise rules.DisputeMoveRefused  # opened in this moment, its deadline is not ours
    if dispute is not None:
        await db.refresh(dispute, with_for_update=True)
    return contract, dispute


async def agreed(
    db: Session,
    contract: Contract,
    milestone: Milestone,
    dispute: Dispute,
    release: Money,
    *,
    by: UUID,
    at: datetime,
) -> Settlement:
    """Both want the same split."""
    settlement = await write(db, milestone, dispute, release, cause="agreed", reason="", by=by, at=at)
    await put_in_force(db, contract, milestone, dispute, settlement, by=by, at=at)
    return settlement


async def write(
    db: Session,
    milestone: Milestone,
    dispute: Dispute,
    release: Money,
    *,
    cause: str,
    reason: str,
    by: UUID | None,
    at: datetime,
) -> Settlement:
    """The row of a settlement that is not in force yet."""
    left = await moves.left_of(db, milestone)
    settlement = Settlement(
        dispute_id=dispute.id,
        cause=cause,
        release_minor=release.amount_minor,
        refund_minor=(left - release).amount_minor,
        currency=release.currency,
        reason=reason.strip(),
        by_user_id=by,
        made_at=at,
    )
    db.add(settlement)
    await db.flush()
    return settlement


async def put_in_force(
    db: Session,
    contract: Contract,
    milestone: Milestone,
    dispute: Dispute,
    settlement: Settlement,
    *,
    by: UUID | None,
    at: datetime,
) -> None:
    """The money moves, once: release with its fee, refund, both in one journal transaction. Raises: HoldFrozen."""
    rules.check_move(dispute.state, "settled")
    release = Money(settlement.release_minor, settlement.currency)
    refund = Money(settlement.refund_minor, settlement.currency)
    dispute.state = "settled"
    dispute.settled_at = settlement.in_force_at = at
    await db.flush()
    await deadlines.cancel(db, rules.STAGE, subject=("dispute", dispute.id))
    amounts = {"release_minor": release.amount_minor, "refund_minor": refund.amount_minor, "currency": release.currency}
    await moves.move(db, contract, milestone, "settled", by=by, at=at, why=settlement.cause, **amounts)
    hold = await moves.held(db, milestone)
    await splitting.split(db, hold, release, settlement_id=settlement.id, by=by, at=at)
    await close_splits(db, milestone, at=at)
    await notices.settled(db, contract, milestone, dispute, settlement, at=at)
    await moves.finish(db, contract, by=by, at=at)


async def void(db: Session, contract: Contract, milestone: Milestone, *, at: datetime) -> None:
    """Nothing is left to divide: the dispute of this milestone (locked) ends with a settlement of nothing."""
    dispute = await _dispute_of(db, milestone)
    assert dispute is not None, milestone.id
    await db.refresh(dispute, with_for_update=True)
    nothing = Money(0, contract.currency)
    settlement = await write(db, milestone, dispute, nothing, cause="default", reason="", by=None, at=at)
    dispute.state, dispute.settled_at, settlement.in_force_at = "settled", at, at
    amounts = {"release_minor": 0, "refund_minor": 0, "currency": contract.currency}
    await moves.move(db, contract, milestone, "settled", by=None, at=at, why="chargeback", **amounts)
    await close_splits(db, milestone, at=at)


async def close_splits(db: Session, milestone: Milestone, *, at: datetime) -> None:
    """What was still proposed has no object any more."""
    still = update(Split).where(Split.milestone_id == milestone.id, Split.state == "open")
    await db.execute(still.values(state="replaced", ended_at=at))


async def settlements_of(db: Session, dispute: Dispute) -> list[Settlement]:
    """Oldest first."""
    query = select(Settlement).where(Settlement.dispute_id == dispute.id).order_by(Settlement.id)
    return list((await db.execute(query.execution_options(populate_existing=True))).scalars())


async def _dispute_of(db: Session, milestone: Milestone) -> Dispute | None:
    query = select(Dispute).where(Dispute.milestone_id == milestone.id)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
