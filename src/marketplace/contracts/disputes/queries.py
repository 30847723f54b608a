"""Reads of disputes: for both sides, and for the moderator who has taken it. Nobody else finds them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.contracts.columns import is_party, side_of
from marketplace.contracts.disputes import rules
from marketplace.contracts.disputes.models import Dispute, Settlement, Split, Statement, StatementFile
from marketplace.contracts.models import Contract, Delivery, Milestone
from marketplace.contracts.queries import FileView
from marketplace.contracts.rules import Side
from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.files.models import StoredFile
from marketplace.escrow.fees import released_of
from marketplace.escrow.models import Hold
from marketplace.escrow.queries import left_in
from marketplace.escrow.rules import FeeTerms
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.talent.models import Freelancer


@dataclass(frozen=True, slots=True)
class StatementView:
    """What one side said."""

    side: str
    name: str
    text: str
    at: datetime
    files: tuple[FileView, ...]


@dataclass(frozen=True, slots=True)
class SplitView:
    """A division that is proposed. `fee` is what would be taken from the released part."""

    id: UUID
    side: str
    release: Money
    refund: Money
    fee: Money
    text: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementView:
    """A decision, or what both agreed."""

    cause: str
    release: Money
    refund: Money
    fee: Money
    reason: str
    made_at: datetime
    appeal_until: datetime | None
    appealed_by: str | None
    appealed_at: datetime | None
    appeal: str
    waived: frozenset[str]
    in_force_at: datetime | None

    @property
    def net(self) -> Money:
        """What the freelancer gets."""
        return self.release - self.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeView:
    """A dispute as one side, or its moderator (`side` None), sees it. `default` is what she gets if nobody decides."""

    id: UUID
    side: Side | None
    state: str
    opened_by: str | None
    opened_at: datetime
    answered_at: datetime | None
    settled_at: datetime | None
    due_at: datetime | None
    paused_why: str
    contract_id: UUID
    contract_title: str
    number: int
    milestone_title: str
    amount: Money
    left: Money
    default: Money
    frozen_at: datetime | None
    freelancer_name: str
    organisation_name: str
    may_decide: bool
    statements: tuple[StatementView, ...]
    splits: tuple[SplitView, ...]
    settlements: tuple[SettlementView, ...]

    @property
    def is_open(self) -> bool:
        """Whether both can still agree and add to what they said."""
        return self.state in ("open", "mediation")

    @property
    def decided_by(self) -> datetime:
        """When a moderator has decided at the latest, told while the first answer is still awaited."""
        return rules.due_at("mediation", opened_at=self.opened_at, at=self.opened_at)

    @property
    def last(self) -> SettlementView | None:
        return self.settlements[-1] if self.settlements else None

    def name_of(self, side: str | None) -> str:
        """Who is on that side."""
        return {"employer": self.organisation_name, "freelancer": self.freelancer_name}.get(side or "", "")


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A dispute in the moderators' list: what is due, not what was written."""

    id: UUID
    state: str
    contract_title: str
    milestone_title: str
    amount: Money
    opened_at: datetime
    due_at: datetime
    moderator: str | None
    is_mine: bool
    is_takeable: bool


async def dispute_view(db: AnySession, id: UUID, *, reader: UUID, is_staff: bool) -> DisputeView:
    """Raises: NotFound for whoever is on no side and has not taken it."""
    query = (
        select(Dispute, Milestone, Contract, Hold, Deadline)
        .add_columns(User.name, Organisation.name.label("organisation"), side_of(reader).label("side"))
        .add_columns(is_party(reader).label("is_party"))
        .join(Milestone, Milestone.id == Dispute.milestone_id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Hold, Hold.id == Milestone.hold_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .outerjoin(Deadline, _is_stage())
        .where(Dispute.id == id, _may_read(reader, is_staff=is_staff))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    dispute, milestone, contract, hold, deadline = row[:5]
    left, released = await left_in(db, hold.id), await released_of(db, hold)
    deliveries = await db.scalar(select(func.count()).where(Delivery.milestone_id == milestone.id)) or 0
    decides = dispute.second_moderator_id if dispute.state == "appealed" else dispute.moderator_id
    return DisputeView(
        id=dispute.id,
        side=row.side if row.is_party else None,
        state=dispute.state,
        opened_by=dispute.side,
        opened_at=dispute.opened_at,
        answered_at=dispute.answered_at,
        settled_at=dispute.settled_at,
        due_at=deadline.due_at if deadline and deadline.state in ("running", "paused") else None,
        paused_why=deadline.pause_reason if deadline else "",
        contract_id=contract.id,
        contract_title=contract.title,
        number=milestone.number,
        milestone_title=milestone.title,
        amount=Money(milestone.amount_minor, contract.currency),
        left=left,
        default=rules.default_release(dispute.before, deliveries, left),
        frozen_at=hold.frozen_at,
        freelancer_name=row.name,
        organisation_name=row.organisation,
        may_decide=not row.is_party and decides == reader and dispute.state in ("mediation", "appealed"),
        statements=await _statements(db, dispute.id),
        splits=await splits_of(db, milestone.id, left, contract.fee, released=released),
        settlements=await _settlements(db, dispute.id, contract.fee, released),
    )


async def side_in(db: AnySession, id: UUID, *, by: UUID) -> tuple[Milestone, Side]:
    """The milestone that an action of a side takes. Raises: NotFound for whoever is on no side."""
    query = (
        select(Milestone, side_of(by))
        .join(Dispute, Dispute.milestone_id == Milestone.id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .where(Dispute.id == id, is_party(by))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def disputed_milestone(db: AnySession, id: UUID) -> Milestone:
    """The milestone that a moderator's action takes. Raises: NotFound."""
    query = select(Milestone).join(Dispute, Dispute.milestone_id == Milestone.id).where(Dispute.id == id)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def of_milestone(db: AnySession, milestone_id: UUID) -> Dispute | None:
    """The dispute about a milestone. Who may see it was asked before."""
    return (await db.execute(select(Dispute).where(Dispute.milestone_id == milestone_id))).scalar_one_or_none()


async def queue(db: AnySession, moderator: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> list[QueueLine]:
    """Disputes that are not settled, what is due first on top. A moderator's own contracts are not among them."""
    first, second = aliased(User), aliased(User)
    query = (
        select(Dispute, Milestone, Contract.title, Contract.currency, Deadline.due_at)
        .add_columns(first.name.label("first"), second.name.label("second"))
        .join(Milestone, Milestone.id == Dispute.milestone_id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .join(Deadline, _is_stage())
        .outerjoin(first, first.id == Dispute.moderator_id)
        .outerjoin(second, second.id == Dispute.second_moderator_id)
        .where(Dispute.state != "settled", ~is_party(moderator))
        .order_by(Deadline.due_at, Dispute.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(or_(Deadline.due_at > after[0], and_(Deadline.due_at == after[0], Dispute.id > after[1])))
    return [_line(row, moderator) for row in (await db.execute(query)).all()]


def _line(row: Any, moderator: UUID) -> QueueLine:
    dispute, milestone = row[0], row[1]
    is_appeal = dispute.state == "appealed"
    owner = dispute.second_moderator_id if is_appeal else dispute.moderator_id
    return QueueLine(
        id=dispute.id,
        state=dispute.state,
        contract_title=row.title,
        milestone_title=milestone.title,
        amount=Money(milestone.amount_minor, row.currency),
        opened_at=dispute.opened_at,
        due_at=row.due_at,
        moderator=row.second if is_appeal else row.first,
        is_mine=owner == moderator,
        is_takeable=owner is None and not (is_appeal and dispute.moderator_id == moderator),
    )


async def splits_of(
    db: AnySession, milestone_id: UUID, left: Money, terms: FeeTerms, *, released: Money
) -> tuple[SplitView, ...]:
    """What is proposed now, by either side, after `released` of the hold."""
    query = select(Split).where(Split.milestone_id == milestone_id, Split.state == "open").order_by(Split.id)
    found: list[SplitView] = []
    for split in (await db.execute(query)).scalars():
        release = Money(split.release_minor, split.currency)
        parts = (release, left - release, terms.of_part(release, released=released))
        found.append(SplitView(split.id, split.side, *parts, split.text, split.made_at))
    return tuple(found)


async def file_for(db: AnySession, id: UUID, file_id: UUID, *, reader: UUID, is_staff: bool) -> StoredFile:
    """A file that came with a statement in this dispute. Raises: NotFound for whoever may not see the dispute."""
    query = (
        select(StoredFile)
        .join(StatementFile, StatementFile.file_id == StoredFile.id)
        .join(Statement, Statement.id == StatementFile.statement_id)
        .join(Dispute, Dispute.id == Statement.dispute_id)
        .join(Milestone, Milestone.id == Dispute.milestone_id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .where(Dispute.id == id, StoredFile.id == file_id)
        .where(_may_read(reader, is_staff=is_staff))
    )
    found = (await db.execute(query)).scalars().first()
    if found is None:
        raise NotFound
    return found


async def _statements(db: AnySession, dispute_id: UUID) -> tuple[StatementView, ...]:
    query = (
        select(Statement, User.name)
        .join(User, User.id == Statement.by_user_id)
        .where(Statement.dispute_id == dispute_id)
        .order_by(Statement.id)
    )
    rows = (await db.execute(query)).all()
    files: dict[UUID, list[FileView]] = defaultdict(list)
    given = (
        select(StatementFile.statement_id, StoredFile)
        .join(StoredFile, StoredFile.id == StatementFile.file_id)
        .where(StatementFile.statement_id.in_([statement.id for statement, _ in rows]))
        .order_by(StoredFile.id)
    )
    for statement_id, file in (await db.execute(given)).all():
        files[statement_id].append(FileView(file.id, file.name, file.media_type, file.size_bytes))
    return tuple(
        StatementView(statement.side, name, statement.text, statement.at, tuple(files[statement.id]))
        for statement, name in rows
    )


async def _settlements(
    db: AnySession, dispute_id: UUID, terms: FeeTerms, released: Money
) -> tuple[SettlementView, ...]:
    """What was decided. The one in force is among what the hold has `released`; each divides what was left before."""
    query = select(Settlement).where(Settlement.dispute_id == dispute_id).order_by(Settlement.id)
    rows = (await db.execute(query)).scalars().all()
    settled = sum(row.release_minor for row in rows if row.in_force_at)
    before = released - Money(settled, released.currency)
    return tuple(_settlement(row, terms, before) for row in rows)


def _settlement(row: Settlement, terms: FeeTerms, before: Money) -> SettlementView:
    release = Money(row.release_minor, row.currency)
    waived = {"employer": row.waived_by_employer_at, "freelancer": row.waived_by_freelancer_at}
    return SettlementView(
        cause=row.cause,
        release=release,
        refund=Money(row.refund_minor, row.currency),
        fee=terms.of_part(release, released=before),
        reason=row.reason,
        made_at=row.made_at,
        appeal_until=row.appeal_until,
        appealed_by=row.appealed_by,
        appealed_at=row.appealed_at,
        appeal=row.appeal,
        waived=frozenset(side for side, at in waived.items() if at),
        in_force_at=row.in_force_at,
    )


def _is_stage() -> ColumnElement[bool]:
    return and_(Deadline.subject_id == Dispute.id, Deadline.subject_kind == "dispute", Deadline.kind == rules.STAGE)


def _may_read(reader: UUID, *, is_staff: bool) -> ColumnElement[bool]:
    """Both sides, and the moderators who have taken it."""
    if not is_staff:
        return is_party(reader)
    return or_(is_party(reader), Dispute.moderator_id == reader, Dispute.second_moderator_id == reader)
