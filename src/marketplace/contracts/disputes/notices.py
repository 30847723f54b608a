"""What both sides are told of splits and disputes."""

from datetime import datetime
from typing import Any

from marketplace.contracts.disputes import rules
from marketplace.contracts.disputes.models import Dispute, Settlement
from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.notices import about, path_of, tell
from marketplace.contracts.rules import Side
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money


def path_of_dispute(dispute: Dispute) -> str:
    """The address of its page."""
    return f"/disputes/{ids.short(dispute.id)}"


async def opened(db: Session, contract: Contract, milestone: Milestone, dispute: Dispute, *, at: datetime) -> None:
    """One side contests (or the holding limit): the other has time to answer."""
    until = rules.due_at(dispute.state, opened_at=dispute.opened_at, at=at)  # pyright: ignore[reportArgumentType]
    values = {**await about(db, contract, milestone), "until": until}
    values["who"] = _who(values, dispute.side)
    await tell(db, contract, "dispute_opened", "dispute_opened", values, path_of_dispute(dispute), at)


async def answered(db: Session, contract: Contract, milestone: Milestone, dispute: Dispute, *, at: datetime) -> None:
    """The other side has answered: a moderator looks now."""
    await _moved(db, contract, milestone, dispute, "answered", None, at=at)


async def unanswered(db: Session, contract: Contract, milestone: Milestone, dispute: Dispute, *, at: datetime) -> None:
    """Four days without an answer: a moderator decides with what is there."""
    await _moved(db, contract, milestone, dispute, "unanswered", None, at=at)


async def added(
    db: Session, contract: Contract, milestone: Milestone, dispute: Dispute, *, side: Side, at: datetime
) -> None:
    """Something was added."""
    await _moved(db, contract, milestone, dispute, "added", side, at=at)


async def appealed(
    db: Session, contract: Contract, milestone: Milestone, dispute: Dispute, *, side: Side, at: datetime
) -> None:
    """Another moderator looks."""
    await _moved(db, contract, milestone, dispute, "appealed", side, at=at)


async def decided(
    db: Session, contract: Contract, milestone: Milestone, dispute: Dispute, settlement: Settlement, *, at: datetime
) -> None:
    """A moderator (or the time) has decided; three days to appeal."""
    values = await about(db, contract, milestone) | _parts(settlement)
    values |= {"reason": settlement.reason, "until": settlement.appeal_until, "cause": settlement.cause}
    await tell(db, contract, "dispute_decided", "dispute_decided", values, path_of_dispute(dispute), at)


async def settled(
    db: Session, contract: Contract, milestone: Milestone, dispute: Dispute, settlement: Settlement, *, at: datetime
) -> None:
    """The money moves."""
    values = await about(db, contract, milestone) | _parts(settlement)
    values |= {"reason": settlement.reason, "cause": settlement.cause}
    await tell(db, contract, "dispute_settled", "dispute_settled", values, path_of_dispute(dispute), at)


async def split_proposed(
    db: Session,
    contract: Contract,
    milestone: Milestone,
    release: Money,
    refund: Money,
    *,
    side: Side,
    at: datetime,
) -> None:
    """The other side would divide it like this."""
    values = await about(db, contract, milestone) | {"release": release, "refund": refund}
    values["who"] = _who(values, side)
    path = path_of(contract.id, milestone.number)
    to_freelancer, to_employer = ("split_proposed", None) if side == "employer" else (None, "split_proposed")
    await tell(db, contract, to_freelancer, to_employer, values, path, at)


async def split_declined(db: Session, contract: Contract, milestone: Milestone, *, side: Side, at: datetime) -> None:
    """The other side said no."""
    values = await about(db, contract, milestone)
    values["who"] = _who(values, side)
    path = path_of(contract.id, milestone.number)
    to_freelancer, to_employer = ("split_declined", None) if side == "employer" else (None, "split_declined")
    await tell(db, contract, to_freelancer, to_employer, values, path, at)


async def ended_by_both(
    db: Session, contract: Contract, milestone: Milestone, release: Money, refund: Money, *, at: datetime
) -> None:
    """Both agreed to end it like this."""
    values = await about(db, contract, milestone) | {"release": release, "refund": refund}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "split_agreed", "split_agreed", values, path, at)


async def _moved(
    db: Session,
    contract: Contract,
    milestone: Milestone,
    dispute: Dispute,
    step: str,
    side: Side | None,
    *,
    at: datetime,
) -> None:
    """To both, except to the side that did it."""
    values = {**await about(db, contract, milestone), "step": step}
    values["who"] = _who(values, side)
    values["until"] = rules.due_at(dispute.state, opened_at=dispute.opened_at, at=at)  # pyright: ignore[reportArgumentType]
    to_freelancer = None if side == "freelancer" else "dispute_moved"
    to_employer = None if side == "employer" else "dispute_moved"
    await tell(db, contract, to_freelancer, to_employer, values, path_of_dispute(dispute), at)


def _who(values: dict[str, Any], side: str | None) -> str:
    return values["freelancer"] if side == "freelancer" else values["organisation"] if side == "employer" else ""


def _parts(settlement: Settlement) -> dict[str, Money]:
    return {
        "release": Money(settlement.release_minor, settlement.currency),
        "refund": Money(settlement.refund_minor, settlement.currency),
    }
