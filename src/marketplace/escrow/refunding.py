"""Refunds that did not arrive: their money waits in the hold, or in transit, until a person gives it back once more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, exists, func, select
from sqlalchemy.orm import aliased

from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.ledger import journal
from marketplace.engines.ledger.models import LedgerAccount
from marketplace.escrow import accounts, sending
from marketplace.escrow.actions import locked_hold, take_from_hold
from marketplace.escrow.models import Checkout, Hold, Refund
from marketplace.escrow.promises import REFUND_AGAIN
from marketplace.escrow.rules import MoveRefused
from marketplace.identity import audit
from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.failpoints import hit
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Failed:
    """A refund that a bank refused or sent back, whose money lies here. `code` is Stripe's reason."""

    refund_id: UUID
    payer: str
    purpose: str
    money: Money
    code: str
    since: datetime
    until: datetime | None
    """Until when the payer was promised that somebody looks at it."""


async def failed_refunds(db: AnySession) -> list[Failed]:
    """What nobody has given back yet, the oldest first; what a hold has spent otherwise by now is left out."""
    later = aliased(Refund)
    held = select(LedgerAccount.balance).where(LedgerAccount.code == func.concat("hold:", cast(Hold.id, String)))
    query = (
        select(Refund, Organisation.name, Hold.purpose, Deadline.due_at)
        .join(Hold, Hold.id == Refund.hold_id)
        .join(Organisation, Organisation.id == Hold.payer_organisation_id)
        .outerjoin(Deadline, (Deadline.kind == REFUND_AGAIN) & (Deadline.subject_id == Refund.id))
        .where(Refund.state == "failed", ~exists().where(later.replaces_id == Refund.id))
        .where(Refund.checkout_id.is_not(None) | (held.scalar_subquery() >= Refund.amount_minor))
        .order_by(Refund.id)
    )
    return [
        Failed(each.id, payer, purpose, Money(each.amount_minor, each.currency), each.failure, each.created_at, until)
        for each, payer, purpose, until in (await db.execute(query)).all()
    ]


async def give_back_again(db: Session, refund_id: UUID, *, is_by_hand: bool, by: UUID, at: datetime) -> Refund:
    """A second refund in place of one that failed: to the card once more, or by hand (then another person confirms it).

    Once per failed refund. Raises: NotFound, MoveRefused, NotHeld, HoldFrozen.
    """
    found = await db.get(Refund, refund_id)
    if found is None:
        raise NotFound
    hold = await locked_hold(db, found.hold_id)
    failed = await db.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    replaced = await db.scalar(select(Refund.id).where(Refund.replaces_id == failed.id))
    if failed.state != "failed" or replaced is not None:
        raise MoveRefused
    is_by_hand = is_by_hand and not hold.is_reserve_backed  # her bank has given her that money already
    made = Refund(
        hold_id=hold.id,
        checkout_id=failed.checkout_id,
        replaces_id=failed.id,
        is_by_hand=is_by_hand,
        amount_minor=failed.amount_minor,
        currency=failed.currency,
        cause=failed.cause,
        state="pending",
        by_user_id=by,
        created_at=at,
    )
    db.add(made)
    await db.flush()
    await _take(db, hold, failed, made, at)
    if not is_by_hand:
        await _send(db, hold, made, at)
    said: dict[str, Any] = {"amount_minor": made.amount_minor, "currency": made.currency, "is_by_hand": is_by_hand}
    await audit.record(db, "refund.again", subject=("hold", hold.id), by=by, at=at, **said)
    return made


async def _take(db: Session, hold: Hold, failed: Refund, made: Refund, at: datetime) -> None:
    money, target = Money(made.amount_minor, made.currency), accounts.refund_transit(made.id)
    key = f"refund:{made.id}"
    if failed.checkout_id is None:
        lines = accounts.move(accounts.hold(hold.id), target, money)
        await take_from_hold(db, hold, lines, key=key, kind="refund", at=at)
    else:  # no hold ever had it: it has waited in transit
        lines = accounts.move(accounts.refund_transit(failed.id), target, money)
        await journal.post(db, key=key, kind="refund_again", lines=lines, at=at, subject=("refund", made.id))
    hit("escrow.refund.again")


async def _send(db: Session, hold: Hold, made: Refund, at: datetime) -> None:
    if made.checkout_id is None:
        await sending.give_back(db, made, hold, at=at)
        return
    checkout = await db.get_one(Checkout, made.checkout_id)
    assert checkout.charge_id is not None, checkout.id
    await sending.send_refund(db, made, checkout.charge_id)
