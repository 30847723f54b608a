"""What a moderator does in a dispute, and what happens by itself when a stage passes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.contracts import moves
from marketplace.contracts import rules as contract_rules
from marketplace.contracts.columns import is_party
from marketplace.contracts.disputes import notices, rules, settling
from marketplace.contracts.disputes.actions import lock, to_stage
from marketplace.contracts.disputes.models import Dispute, Settlement
from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.deadlines import actions as deadlines
from marketplace.escrow.rules import check_share
from marketplace.identity import audit
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from marketplace.talent.models import Freelancer


async def take(db: Session, milestone: Milestone, *, by: UUID, at: datetime) -> None:
    """Look at it oneself: both sides see who reads what they wrote (the line in the audit log).

    Raises: NotYourDispute when somebody else has it, AnotherModerator on an appeal, OwnContract.
    """
    _contract, dispute = await lock(db, milestone)
    await _check_stranger(db, milestone, by)
    if dispute.state == "settled":
        raise rules.DisputeMoveRefused
    if dispute.state == "appealed":
        if dispute.moderator_id == by:
            raise rules.AnotherModerator
        if dispute.second_moderator_id not in (None, by):
            raise rules.NotYourDispute
        dispute.second_moderator_id = by
    elif dispute.moderator_id not in (None, by):
        raise rules.NotYourDispute
    else:
        dispute.moderator_id = by
    await db.flush()
    await audit.record(db, "dispute.taken", subject=("dispute", dispute.id), by=by, at=at, why="to decide it")


async def decide(
    db: Session, milestone: Milestone, release: Money, *, reason: str, by: UUID, at: datetime
) -> Settlement:
    """How the hold is split, and why. The first decision waits for the appeal, the second is in force at once.

    Raises: Invalid, NotYourDispute, DisputeMoveRefused; HoldFrozen for a second one.
    """
    rules.check_text(reason, field="reason")
    contract, dispute = await lock(db, milestone)
    if dispute.state not in ("mediation", "appealed"):
        raise rules.DisputeMoveRefused
    if by != (dispute.second_moderator_id if dispute.state == "appealed" else dispute.moderator_id):
        raise rules.NotYourDispute
    check_share(await moves.left_of(db, milestone), release)
    if dispute.state == "appealed":
        settlement = await settling.write(db, milestone, dispute, release, cause="appeal", reason=reason, by=by, at=at)
        await settling.put_in_force(db, contract, milestone, dispute, settlement, by=by, at=at)
        return settlement
    return await _decide(db, contract, milestone, dispute, release, cause="decided", reason=reason, by=by, at=at)


async def pass_stage(db: Session, milestone: Milestone, *, at: datetime) -> None:
    """The time of a stage is over (its deadline is locked by the sweep): do what was shown beforehand.

    No answer: a moderator decides with what is there. No decision: the default. No appeal, or none decided in time:
    the decision is put in force; while the payer's bank has the payment it waits a day and is tried again.
    """
    contract, dispute = await lock(db, milestone)
    match dispute.state:
        case "open":
            await to_stage(db, dispute, "mediation", by=None, at=at)
            await notices.unanswered(db, contract, milestone, dispute, at=at)
        case "mediation":
            release = await default_of(db, milestone, dispute)
            await _decide(db, contract, milestone, dispute, release, cause="default", reason="", by=None, at=at)
        case "decided" | "appealed" if (await moves.held(db, milestone)).frozen_at is not None:
            again = at + contract_rules.FROZEN_LOOK_AGAIN
            await deadlines.start(db, rules.STAGE, subject=("dispute", dispute.id), due_at=again)
        case "decided" | "appealed":
            settlement = (await settling.settlements_of(db, dispute))[-1]
            await settling.put_in_force(db, contract, milestone, dispute, settlement, by=None, at=at)
        case _:
            pass


async def default_of(db: Session, milestone: Milestone, dispute: Dispute) -> Money:
    """What she gets when nobody decides in time: shown on the page from the first day."""
    deliveries = await moves.deliveries_of(db, milestone)
    return rules.default_release(dispute.before, deliveries, await moves.left_of(db, milestone))


async def _decide(
    db: Session,
    contract: Contract,
    milestone: Milestone,
    dispute: Dispute,
    release: Money,
    *,
    cause: str,
    reason: str,
    by: UUID | None,
    at: datetime,
) -> Settlement:
    settlement = await settling.write(db, milestone, dispute, release, cause=cause, reason=reason, by=by, at=at)
    await to_stage(db, dispute, "decided", by=by, at=at)
    settlement.appeal_until = at + rules.APPEAL_IN
    await db.flush()
    await notices.decided(db, contract, milestone, dispute, settlement, at=at)
    return settlement


async def _check_stranger(db: Session, milestone: Milestone, by: UUID) -> None:
    own = (
        select(Contract.id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .where(Contract.id == milestone.contract_id, is_party(by))
    )
    if await db.scalar(select(exists(own))):
        raise rules.OwnContract
