"""What a chargeback does to a milestone: its clocks stop, both sides are told, and the bank gets the facts."""

from datetime import datetime

from sqlalchemy import select

from marketplace.contracts import moves, notices, rules
from marketplace.contracts.disputes import rules as dispute_rules
from marketplace.contracts.disputes import settling
from marketplace.contracts.disputes.models import Dispute
from marketplace.contracts.models import Contract, Delivery, Milestone, Revision
from marketplace.engines.deadlines import actions as deadlines
from marketplace.escrow.chargeback_models import Chargeback
from marketplace.escrow.models import Hold
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money, format_money
from marketplace.talent.models import Freelancer

PAUSED = N_("The bank of the payer asks for this payment back.")


async def opened(db: Session, milestone: Milestone, chargeback: Chargeback, *, at: datetime) -> None:
    """The review and the dispute wait, where there is one."""
    for kind, subject in await _clocks(db, milestone):
        await deadlines.pause(db, kind, subject=subject, at=at, reason=PAUSED)
    contract = await db.get_one(Contract, milestone.contract_id)
    amount = Money(chargeback.amount_minor, chargeback.currency)
    values = await notices.about(db, contract, milestone) | {"amount": amount}
    path = notices.path_of(contract.id, milestone.number)
    await notices.tell(db, contract, "chargeback_opened", "chargeback_opened", values, path, at)


async def closed(db: Session, milestone: Milestone, *, is_lost: bool, at: datetime) -> None:
    """They go on, unless another bank is still at it."""
    hold = await db.get_one(Hold, milestone.hold_id)
    if hold.frozen_at is None:
        for kind, subject in await _clocks(db, milestone):
            await deadlines.resume(db, kind, subject=subject, at=at, reason=PAUSED)
    contract = await db.get_one(Contract, milestone.contract_id)
    values = {**await notices.about(db, contract, milestone), "is_lost": is_lost}
    path = notices.path_of(contract.id, milestone.number)
    await notices.tell(db, contract, "chargeback_closed", "chargeback_closed", values, path, at)


async def end_without_money(db: Session, milestone: Milestone, *, at: datetime) -> None:
    """The hold (locked) gave all it had for the loss: the milestone is over, and its dispute with it."""
    hold = await db.get_one(Hold, milestone.hold_id)
    contract = await moves.lock(db, milestone)
    if hold.state != "closed" or milestone.state not in rules.HELD:
        return
    if milestone.state == "disputed":
        await settling.void(db, contract, milestone, at=at)
    else:
        await moves.move(db, contract, milestone, "cancelled", by=None, at=at, why="chargeback")
    await moves.finish(db, contract, by=None, at=at)


async def facts_for_bank(db: AnySession, chargeback: Chargeback) -> str:
    """What the contract proves, in plain English, as a draft of the evidence; empty without a contract."""
    found = await db.execute(select(Milestone).where(Milestone.hold_id == chargeback.hold_id))
    milestone = found.scalar_one_or_none()
    if milestone is None:
        return ""
    contract = await db.get_one(Contract, milestone.contract_id)
    names = (
        select(User.name, Organisation.name)
        .select_from(Freelancer)
        .join(User, User.id == Freelancer.user_id)
        .join(Organisation, Organisation.id == contract.organisation_id)
        .where(Freelancer.id == contract.freelancer_id)
    )
    freelancer, employer = (await db.execute(names)).one()
    amount = format_money(Money(milestone.amount_minor, contract.currency))
    lines = [
        f"Service: {contract.title}, milestone {milestone.number}: {milestone.title} ({amount}).",
        f"{employer} agreed to it with {freelancer} on {_day(contract.started_at)}.",
        f"The agreed terms have the SHA-256 {contract.terms_hash}.",
    ]
    handed_in = (
        select(Delivery.number, Delivery.delivered_at, Revision.asked_at)
        .outerjoin(Revision, Revision.delivery_id == Delivery.id)
        .where(Delivery.milestone_id == milestone.id)
        .order_by(Delivery.number)
    )
    for number, delivered_at, asked_at in (await db.execute(handed_in)).all():
        sent_back = f", sent back on {_day(asked_at)}" if asked_at else ""
        lines.append(f"Delivery {number} was handed in on {_day(delivered_at)}{sent_back}.")
    lines.append(f"The milestone is {milestone.state} now.")
    return "\n".join(lines)


async def _clocks(db: Session, milestone: Milestone) -> list[tuple[str, deadlines.Subject]]:
    clocks: list[tuple[str, deadlines.Subject]] = [(rules.REVIEW, ("milestone", milestone.id))]
    dispute_id = await db.scalar(select(Dispute.id).where(Dispute.milestone_id == milestone.id))
    if dispute_id is not None:
        clocks.append((dispute_rules.STAGE, ("dispute", dispute_id)))
    return clocks


def _day(at: datetime) -> str:
    return f"{at:%d %B %Y}"
