"""What finance sees: what waits, batches and who approved them, statements and the lines that nobody understands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from marketplace.escrow.models import Payout, PayoutAccount
from marketplace.escrow.rails.models import BatchApproval, PayoutBatch, Statement, StatementLine
from marketplace.escrow.rules import MoveRefused
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits on a rail in one currency."""

    rail: str
    count: int
    total: Money
    since: datetime


async def waiting(db: AnySession) -> list[Waiting]:
    """Payouts that were asked for and are in no batch yet, by rail."""
    query = (
        select(
            Payout.rail,
            func.count(),
            func.sum(Payout.arrives_minor),
            Payout.arrives_currency,
            func.min(Payout.requested_at),
        )
        .where(Payout.state == "requested", Payout.batch_id.is_(None), Payout.rail != "stripe")
        .group_by(Payout.rail, Payout.arrives_currency)
        .order_by(Payout.rail)
    )
    rows = (await db.execute(query)).all()
    return [Waiting(rail, count, Money(int(total), currency), since) for rail, count, total, currency, since in rows]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list."""

    id: UUID
    rail: str
    operator: str
    state: str
    count: int
    total: Money
    prepared_at: datetime
    approvals: int
    open: int


async def batches(db: AnySession, *, before: UUID | None = None, limit: int) -> list[BatchLine]:
    """The newest first; `open`: payouts of it that no statement has ended."""
    approvals = select(func.count()).where(BatchApproval.batch_id == PayoutBatch.id).scalar_subquery()
    unfinished = Payout.state.in_(("requested", "sent"))
    open_ = select(func.count()).where(Payout.batch_id == PayoutBatch.id, unfinished).scalar_subquery()
    columns = (PayoutBatch.id, PayoutBatch.rail, PayoutBatch.operator, PayoutBatch.state, PayoutBatch.count)
    more = (PayoutBatch.total_minor, PayoutBatch.currency, PayoutBatch.prepared_at, approvals, open_)
    query = select(*columns, *more).order_by(PayoutBatch.id.desc()).limit(limit)
    if before is not None:
        query = query.where(PayoutBatch.id < before)
    return [
        BatchLine(id, rail, operator, state, count, Money(total, currency), at, approved, left)
        for id, rail, operator, state, count, total, currency, at, approved, left in (await db.execute(query)).all()
    ]


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One payout of a batch, as the bank reads it."""

    payout: Payout
    account: PayoutAccount
    name: str

    @property
    def arrives(self) -> Money:
        return Money(self.payout.arrives_minor, self.payout.arrives_currency)


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with everything two people have to look at. `obstacle`: why the reader can't approve it."""

    batch: PayoutBatch
    payments: Sequence[PaymentLine]
    approvals: Sequence[tuple[str, datetime]]
    prepared_by: str
    obstacle: str

    @property
    def total(self) -> Money:
        return Money(self.batch.total_minor, self.batch.currency)


async def batch_view(db: AnySession, batch_id: UUID, *, reader: UUID) -> BatchView:
    """Raises: NotFound."""
    batch = await db.get(PayoutBatch, batch_id)
    if batch is None:
        raise NotFound
    payments = await _payments(db, Payout.batch_id == batch.id)
    approved = (
        select(User.name, BatchApproval.at, User.id)
        .join(User, User.id == BatchApproval.user_id)
        .where(BatchApproval.batch_id == batch.id)
        .order_by(BatchApproval.at)
    )
    approvals = (await db.execute(approved)).all()
    author = (await db.execute(select(User.name).where(User.id == batch.prepared_by))).scalar_one()
    obstacle = ""
    if any(each.payout.user_id == reader for each in payments):
        obstacle = "own"
    elif reader in {id for _, _, id in approvals}:
        obstacle = "done"
    return BatchView(batch, payments, [(name, at) for name, at, _ in approvals], author, obstacle)


async def by_hand(db: AnySession) -> list[PaymentLine]:
    """Payouts by hand that two people approved and nobody has made yet."""
    return await _payments(db, (Payout.rail == "manual") & (Payout.state == "sent"))


async def _payments(db: AnySession, which: object) -> list[PaymentLine]:
    query = (
        select(Payout, PayoutAccount, User.name)
        .join(PayoutAccount, PayoutAccount.id == Payout.payout_account_id)
        .join(User, User.id == Payout.user_id)
        .where(which)  # type: ignore[arg-type]
        .order_by(Payout.id)
        .limit(500)
    )
    return [PaymentLine(*row) for row in (await db.execute(query)).all()]


async def take_file(db: Session, batch_id: UUID, *, by: UUID, at: datetime) -> PayoutBatch:
    """The batch with its file, once it is approved; whoever takes it is written down. Raises: MoveRefused, NotFound."""
    batch = await db.get(PayoutBatch, batch_id)
    if batch is None:
        raise NotFound
    if batch.state != "approved":
        raise MoveRefused
    await audit.record(db, "batch.file_taken", subject=("batch", batch.id), by=by, at=at, sha256=batch.sha256)
    return batch


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement in a list; `open`: its lines that nobody understands yet."""

    statement: Statement
    by: str
    open: int


async def statements(db: AnySession, *, before: UUID | None = None, limit: int) -> list[StatementRow]:
    """The newest first."""
    still = (StatementLine.statement_id == Statement.id, StatementLine.state == "open")
    open_ = select(func.count()).where(*still).scalar_subquery()
    clerk = aliased(User)
    query = select(Statement, func.coalesce(clerk.name, ""), open_).outerjoin(clerk, clerk.id == Statement.imported_by)
    if before is not None:
        query = query.where(Statement.id < before)
    query = query.order_by(Statement.id.desc()).limit(limit)
    return [StatementRow(*row) for row in (await db.execute(query)).all()]


async def open_lines(db: AnySession) -> int:
    """How many lines wait for a person."""
    return (await db.execute(select(func.count()).where(StatementLine.state == "open"))).scalar_one()


@dataclass(frozen=True, slots=True)
class LineRow:
    """An open line; `reference` of the payout that it may belong to."""

    line: StatementLine
    reference: str

    @property
    def money(self) -> Money:
        return Money(self.line.amount_minor, self.line.currency)


async def lines(db: AnySession, *, after: UUID | None = None, limit: int) -> list[LineRow]:
    """Open lines, the oldest first."""
    query = (
        select(StatementLine, func.coalesce(Payout.reference, ""))
        .outerjoin(Payout, Payout.id == StatementLine.payout_id)
        .where(StatementLine.state == "open")
        .order_by(StatementLine.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(StatementLine.id > after)
    return [LineRow(*row) for row in (await db.execute(query)).all()]
