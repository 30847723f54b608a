"""A batch: waiting payouts of one rail in one file. Two different people approve it; then it is carried to the bank."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.banking.credit_transfers import Debtor, Payment, pain_001
from marketplace.engines.banking.tables import TableLayout, table
from marketplace.escrow.errors import ApprovedAlready, NothingToPay, OwnPayout, RailClosed
from marketplace.escrow.events import PayoutSent
from marketplace.escrow.models import Payout, PayoutAccount
from marketplace.escrow.rails.catalogue import House, HouseAccounts, operators
from marketplace.escrow.rails.freezing import require_open
from marketplace.escrow.rails.models import BatchApproval, PayoutBatch
from marketplace.escrow.rails.quotes import working_day
from marketplace.escrow.rules import MoveRefused, check_move
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.ids import short
from marketplace.kernel.money import Money

APPROVALS = 2
MOST = 500
"""Payouts of one batch: what a person can look through."""
BY_HAND = TableLayout(
    (
        ("Nr", "{number}"),
        ("Name", "{name}"),
        ("Where", "{account}"),
        ("Currency", "{currency}"),
        ("Amount", "{amount}"),
        ("Reference", "{reference}"),
    )
)
Waiting = tuple[Payout, PayoutAccount]


async def prepare(
    db: Session, rail: str, *, house: HouseAccounts, site: str, by: UUID, at: datetime
) -> list[PayoutBatch]:
    """Put what waits on a rail into files, one for each operator and currency. Raises: NothingToPay, RailClosed."""
    await require_open(db)
    groups: dict[tuple[str, str], list[Waiting]] = defaultdict(list)
    for payout, account in await _waiting(db, rail):
        groups[account.operator, payout.arrives_currency].append((payout, account))
    if not groups:
        raise NothingToPay
    return [
        await _prepare(db, rail, operator, house.paying(rail, currency), waiting, site=site, by=by, at=at)
        for (operator, currency), waiting in sorted(groups.items())
    ]


async def _waiting(db: Session, rail: str) -> Sequence[Waiting]:
    query = (
        select(Payout, PayoutAccount)
        .join(PayoutAccount, PayoutAccount.id == Payout.payout_account_id)
        .where(Payout.rail == rail, Payout.state == "requested", Payout.batch_id.is_(None), Payout.rail != "stripe")
        .order_by(Payout.id)
        .limit(MOST)
        .with_for_update(of=Payout, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [(payout, account) for payout, account in (await db.execute(query)).all()]


async def _prepare(
    db: Session,
    rail: str,
    operator: str,
    house: House | None,
    waiting: Sequence[Waiting],
    *,
    site: str,
    by: UUID,
    at: datetime,
) -> PayoutBatch:
    if house is None:
        raise RailClosed
    id: UUID = (await db.execute(select(func.uuidv7()))).scalar_one()
    payments = [_payment(payout, account, site) for payout, account in waiting]
    content, ending = _file(rail, operator, house, payments, message_id=short(id), at=at)
    batch = PayoutBatch(
        id=id,
        rail=rail,
        operator=operator,
        house=house.slug,
        state="prepared",
        count=len(payments),
        total_minor=sum(payment.money.amount_minor for payment in payments),
        currency=house.currency,
        file_name=f"{operator or rail}-{at:%Y%m%d}-{short(id)[-6:]}.{ending}",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        prepared_by=by,
        prepared_at=at,
    )
    db.add(batch)
    await db.flush()
    for payout, _ in waiting:
        payout.batch_id = batch.id
    await db.flush()
    await _note(db, "batch.prepared", batch, by=by, at=at, sha256=batch.sha256)
    return batch


def _payment(payout: Payout, account: PayoutAccount, site: str) -> Payment:
    money = Money(payout.arrives_minor, payout.arrives_currency)
    assert payout.reference
    return Payment(payout.reference, account.holder, account.number, money, f"{site} {payout.reference}")


def _file(
    rail: str, operator: str, house: House, payments: Sequence[Payment], *, message_id: str, at: datetime
) -> tuple[bytes, str]:
    match rail:
        case "bank":
            debtor = Debtor(house.title, house.iban, house.bic)
            return pain_001(debtor, payments, message_id=message_id, on=working_day(at, 1)), "xml"
        case "wallet":
            return table(operators()[operator].layout, payments), "csv"
        case _:
            return table(BY_HAND, payments), "csv"


async def approve(db: Session, batch_id: UUID, *, by: UUID, at: datetime) -> PayoutBatch:
    """Answer for a batch. The second of two people makes its payouts sent.

    Raises: PayoutsFrozen, MoveRefused, ApprovedAlready, OwnPayout.
    """
    await require_open(db)
    batch = await _locked(db, batch_id)
    if batch.state != "prepared":
        raise MoveRefused
    if (await db.execute(select(func.count()).where(Payout.batch_id == batch.id, Payout.user_id == by))).scalar_one():
        raise OwnPayout
    mine = insert(BatchApproval).values(batch_id=batch.id, user_id=by, at=at).on_conflict_do_nothing()
    if (await db.execute(mine.returning(BatchApproval.user_id))).scalar_one_or_none() is None:
        raise ApprovedAlready
    await _note(db, "batch.approved", batch, by=by, at=at, sha256=batch.sha256)
    if (await db.execute(select(func.count()).where(BatchApproval.batch_id == batch.id))).scalar_one() >= APPROVALS:
        await _send(db, batch, at)
    return batch


async def _send(db: Session, batch: PayoutBatch, at: datetime) -> None:
    batch.state, batch.ended_at = "approved", at
    for payout in await _payouts(db, batch.id):
        check_move("payout", payout.state, "sent")
        payout.state, payout.sent_at = "sent", at
        await db.flush()
        hit("escrow.batch.sent")
        said: dict[str, Any] = {"amount_minor": payout.amount_minor, "currency": payout.currency}
        await audit.record(
            db, "payout.sent", subject=("payout", payout.id), by=None, at=at, batch=str(batch.id), **said
        )
        await publish(db, PayoutSent(payout_id=payout.id, user_id=payout.user_id))


async def discard(db: Session, batch_id: UUID, *, by: UUID, why: str, at: datetime) -> PayoutBatch:
    """Something in it is wrong: its payouts wait for the next one. Raises: MoveRefused once it is approved."""
    batch = await _locked(db, batch_id)
    if batch.state != "prepared":
        raise MoveRefused
    batch.state, batch.ended_at = "discarded", at
    for payout in await _payouts(db, batch.id):
        payout.batch_id = None
    await db.flush()
    await _note(db, "batch.discarded", batch, by=by, at=at, why=why)
    return batch


async def _payouts(db: Session, batch_id: UUID) -> Sequence[Payout]:
    query = select(Payout).where(Payout.batch_id == batch_id).order_by(Payout.id).with_for_update()
    return (await db.execute(query.execution_options(populate_existing=True))).scalars().all()


async def batch_of(db: AnySession, batch_id: UUID) -> PayoutBatch:
    """One batch. Raises: NotFound."""
    found = await db.get(PayoutBatch, batch_id)
    if found is None:
        raise NotFound
    return found


async def _locked(db: Session, batch_id: UUID) -> PayoutBatch:
    found = await db.get(PayoutBatch, batch_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


async def _note(
    db: Session, action: str, batch: PayoutBatch, *, by: UUID, at: datetime, why: str = "", **values: object
) -> None:
    about = {"count": batch.count, "total_minor": batch.total_minor, "currency": batch.currency}
    said: dict[str, Any] = {**about, **values}
    await audit.record(db, action, subject=("batch", batch.id), by=by, at=at, why=why, **said)
