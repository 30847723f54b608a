"""The published table of fees: read by previews and contracts, shown at /fees, extended by `marketplace fees`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from marketplace.escrow.models import FeeKind, FeeRule, Hold, Release
from marketplace.escrow.rules import FeeTerms
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

CHARGED: tuple[FeeKind, ...] = ("contract", "order")


class NotAhead(Conflict):
    message = N_("A fee can only change from a later moment on: what was published stays.")


@dataclass(frozen=True, slots=True)
class PublishedFee:
    """One row of the table."""

    kind: str
    currency: str
    payer: str
    terms: FeeTerms
    valid_from: datetime

    @property
    def percent(self) -> str:
        """Like "10" or "7.5"."""
        return f"{(Decimal(self.terms.basis_points) / 100).normalize():f}"

    @property
    def minimum(self) -> Money:
        return Money(self.terms.minimum_minor, self.currency)


async def fee_terms(db: AnySession, kind: FeeKind, currency: str, *, at: datetime) -> FeeTerms:
    """The terms that a contract of this kind gets when it begins at that time."""
    [found] = [fee for fee in await fees_in_force(db, at=at) if (fee.kind, fee.currency) == (kind, currency)]
    return found.terms


async def fee_of_part(db: AnySession, hold: Hold, part: Money) -> Money:
    """What is taken when `part` of a hold is released next."""
    return hold.fee.of_part(part, released=await released_of(db, hold))


async def released_of(db: AnySession, hold: Hold) -> Money:
    """What a hold has released until now, before the fee."""
    query = select(func.coalesce(func.sum(Release.amount_minor), 0)).where(Release.hold_id == hold.id)
    return Money(int((await db.execute(query)).scalar_one()), hold.currency)


async def fees_in_force(db: AnySession, *, at: datetime) -> list[PublishedFee]:
    """What holds at that time: one row for each kind and currency, those that are charged first."""
    rows = (
        select(FeeRule)
        .ext(distinct_on(FeeRule.kind, FeeRule.currency))
        .where(FeeRule.valid_from <= at)
        .order_by(FeeRule.kind, FeeRule.currency, FeeRule.valid_from.desc())
    )
    found = _published((await db.execute(rows)).scalars().all())
    return sorted(found, key=lambda fee: (fee.kind not in CHARGED, fee.kind, fee.currency != "USD", fee.currency))


async def fees_to_come(db: AnySession, *, at: datetime) -> list[PublishedFee]:
    """Changes that are published already, the next one first."""
    rows = select(FeeRule).where(FeeRule.valid_from > at).order_by(FeeRule.valid_from, FeeRule.kind, FeeRule.currency)
    return _published((await db.execute(rows)).scalars().all())


async def publish_fee(
    db: Session, kind: FeeKind, currency: str, terms: FeeTerms, *, valid_from: datetime, at: datetime
) -> FeeRule:
    """Announce what contracts pay that begin from then on; what exists keeps its terms.

    Raises: NotAhead for a moment that is not later than now and than every earlier announcement.
    """
    last = select(func.max(FeeRule.valid_from)).where(FeeRule.kind == kind, FeeRule.currency == currency)
    known: datetime | None = (await db.execute(last)).scalar()
    if valid_from <= at or (known is not None and valid_from <= known):
        raise NotAhead
    rule = FeeRule(
        kind=kind,
        currency=currency,
        payer="freelancer",
        basis_points=terms.basis_points,
        minimum_minor=terms.minimum_minor,
        valid_from=valid_from,
    )
    db.add(rule)
    await db.flush()
    values: dict[str, Any] = {
        "kind": kind,
        "currency": currency,
        "basis_points": terms.basis_points,
        "minimum": terms.minimum_minor,
    }
    await audit.record(db, "fee.published", subject=("fee", rule.id), by=None, at=at, **values)
    return rule


def _published(rules: Sequence[FeeRule]) -> list[PublishedFee]:
    return [
        PublishedFee(
            rule.kind, rule.currency, rule.payer, FeeTerms(rule.basis_points, rule.minimum_minor), rule.valid_from
        )
        for rule in rules
    ]
