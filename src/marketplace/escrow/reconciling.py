"""Every movement of our balance at Stripe beside what the ledger posted for the same object, both ways.

An object is a charge, a transfer, a refund … and `refs` says which journal transactions belong to it. What the
two books say differently becomes a row that a person closes with a reason: nothing heals silently.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.ledger import journal
from marketplace.escrow import accounts
from marketplace.escrow.models import BookDifference, Reconciliation
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

GRACE = timedelta(hours=1)
"""What is younger may be under way between the two books."""

# refs: the objects of Stripe and the keys of their journal transactions. A new kind of posting adds its line there.
_COMPARE = text("""
    WITH refs AS (
        SELECT charge_id AS source_id, 'hold:' || hold_id || '\\:fund' AS key FROM checkouts WHERE state = 'paid'
        UNION ALL SELECT charge_id, 'checkout:' || id || '\\:refuse' FROM checkouts WHERE state = 'refused'
        UNION ALL SELECT charge_id, 'charge:' || charge_id || '\\:fee' FROM checkouts WHERE charge_id IS NOT NULL
        UNION ALL SELECT stripe_transfer_id, 'transfer:' || id FROM transfers WHERE stripe_transfer_id IS NOT NULL
        UNION ALL SELECT stripe_refund_id, 'refund:' || id || '\\:sent' FROM refunds WHERE stripe_refund_id IS NOT NULL
        UNION ALL SELECT stripe_refund_id, 'refund:' || id || '\\:failed' FROM refunds
            WHERE stripe_refund_id IS NOT NULL
        UNION ALL SELECT c.stripe_dispute_id, t.key FROM chargebacks c JOIN ledger_transactions t
            ON t.subject_kind = 'chargeback' AND t.subject_id = c.id
        UNION ALL SELECT source_id, 'difference:' || id FROM book_differences WHERE closed_as <> ''
    ),
    theirs AS (
        SELECT source_id, currency, sum(net_minor)::bigint AS net, min(created_at) AS at FROM balance_movements
        GROUP BY source_id, currency),
    ours AS (
        SELECT coalesce(refs.source_id, t.key) AS source_id, e.currency, -sum(e.amount)::bigint AS net,
            min(t.effective_at) AS at
        FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
        JOIN ledger_transactions t ON t.id = e.transaction_id LEFT JOIN refs ON refs.key = t.key
        WHERE a.code = 'world:stripe:' || a.currency
        GROUP BY 1, 2)
    SELECT source_id, currency,
        theirs.net AS stripe_minor, ours.net AS ledger_minor, least(theirs.at, ours.at) < :until AS is_settled
    FROM theirs FULL JOIN ours USING (source_id, currency)""")


BOOKED_AS = {"own_transfer": accounts.own_transfers, "stripe_fee": accounts.processor_fees}
"""What a movement that only Stripe knows of may be, and the account on its other side."""


class NotBookable(Conflict):
    message = N_("Only what Stripe has and the ledger does not know can be booked. Look into this one first.")


class ReasonNeeded(Invalid):
    message = N_("Say what it was and what was done about it.")


async def reconcile(db: Session, *, at: datetime, grace: timedelta = GRACE) -> Reconciliation:
    """Compare all that was copied from Stripe (`movements.fetch_movements`) and keep what differs."""
    rows = (await db.execute(_COMPARE, {"until": at - grace})).all()
    settled = [row for row in rows if row.is_settled]
    different = [row for row in settled if row.stripe_minor != row.ledger_minor]
    await _keep(db, different, at)
    made = Reconciliation(at=at, compared=len(settled), different=len(different), sums=_sums(rows))
    db.add(made)
    await db.flush()
    return made


def _sums(rows: Any) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        of = sums.setdefault(row.currency, {"stripe": 0, "ledger": 0})
        of["stripe"] += row.stripe_minor or 0
        of["ledger"] += row.ledger_minor or 0
    return sums


async def _keep(db: Session, different: list[Row[Any]], at: datetime) -> None:
    """New ones are added, open ones that match by now are marked; what a person has closed stays closed."""
    seen = {(row.source_id, row.currency) for row in different}
    known = {
        (each.source_id, each.currency): each
        for each in (await db.execute(select(BookDifference).order_by(BookDifference.found_at))).scalars()
    }
    for row in different:
        old = known.get((row.source_id, row.currency))
        if old is not None and (old.stripe_minor, old.ledger_minor) == (row.stripe_minor, row.ledger_minor):
            continue
        values = {"stripe_minor": row.stripe_minor, "ledger_minor": row.ledger_minor, "found_at": at}
        found = insert(BookDifference).values(source_id=row.source_id, currency=row.currency, **values)
        await db.execute(
            found.on_conflict_do_update(
                index_elements=["source_id", "currency"],
                index_where=BookDifference.closed_at.is_(None),
                set_={**values, "gone_at": None},
            )
        )
    gone = [each.id for key, each in known.items() if key not in seen and each.gone_at is None]
    await db.execute(update(BookDifference).where(BookDifference.id.in_(gone)).values(gone_at=at))


async def close_difference(db: Session, difference_id: UUID, reason: str, *, by: UUID, at: datetime) -> None:
    """A person says what it was. Raises: NotFound, ReasonNeeded."""
    await _close(db, difference_id, reason, by=by, at=at)


async def book_difference(
    db: Session, difference_id: UUID, booked_as: str, reason: str, *, by: UUID, at: datetime
) -> None:
    """What only Stripe knew of is booked here too: money of our own that moved, or a fee that Stripe took.

    Raises: NotFound, ReasonNeeded, Invalid, NotBookable (the ledger knows of it, or it matches by now).
    """
    if booked_as not in BOOKED_AS:
        raise Invalid.at("closed_as", N_("Choose one of the list."))
    found = await _close(db, difference_id, reason, by=by, at=at)
    if found.stripe_minor is None or found.ledger_minor is not None or found.gone_at is not None:
        raise NotBookable
    found.closed_as = booked_as
    await db.flush()
    money = Money(found.stripe_minor, found.currency)
    lines = accounts.move(accounts.stripe(found.currency), BOOKED_AS[booked_as](found.currency), money)
    subject = ("book_difference", found.id)
    await journal.post(db, key=f"difference:{found.id}", kind=booked_as, lines=lines, at=at, subject=subject)


async def _close(db: Session, difference_id: UUID, reason: str, *, by: UUID, at: datetime) -> BookDifference:
    found = await db.get(BookDifference, difference_id, with_for_update=True)
    if found is None or found.closed_at is not None:
        raise NotFound
    if not reason.strip():
        raise ReasonNeeded.at("reason", ReasonNeeded.message)
    found.closed_at, found.closed_by_user_id, found.reason = at, by, reason.strip()
    await db.flush()
    subject = ("book_difference", found.id)
    await audit.record(db, "book_difference.closed", subject=subject, by=by, at=at, why=found.reason)
    return found


async def last_reconciliation(db: AnySession) -> Reconciliation | None:
    """The newest comparison."""
    return (await db.execute(select(Reconciliation).order_by(Reconciliation.id.desc()).limit(1))).scalar_one_or_none()


async def open_differences(db: AnySession, *, after: UUID | None = None, limit: int = 50) -> list[BookDifference]:
    """What nobody has closed yet, oldest first."""
    query = select(BookDifference).where(BookDifference.closed_at.is_(None)).order_by(BookDifference.id).limit(limit)
    if after is not None:
        query = query.where(BookDifference.id > after)
    return list((await db.execute(query)).scalars())


async def count_open(db: AnySession) -> int:
    """How many differences wait for a person."""
    query = select(func.count()).select_from(BookDifference).where(BookDifference.closed_at.is_(None))
    return int((await db.execute(query)).scalar_one())
