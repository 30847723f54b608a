"""What both sides of a contract are told, each in its own words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.rules import EMPLOYER_ROLES
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.models import Refund, Release
from marketplace.identity.models import Membership, Organisation, User
from marketplace.identity.roles import BY_NAME
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.money import Money
from marketplace.messages.actions import notify
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import shown_name


def path_of(contract_id: UUID, number: int | None = None) -> str:
    """The address of a contract's page, or of one milestone's."""
    path = f"/contracts/{ids.short(contract_id)}"
    return f"{path}/milestones/{number}" if number else path


async def started(db: Session, contract: Contract, total: Money, *, at: datetime) -> None:
    """Accepted: she has a contract, they have a milestone to fund."""
    values = {**await about(db, contract), "gig": contract.title, "amount": total}
    await tell(db, contract, "proposal_accepted", "contract_started", values, path_of(contract.id), at)


async def funded(db: Session, contract: Contract, milestone: Milestone, *, at: datetime) -> None:
    """The money is held: she can start. Of an order she hears now for the first time."""
    values = {**await about(db, contract, milestone), "until": milestone.due_at}
    message = "order_received" if contract.service_id else "milestone_funded"
    await tell(db, contract, message, "payment_held", values, path_of(contract.id, milestone.number), at)


async def order_lapsed(db: Session, contract: Contract, *, at: datetime) -> None:
    """Nobody paid in time; she was never told of it, so only they hear."""
    await tell(db, contract, None, "order_lapsed", await about(db, contract), path_of(contract.id), at)


async def consent_asked(db: Session, contract: Contract, item_id: UUID, title: str, *, at: datetime) -> None:
    """May she show it?"""
    values = {**await about(db, contract), "piece": title}
    await tell(db, contract, None, "consent_asked", values, f"/consents/{ids.short(item_id)}", at)


async def consent_answered(db: Session, contract: Contract, title: str, *, is_given: bool, at: datetime) -> None:
    """She may, or may not."""
    values = {**await about(db, contract), "piece": title, "is_given": is_given}
    await tell(db, contract, "consent_answered", None, values, "/portfolio", at)


async def lapsed(
    db: Session, contract: Contract, milestone: Milestone, *, card: SavedCard | None = None, at: datetime
) -> None:
    """The pay page ran out, or the saved card was refused; only those who were paying are told."""
    values = await about(db, contract, milestone)
    message = "payment_lapsed"
    if card is not None:
        message, values = "card_refused", values | {"card": card.title, "last4": card.last4}
    await tell(db, contract, None, message, values, path_of(contract.id, milestone.number), at)


async def card_changed(db: Session, card: SavedCard, message: str, *, at: datetime) -> None:
    """A card was kept or removed: everybody who pays there is told."""
    organisation = await db.get_one(Organisation, card.organisation_id)
    values = {"organisation": organisation.name, "card": card.title, "last4": card.last4}
    members = select(Membership.user_id).where(
        Membership.organisation_id == organisation.id, Membership.role.in_(BY_NAME["pay"].roles)
    )
    for member in (await db.execute(members.order_by(Membership.user_id))).scalars().all():
        await notify(db, member, message, values, link="/money?as=employer", at=at)


async def delivered(db: Session, contract: Contract, milestone: Milestone, until: datetime, *, at: datetime) -> None:
    """Somebody has to look at it, until then."""
    values = {**await about(db, contract, milestone), "until": until}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "delivery_sent", "milestone_delivered", values, path, at)


async def revision(db: Session, contract: Contract, milestone: Milestone, missing: str, *, at: datetime) -> None:
    """Something is missing."""
    values = {**await about(db, contract, milestone), "missing": missing}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "revision_asked", "revision_sent", values, path, at)


async def released(
    db: Session, contract: Contract, milestone: Milestone, made: Release, *, is_automatic: bool, at: datetime
) -> None:
    """The money is hers: all that was left of it."""
    values = {**await about(db, contract, milestone), **_released(made), "is_automatic": is_automatic}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "milestone_released", None, values, "/money", at)
    await tell(db, contract, None, "money_released", values, path, at)


async def part_released(
    db: Session, contract: Contract, milestone: Milestone, made: Release, left: Money, *, at: datetime
) -> None:
    """A part of it is hers already."""
    values = {**await about(db, contract, milestone), **_released(made), "left": left}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "part_released", "part_released", values, path, at)


def _released(made: Release) -> dict[str, Money]:
    amount, fee = Money(made.amount_minor, made.currency), Money(made.fee_minor, made.currency)
    return {"amount": amount, "fee": fee, "net": amount - fee}


async def milestone_cancelled(
    db: Session, contract: Contract, milestone: Milestone, *, by: UUID | None, at: datetime
) -> None:
    """It is over without a delivery; `by` None: it was held for too long."""
    values = await about(db, contract, milestone)
    values["who"] = ""
    if by is not None:
        is_hers = by == await _freelancer_user(db, contract)
        values["who"] = values["freelancer"] if is_hers else values["organisation"]
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "milestone_cancelled", "milestone_cancelled", values, path, at)


async def extended(db: Session, contract: Contract, milestone: Milestone, *, at: datetime) -> None:
    """She has more time."""
    values = {**await about(db, contract, milestone), "until": milestone.due_at}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "milestone_extended", None, values, path, at)


async def overdue(db: Session, contract: Contract, milestone: Milestone, *, at: datetime) -> None:
    """The date has passed."""
    values = await about(db, contract, milestone)
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "milestone_overdue", "delivery_overdue", values, path, at)


async def holding_warning(
    db: Session, contract: Contract, milestone: Milestone, end: str, until: datetime, *, at: datetime
) -> None:
    """What happens then is one of rules.forced_end."""
    values = {**await about(db, contract, milestone), "end": end, "until": until}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "holding_warning", "holding_warning", values, path, at)


async def account_needed(db: Session, contract: Contract, milestone: Milestone, *, at: datetime) -> None:
    """Money waits for her payout account."""
    await tell(db, contract, "payout_account_needed", None, await about(db, contract, milestone), "/money", at)


async def refunded(db: Session, contract: Contract, milestone: Milestone, amount: Money, *, at: datetime) -> None:
    """Money goes back."""
    values = {**await about(db, contract, milestone), "amount": amount}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "hold_refunded", "hold_refunded", values, path, at)


async def receipt_refused(db: Session, contract: Contract, milestone: Milestone, reason: str, *, at: datetime) -> None:
    """The receipt of a transfer was not taken."""
    values = {**await about(db, contract, milestone), "reason": reason}
    path = f"{path_of(contract.id, milestone.number)}/transfer"
    await tell(db, contract, None, "receipt_refused", values, path, at)


async def never_came(
    db: Session, contract: Contract, milestone: Milestone, amount: Money, *, is_borne: bool, at: datetime
) -> None:
    """The transfer that a receipt showed never came: both learn what it means for them."""
    values = {**await about(db, contract, milestone), "amount": amount, "is_borne": is_borne}
    path = path_of(contract.id, milestone.number)
    await tell(db, contract, "payment_missing", "receipt_undone", values, path, at)


async def refund_news(
    db: Session, contract: Contract, milestone: Milestone, refund: Refund, message: str, *, at: datetime
) -> None:
    """A refund did not arrive, or was given once more; only the employer is told: it is her money."""
    amount = Money(refund.amount_minor, refund.currency)
    values = {**await about(db, contract, milestone), "amount": amount, "is_by_hand": refund.is_by_hand}
    await tell(db, contract, None, message, values, path_of(contract.id, milestone.number), at)


async def completed(db: Session, contract: Contract, *, at: datetime) -> None:
    """All is done."""
    values = await about(db, contract)
    await tell(db, contract, "contract_completed", "contract_completed", values, path_of(contract.id), at)


async def cancelled(db: Session, contract: Contract, *, by: UUID, reason: str, at: datetime) -> None:
    """One side has ended it."""
    values = await about(db, contract)
    freelancer_user = await _freelancer_user(db, contract)
    who = values["freelancer"] if by == freelancer_user else values["organisation"]
    values |= {"who": who, "reason": reason}
    await tell(db, contract, "contract_cancelled", "contract_cancelled", values, path_of(contract.id), at)


async def employer_members(db: AnySession, organisation_id: UUID) -> list[UUID]:
    """Who is told on the employer's side."""
    members = select(Membership.user_id).where(
        Membership.organisation_id == organisation_id, Membership.role.in_(EMPLOYER_ROLES)
    )
    return list((await db.execute(members.order_by(Membership.user_id))).scalars())


async def tell(  # the two messages of one step
    db: Session,
    contract: Contract,
    to_freelancer: str | None,
    to_employer: str | None,
    values: dict[str, Any],
    link: str,
    at: datetime,
) -> None:
    """To each side its message, if there is one for it."""
    if to_freelancer:
        await notify(db, await _freelancer_user(db, contract), to_freelancer, values, link=link, at=at)
    if to_employer:
        for member in await employer_members(db, contract.organisation_id):
            await notify(db, member, to_employer, values, link=link, at=at)


async def about(db: Session, contract: Contract, milestone: Milestone | None = None) -> dict[str, Any]:
    """Names and amounts that most messages use."""
    names = (
        select(Organisation.name, User.name, Freelancer.shows_name)
        .select_from(Freelancer)
        .join(User, User.id == Freelancer.user_id)
        .join(Organisation, Organisation.id == contract.organisation_id)
        .where(Freelancer.id == contract.freelancer_id)
    )
    organisation, name, shows_name = (await db.execute(names)).one()
    freelancer = shown_name(name, shows_name=shows_name or contract.unpaid_until is None)
    values: dict[str, Any] = {"contract": contract.title, "organisation": organisation, "freelancer": freelancer}
    if milestone is None:
        return values
    amount = Money(milestone.amount_minor, contract.currency)
    fee = contract.fee.of(amount)
    return values | {"milestone": milestone.title, "amount": amount, "fee": fee, "net": amount - fee}


async def _freelancer_user(db: Session, contract: Contract) -> UUID:
    query = select(Freelancer.user_id).where(Freelancer.id == contract.freelancer_id)
    return (await db.execute(query)).scalar_one()
