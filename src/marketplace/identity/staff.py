"""Who looks after the place. Only an operator at the command line appoints anybody; no page does."""

from datetime import datetime
from typing import get_args

from sqlalchemy import func, select

from marketplace.identity import audit
from marketplace.identity.models import StaffRole, User
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_


async def appoint(db: Session, email: str, role: str | None, *, at: datetime) -> User:
    """Make somebody a moderator, an operator or finance, or (None) nothing any more. Raises: NotFound, Invalid."""
    if role is not None and role not in get_args(StaffRole):
        raise Invalid.at("role", N_("There are moderators, operators and finance."))
    one = select(User).where(func.lower(User.email) == email.strip().lower(), User.closed_at.is_(None))
    user = (await db.execute(one.with_for_update())).scalar_one_or_none()
    if user is None:
        raise NotFound
    if user.staff_role != role:
        before, user.staff_role = user.staff_role, role
        await db.flush()
        await audit.record(db, "user.appointed", subject=("user", user.id), by=None, at=at, before=before, role=role)
    return user
