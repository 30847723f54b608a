"""What is said about reviews, and never before they are shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts.models import Contract
from marketplace.contracts.notices import employer_members, path_of
from marketplace.contracts.reviews.models import ReviewSide
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession, Session
from marketplace.messages.actions import notify
from marketplace.talent.models import Freelancer


async def shown(db: Session, contract: Contract, *, by: ReviewSide, at: datetime) -> None:
    """The other side can read now what `by` wrote."""
    values = {"contract": contract.title, "who": await _name(db, contract, by)}
    await _tell(db, await _people(db, contract, other(by)), "review_shown", values, path_of(contract.id), at)


async def replied(db: Session, contract: Contract, *, by: ReviewSide, at: datetime) -> None:
    """`by` has replied to the other side's review."""
    values = {"contract": contract.title, "who": await _name(db, contract, by)}
    await _tell(db, await _people(db, contract, other(by)), "review_replied", values, path_of(contract.id), at)


async def remind(db: Session, contract: Contract, *, side: ReviewSide, until: datetime, at: datetime) -> None:
    """This side has not written yet; what the other did plays no part in it."""
    values = {"contract": contract.title, "who": await _name(db, contract, other(side)), "until": until}
    link = f"{path_of(contract.id)}/review"
    await _tell(db, await _people(db, contract, side), "review_reminder", values, link, at)


def other(side: ReviewSide) -> ReviewSide:
    """The opposite side."""
    return "employer" if side == "freelancer" else "freelancer"


async def _tell(
    db: Session, people: Sequence[UUID], message: str, values: dict[str, Any], link: str, at: datetime
) -> None:
    for user_id in people:
        await notify(db, user_id, message, values, link=link, at=at)


async def _people(db: AnySession, contract: Contract, side: ReviewSide) -> list[UUID]:
    if side == "employer":
        return await employer_members(db, contract.organisation_id)
    query = select(Freelancer.user_id).where(Freelancer.id == contract.freelancer_id)
    return [(await db.execute(query)).scalar_one()]


async def _name(db: AnySession, contract: Contract, side: ReviewSide) -> str:
    query = (
        select(Organisation.name).where(Organisation.id == contract.organisation_id)
        if side == "employer"
        else select(User.name)
        .join(Freelancer, Freelancer.user_id == User.id)
        .where(Freelancer.id == contract.freelancer_id)
    )
    return (await db.execute(query)).scalar_one()
