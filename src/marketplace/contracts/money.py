"""Money of contracts as its page shows it: what an employer has spent, which milestone a hold belongs to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select

from marketplace.contracts.models import Contract, Milestone
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.cards import cards_of
from marketplace.escrow.models import Hold, Refund, Release
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import CURRENCIES, Money


@dataclass(frozen=True, slots=True)
class Spending:
    """An organisation's money in one currency: held now, released to freelancers, refunded (or on its way back)."""

    held: Money
    released: Money
    refunded: Money

    @property
    def is_any(self) -> bool:
        return bool(self.held or self.released or self.refunded)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hold belongs."""

    contract_id: UUID
    number: int


async def spending_of(db: AnySession, organisation_id: UUID) -> dict[str, Spending]:
    """What an organisation has paid in, by currency and where it is now: dollars, and what it has used besides."""
    found = {currency: await _spending(db, organisation_id, currency) for currency in CURRENCIES}
    return {currency: each for currency, each in found.items() if each.is_any or currency == CURRENCIES[0]}


async def _spending(db: AnySession, organisation_id: UUID, currency: str) -> Spending:
    """Payments that no hold could take count nowhere."""
    theirs = (Hold.payer_organisation_id == organisation_id, Hold.currency == currency)
    paid_in = select(func.coalesce(func.sum(Hold.amount_minor), 0)).where(*theirs, Hold.funded_at.is_not(None))
    released = _sum(Release, *theirs)
    refunded = _sum(Refund, *theirs, Refund.state != "failed", Refund.checkout_id.is_(None))
    row = (await db.execute(select(paid_in.scalar_subquery(), released, refunded))).one()
    total, out, back = (Money(int(amount), currency) for amount in row)
    return Spending(held=total - out - back, released=out, refunded=back)


async def places_of(db: AnySession, hold_ids: Collection[UUID]) -> dict[UUID, Place]:
    """The milestone of each hold."""
    if not hold_ids:
        return {}
    query = select(Milestone.hold_id, Milestone.contract_id, Milestone.number).where(Milestone.hold_id.in_(hold_ids))
    return {hold_id: Place(contract_id, number) for hold_id, contract_id, number in await db.execute(query) if hold_id}


async def hold_of(db: AnySession, contract_id: UUID, number: int) -> Hold | None:
    """The hold of a milestone, once somebody began to pay it in. Who may see it was asked before."""
    query = select(Hold).join(Milestone, Milestone.hold_id == Hold.id)
    query = query.where(Milestone.contract_id == contract_id, Milestone.number == number)
    return (await db.execute(query)).scalar_one_or_none()


async def cards_for(db: AnySession, contract_id: UUID, *, reader: UUID, at: datetime) -> list[SavedCard]:
    """The cards with which a reader may pay in for a contract; none for who does not pay there."""
    theirs = select(Contract.organisation_id).where(Contract.id == contract_id).scalar_subquery()
    found = await cards_of(db, theirs, reader=reader)
    return [each for each in found if not each.is_expired(at)]


def _sum(kind: type[Release] | type[Refund], *where: object) -> ScalarSelect[int]:
    total = select(func.coalesce(func.sum(kind.amount_minor), 0)).join(Hold, Hold.id == kind.hold_id)
    return total.where(*where).scalar_subquery()  # pyright: ignore[reportArgumentType] - conditions
