"""What payers were promised: a refund that did not arrive is given back in another way within two working days.

The promise is a deadline of the refund. It stands on finance's page; when it passes and nobody has acted, all of
finance are told.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from marketplace.engines.deadlines import actions as deadlines
from marketplace.escrow.models import Hold, Refund
from marketplace.identity.models import User
from marketplace.kernel import working_days
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from marketplace.messages.actions import Word, notify_each

REFUND_AGAIN = "refund_again"
"""The kind of the deadline."""
WORKING_DAYS = 2


async def promise(db: Session, refund_id: UUID, *, at: datetime) -> None:
    """The payer is told now; from now on it counts."""
    due_at = working_days.end_of(at, WORKING_DAYS)
    await deadlines.start(db, REFUND_AGAIN, subject=("refund", refund_id), due_at=due_at)


async def broken(db: Session, refund_id: UUID, *, due_at: datetime, at: datetime) -> None:
    """The time is over: finance is told, unless it was given back meanwhile."""
    later = aliased(Refund)
    query = (
        select(Refund, Hold.purpose)
        .join(Hold, Hold.id == Refund.hold_id)
        .where(Refund.id == refund_id, Refund.state == "failed", ~exists().where(later.replaces_id == Refund.id))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        return
    refund, purpose = row
    values = {"amount": Money(refund.amount_minor, refund.currency), "piece": purpose, "until": due_at}
    finance = select(User.id).where(User.staff_role == "finance", User.closed_at.is_(None)).order_by(User.id)
    words = [Word(user_id=each, values=values, link="/ops/pay-ins") for each in (await db.execute(finance)).scalars()]
    await notify_each(db, "refund_overdue", words, at=at)
