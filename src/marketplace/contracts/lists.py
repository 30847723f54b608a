"""Lists of contracts and of what waits in them, for home pages and overviews; one query each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, true

from marketplace.contracts.columns import is_hers, is_party, is_review, is_theirs, seen_name, side_of
from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.rules import OVER, Side
from marketplace.engines.deadlines.models import Deadline
from marketplace.escrow.rules import FeeTerms
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money
from marketplace.talent.models import Freelancer

LIST_SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLine:
    """A contract in a list. `number` and `milestone_state` are of its first milestone that is not over."""

    id: UUID
    title: str
    state: str
    side: Side
    other_name: str
    started_at: datetime
    total: Money
    released: Money
    milestones: int
    milestones_over: int
    number: int | None
    milestone_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A milestone that waits for somebody; `until` is when it is due, or when silence decides."""

    contract_id: UUID
    contract_title: str
    number: int
    milestone_title: str
    state: str
    amount: Money
    fee: Money
    other_name: str
    until: datetime | None
    is_paused: bool

    @property
    def net(self) -> Money:
        return self.amount - self.fee


async def contracts_of(
    db: AnySession, user_id: UUID, *, after: UUID | None = None, limit: int = LIST_SIZE, is_open: bool | None = None
) -> list[ContractLine]:
    """Contracts on either side, newest first, after the cursor; one query."""
    parts = (
        select(
            func.sum(Milestone.amount_minor).label("total"),
            func.coalesce(func.sum(Milestone.amount_minor).filter(Milestone.state == "released"), 0).label("released"),
            func.count().label("milestones"),
            func.count().filter(Milestone.state.in_(OVER)).label("milestones_over"),
            func.min(Milestone.number).filter(Milestone.state.not_in(OVER)).label("number"),
        )
        .where(Milestone.contract_id == Contract.id)
        .lateral("parts")
    )
    current = select(Milestone.state).where(Milestone.contract_id == Contract.id, Milestone.number == parts.c.number)
    query = (
        select(
            *(Contract.id, Contract.title, Contract.state, Contract.started_at, Contract.currency),
            side_of(user_id).label("side"),
            case((is_hers(user_id), Organisation.name), else_=seen_name()).label("other_name"),
            *(parts.c.total, parts.c.released, parts.c.milestones, parts.c.milestones_over, parts.c.number),
            current.scalar_subquery().label("milestone_state"),
        )
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .join(parts, onclause=true())
        .where(is_party(user_id))
        .order_by(Contract.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(Contract.id < after)
    if is_open is not None:
        query = query.where((Contract.state == "active") == is_open)
    return [_line(dict(row)) for row in (await db.execute(query)).mappings()]


async def steps_for(db: AnySession, user_id: UUID, side: Side, *, limit: int = 20) -> list[Step]:
    """What this person has to do in her contracts, the most urgent first.

    Employer: deliveries to review, the next milestone to fund. Freelancer: funded milestones and revisions to deliver.
    """
    waits = {"employer": ("delivered", "planned", "funding"), "freelancer": ("funded", "revision")}[side]
    query = _steps(user_id, side).where(Milestone.state.in_(waits), _is_next()).limit(limit)
    return [_step(dict(row)) for row in (await db.execute(query)).mappings()]


async def money_coming(db: AnySession, user_id: UUID, *, limit: int = 20) -> list[Step]:
    """Held milestones that will become her money: delivered ones with the day at which silence releases them."""
    held = Milestone.state.in_(("funded", "delivered", "revision"))
    query = _steps(user_id, "freelancer").where(held).limit(limit)
    return [_step(dict(row)) for row in (await db.execute(query)).mappings()]


def _steps(user_id: UUID, side: Side) -> Select[*tuple[Any, ...]]:
    is_reviewed = Milestone.state == "delivered"
    until = case((is_reviewed, Deadline.due_at), else_=Milestone.due_at)
    party = is_theirs(user_id) if side == "employer" else is_hers(user_id)
    return (
        select(
            *(Contract.id.label("contract_id"), Contract.title.label("contract_title"), Contract.currency),
            *(
                Contract.fee_basis_points,
                Contract.fee_minimum_minor,
                Milestone.number,
                Milestone.title.label("milestone_title"),
                Milestone.state,
            ),
            *(Milestone.amount_minor, until.label("until")),
            func.coalesce(is_reviewed & (Deadline.state == "paused"), False).label("is_paused"),
            (seen_name() if side == "employer" else Organisation.name).label("other_name"),
        )
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .outerjoin(Deadline, is_review())
        .where(Contract.state == "active", party)
        .order_by(until.asc().nulls_last(), Contract.id, Milestone.number)
    )


def _is_next() -> ColumnElement[bool]:
    """Of the milestones to be funded only the first that is not over; of all others every one."""
    earlier = Milestone.__table__.alias("earlier")
    is_blocked = exists().where(
        earlier.c.contract_id == Milestone.contract_id,
        earlier.c.number < Milestone.number,
        earlier.c.state.not_in(OVER),
    )
    return or_(Milestone.state != "planned", ~is_blocked)


def _line(row: dict[str, Any]) -> ContractLine:
    currency = row.pop("currency")
    total, released = Money(int(row.pop("total")), currency), Money(int(row.pop("released")), currency)
    return ContractLine(**row, total=total, released=released)


def _step(row: dict[str, Any]) -> Step:
    amount = Money(row.pop("amount_minor"), row.pop("currency"))
    fee = FeeTerms(row.pop("fee_basis_points"), row.pop("fee_minimum_minor"))
    return Step(**row, amount=amount, fee=fee.of(amount))
