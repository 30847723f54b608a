"""Reads of contracts. Whoever is neither the freelancer nor with the employer finds nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, exists, select

from marketplace.contracts.columns import (
    is_hers,
    is_party,
    is_review,
    is_theirs,
    released_columns,
    seen_name,
    side_of,
)
from marketplace.contracts.disputes.models import Dispute
from marketplace.contracts.models import Contract, Delivery, DeliveryFile, Milestone, Revision
from marketplace.contracts.rules import CLEARING, EMPLOYER_ROLES, FORCE_AFTER, LIVING, OVER, NotYourSide, Side
from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.files.models import StoredFile
from marketplace.escrow.models import Hold
from marketplace.escrow.rules import STRIPE_HOLDS, FeeTerms
from marketplace.gigs.models import Service
from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer


@dataclass(frozen=True, slots=True)
class FileView:
    """A delivered file. `has_preview`: it is a picture, and its small version can be shown."""

    id: UUID
    name: str
    media_type: str
    size_bytes: int

    @property
    def has_preview(self) -> bool:
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """What was handed in, and what was missing in it (empty when nothing was)."""

    number: int
    text: str
    delivered_at: datetime
    files: tuple[FileView, ...]
    missing: str
    missing_asked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneView:
    """A milestone with its review and its money: `fee` is taken of all of it, `fees` were taken so far.

    `review_until` is set while a delivery waits for an answer.
    """

    id: UUID
    number: int
    title: str
    amount: Money
    fee: Money
    state: str
    days: int
    due_at: datetime | None
    funded_at: datetime | None
    review_until: datetime | None
    review_paused_why: str
    released_at: datetime | None
    transfer_state: str | None
    transferred_at: datetime | None
    released: Money
    refunded: Money
    fees: Money
    frozen_at: datetime | None
    dispute_id: UUID | None
    deliveries: tuple[DeliveryView, ...] = ()

    @property
    def net(self) -> Money:
        """What the freelancer gets: of what was released, and of what is still to come."""
        return self.amount - self.refunded - self.fee

    @property
    def net_left(self) -> Money:
        """What the freelancer still gets, of what is left."""
        return self.net - (self.released - self.fees)

    @property
    def left(self) -> Money:
        """What is neither released nor given back: held, once it is funded."""
        return self.amount - self.released - self.refunded

    @property
    def is_in_parts(self) -> bool:
        """Whether some of it went another way, or earlier, than the rest."""
        return bool(self.refunded) or bool(self.released and self.left)

    def is_overdue(self, at: datetime) -> bool:
        """Whether the date has passed and nothing was ever delivered."""
        return self.state == "funded" and not self.deliveries and self.due_at is not None and self.due_at <= at

    @property
    def holding_until(self) -> datetime | None:
        """When money that is still held is decided about."""
        return self.funded_at + FORCE_AFTER if self.funded_at and self.state in LIVING else None

    @property
    def takes_card(self) -> bool:
        """Whether it can be paid in by card; by bank or wallet it can wherever we have an account for its currency."""
        return self.amount.currency in STRIPE_HOLDS

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def available_at(self) -> datetime | None:
        """From when it can be paid out, once the transfer to her balance is sent."""
        return self.transferred_at + CLEARING if self.transferred_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractView:
    """A contract as one of its sides sees it."""

    id: UUID
    side: Side
    state: str
    title: str
    currency: str
    fee: FeeTerms
    terms: dict[str, Any]
    terms_hash: str
    started_at: datetime
    ended_at: datetime | None
    posting_slug: str | None
    service_slug: str | None
    revisions_included: int | None
    unpaid_until: datetime | None
    organisation_name: str
    organisation_slug: str
    freelancer_name: str
    freelancer_handle: str
    freelancer_user_id: UUID
    milestones: tuple[MilestoneView, ...]

    @property
    def other_name(self) -> str:
        """Who is on the other side."""
        return self.freelancer_name if self.side == "employer" else self.organisation_name

    @property
    def current(self) -> MilestoneView | None:
        """The first milestone that is not over."""
        return next((each for each in self.milestones if not each.is_over), None)

    def milestone(self, number: int) -> MilestoneView:
        """Raises: NotFound."""
        for each in self.milestones:
            if each.number == number:
                return each
        raise NotFound

    @property
    def revisions_left(self) -> int | None:
        """How often something may still be sent back; None: as often as both want."""
        if self.revisions_included is None:
            return None
        asked = sum(bool(each.missing) for part in self.milestones for each in part.deliveries)
        return max(0, self.revisions_included - asked)

    @property
    def net(self) -> Money:
        """What the freelancer gets in all."""
        return sum((each.net for each in self.milestones), Money(0, self.currency))

    def sum_of(self, *states: str) -> Money:
        """The amounts of all milestones, or of those in the states named."""
        amounts = (each.amount for each in self.milestones if not states or each.state in states)
        return sum(amounts, Money(0, self.currency))


async def contract_view(db: AnySession, contract_id: UUID, *, reader: UUID) -> ContractView:
    """A contract with all its milestones and deliveries. Raises: NotFound when the reader is on neither side."""
    head = (
        select(
            *(Contract.id, Contract.state, Contract.title, Contract.currency),
            *(Contract.fee_basis_points, Contract.fee_minimum_minor),
            *(Contract.terms, Contract.terms_hash, Contract.started_at, Contract.ended_at),
            *(Contract.revisions_included, Contract.unpaid_until),
            *(Posting.slug.label("posting_slug"), Service.slug.label("service_slug")),
            Organisation.name.label("organisation_name"),
            Organisation.slug.label("organisation_slug"),
            case((is_hers(reader), User.name), else_=seen_name()).label("freelancer_name"),
            Freelancer.handle.label("freelancer_handle"),
            Freelancer.user_id.label("freelancer_user_id"),
            side_of(reader).label("side"),
        )
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .outerjoin(Posting, Posting.id == Contract.posting_id)
        .outerjoin(Service, Service.id == Contract.service_id)
        .where(Contract.id == contract_id, is_party(reader))
    )
    row = (await db.execute(head)).mappings().one_or_none()
    if row is None:
        raise NotFound
    fields = dict(row)
    fee = FeeTerms(fields.pop("fee_basis_points"), fields.pop("fee_minimum_minor"))
    return ContractView(**fields, fee=fee, milestones=await _milestones(db, contract_id, row["currency"], fee))


async def contract_for(
    db: AnySession, contract_id: UUID, *, by: UUID, side: Side | None = None
) -> tuple[Contract, Side]:
    """The row that an action takes, and which side `by` is on.

    Raises: NotFound when it is neither; NotYourSide when only the other `side` may do what is to be done.
    """
    query = (
        select(Contract, side_of(by))
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .where(Contract.id == contract_id, is_party(by))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    if side is not None and row[1] != side:
        raise NotYourSide
    return row[0], row[1]


async def milestone_for(db: AnySession, contract_id: UUID, number: int, *, by: UUID, side: Side) -> Milestone:
    """The milestone that an action takes. Raises: NotFound, NotYourSide."""
    await contract_for(db, contract_id, by=by, side=side)
    query = select(Milestone).where(Milestone.contract_id == contract_id, Milestone.number == number)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def contract_of_proposal(db: AnySession, proposal_id: UUID, *, reader: UUID) -> UUID | None:
    """The contract that a proposal became, for those who may see it."""
    query = (
        select(Contract.id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .where(Contract.proposal_id == proposal_id, is_party(reader))
    )
    return (await db.execute(query)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class OpenContract:
    """A contract that is not over; `is_disputed`: one of its milestones is."""

    id: UUID
    title: str
    is_disputed: bool


async def open_contracts_of(db: AnySession, user_id: UUID) -> list[OpenContract]:
    """Contracts that are not over and would end without her.

    Hers as the freelancer, or of an organisation in which nobody else could go on.
    """
    somebody_else = exists().where(
        Membership.organisation_id == Contract.organisation_id,
        Membership.user_id != user_id,
        Membership.role.in_(EMPLOYER_ROLES),
        User.id == Membership.user_id,
        User.closed_at.is_(None),
    )
    is_disputed = exists().where(Milestone.contract_id == Contract.id, Milestone.state == "disputed")
    query = select(Contract.id, Contract.title, is_disputed).join(Freelancer, Freelancer.id == Contract.freelancer_id)
    would_end = is_hers(user_id) | (is_theirs(user_id) & ~somebody_else)
    rows = await db.execute(query.where(Contract.state.in_(("offered", "active")), would_end).order_by(Contract.id))
    return [OpenContract(*row) for row in rows.all()]


async def file_for(db: AnySession, file_id: UUID, *, reader: UUID) -> StoredFile:
    """A file that was delivered in one of the reader's contracts. Raises: NotFound for everybody else."""
    query = (
        select(StoredFile)
        .join(DeliveryFile, DeliveryFile.file_id == StoredFile.id)
        .join(Delivery, Delivery.id == DeliveryFile.delivery_id)
        .join(Milestone, Milestone.id == Delivery.milestone_id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .where(StoredFile.id == file_id, is_party(reader))
    )
    found = (await db.execute(query)).scalars().first()
    if found is None:
        raise NotFound
    return found


async def _milestones(db: AnySession, contract_id: UUID, currency: str, fee: FeeTerms) -> tuple[MilestoneView, ...]:
    query = (
        select(
            *(Milestone.id, Milestone.number, Milestone.title, Milestone.amount_minor, Milestone.state),
            *(Milestone.days, Milestone.due_at),
            case((Milestone.state == "delivered", Deadline.due_at)).label("review_until"),
            case((Deadline.state == "paused", Deadline.pause_reason), else_="").label("review_paused_why"),
            *(Hold.funded_at, Hold.frozen_at, *released_columns()),
            Dispute.id.label("dispute_id"),
        )
        .outerjoin(Deadline, is_review())
        .outerjoin(Hold, Hold.id == Milestone.hold_id)
        .outerjoin(Dispute, Dispute.milestone_id == Milestone.id)
        .where(Milestone.contract_id == contract_id)
        .order_by(Milestone.number)
    )
    deliveries = await _deliveries(db, contract_id)
    views: list[MilestoneView] = []
    for row in (await db.execute(query)).mappings():
        fields: dict[str, Any] = dict(row)
        amount, released, fees, refunded = (
            Money(int(fields.pop(f"{name}_minor")), currency) for name in ("amount", "released", "fees", "refunded")
        )
        fields |= {"amount": amount, "released": released, "refunded": refunded, "fees": fees}
        fields["fee"] = fees + fee.of_part(amount - released - refunded, released=released)  # taken, and to be taken
        views.append(MilestoneView(**fields, deliveries=tuple(deliveries[fields["id"]])))
    return tuple(views)


async def _deliveries(db: AnySession, contract_id: UUID) -> dict[UUID, list[DeliveryView]]:
    query = (
        select(Delivery, Revision.missing, Revision.asked_at)
        .join(Milestone, Milestone.id == Delivery.milestone_id)
        .outerjoin(Revision, Revision.delivery_id == Delivery.id)
        .where(Milestone.contract_id == contract_id)
        .order_by(Delivery.milestone_id, Delivery.number)
    )
    rows = (await db.execute(query)).all()
    files = await _files(db, [delivery.id for delivery, *_ in rows])
    found: dict[UUID, list[DeliveryView]] = defaultdict(list)
    for delivery, missing, asked_at in rows:
        handed_in = (delivery.number, delivery.text, delivery.delivered_at, tuple(files[delivery.id]))
        found[delivery.milestone_id].append(DeliveryView(*handed_in, missing or "", asked_at))
    return found


async def _files(db: AnySession, delivery_ids: Sequence[UUID]) -> dict[UUID, list[FileView]]:
    found: dict[UUID, list[FileView]] = defaultdict(list)
    if not delivery_ids:
        return found
    query = (
        select(DeliveryFile.delivery_id, StoredFile.id, StoredFile.name, StoredFile.media_type, StoredFile.size_bytes)
        .join(StoredFile, StoredFile.id == DeliveryFile.file_id)
        .where(DeliveryFile.delivery_id.in_(delivery_ids))
        .order_by(StoredFile.id)
    )
    for delivery_id, id, name, media_type, size_bytes in (await db.execute(query)).all():
        found[delivery_id].append(FileView(id, name, media_type, size_bytes))
    return found
