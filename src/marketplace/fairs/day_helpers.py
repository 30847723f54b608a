"""Who helps at a fair without being of the organisation: stewards read tickets, supervisors also mend the day."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.fairs.models import Fair, FairHelper, HelperRole
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_

ROLES: dict[HelperRole, str] = {
    "steward": N_("Steward: reads tickets, sees the board, registers walk-ins"),
    "supervisor": N_("Supervisor: also lets people through, changes the timetable, adds phones"),
}
MOST_HELPERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """Somebody in the list: by the address that was typed, since whose it is nobody told the organiser."""

    user_id: UUID
    email: str
    role: str


async def helpers_of(db: AnySession, fair_id: UUID) -> list[Helper]:
    """Supervisors first."""
    columns = (FairHelper.user_id, User.email, FairHelper.role)
    found = select(*columns).join(User, User.id == FairHelper.user_id).where(FairHelper.fair_id == fair_id)
    rows = await db.execute(found.order_by(FairHelper.role.desc(), User.email, User.id))
    return [Helper(**row) for row in rows.mappings()]


async def name_helper(db: Session, fair: Fair, email: str, role: str, *, by: UUID, at: datetime) -> None:
    """Somebody with an account, by its address; named again it is the other role. Raises: Invalid."""
    if role not in get_args(HelperRole):
        raise Invalid.at("role", N_("Choose what she does."))
    user_id = await db.scalar(select(User.id).where(func.lower(User.email) == email.strip().lower()))
    if user_id is None:
        raise Invalid.at("email", N_("Nobody here has this address. She signs up first; it takes a minute."))
    if len(await helpers_of(db, fair.id)) >= MOST_HELPERS:
        raise Invalid.at("email", N_("A fair has at most %(most)s helpers."), most=MOST_HELPERS)
    row = {"fair_id": fair.id, "user_id": user_id, "role": role, "added_by": by, "added_at": at}
    again = insert(FairHelper).values(row).on_conflict_do_update(index_elements=["fair_id", "user_id"], set_=row)
    await db.execute(again)
    await audit.record(db, "fair_helper.named", subject=("fair", fair.id), by=by, at=at, role=role)


async def thank(db: Session, fair: Fair, user_id: UUID, *, by: UUID, at: datetime) -> None:
    """She helps no more; of somebody who does not, this says nothing."""
    helper = await db.get(FairHelper, (fair.id, user_id))
    if helper is not None:
        await db.delete(helper)
        await db.flush()
        await audit.record(db, "fair_helper.ended", subject=("fair", fair.id), by=by, at=at)
