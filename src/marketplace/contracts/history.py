"""Finished work as a profile shows it: what, when and for whom, never for how much."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, select

from marketplace.contracts.models import Contract
from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession

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
