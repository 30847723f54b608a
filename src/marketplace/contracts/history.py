"""Finished work as a profile shows it: what, when and for whom, never for how much."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, exists, select

from marketplace.contracts.columns import is_theirs
from marketplace.contracts.models import Contract
from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession
from marketplace.talent.models import Freelancer

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Work:
    """A completed contract; `employer` is None for a private person."""

    title: str
    ended_at: datetime
    employer: str | None


async def work_of(db: AnySession, freelancer_id: UUID, *, limit: int = SHOWN) -> list[Work]:
    """Her last completed contracts. Whether the reader may see them is said by her profile (`shows_history`)."""
    employer = case((Organisation.is_personal, None), else_=Organisation.name).label("employer")
    query = (
        select(Contract.title, Contract.ended_at, employer)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .where(Contract.freelancer_id == freelancer_id, Contract.state == "completed", Contract.ended_at.is_not(None))
        .order_by(Contract.ended_at.desc())
        .limit(limit)
    )
    return [Work(row.title, row.ended_at, row.employer) for row in (await db.execute(query)).all()]


async def has_contract_with(db: AnySession, handle: str, *, reader: UUID | None) -> bool:
    """Whether the reader is with an employer who has a contract with her; an order needs no proposal.

    One that nobody has paid in does not count: anybody could make it to read her name.
    """
    if reader is None:
        return False
    hers = Contract.freelancer_id == Freelancer.id, Freelancer.handle == handle
    return bool(await db.scalar(select(exists().where(*hers, Contract.unpaid_until.is_(None), is_theirs(reader)))))
