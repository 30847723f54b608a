"""What somebody can't do for a while, and the one question that every action asks: `check`."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import DomainError
from marketplace.kernel.i18n import N_
from marketplace.trust.models import Restriction, What

REFUSALS: dict[What, str] = {
    "message": N_("You can't write messages %(until)s: %(reason)s You can read more and appeal under Safety."),
    "post": N_("You can't publish %(until)s: %(reason)s You can read more and appeal under Safety."),
    "apply": N_("You can't propose or apply %(until)s: %(reason)s You can read more and appeal under Safety."),
    "sign_in": N_(
        "Your account is limited %(until)s: %(reason)s Your money, your data and your appeal stay open to you."
    ),
}


class Restricted(DomainError):
    """Refused because of a restriction; `until` and `reason` are in the message."""

    status = 403

    def __init__(self, what: What, *, reason: str, until: datetime | None) -> None:
        day = f"until {until.astimezone(UTC):%d %b %Y, %H:%M} (UTC)" if until else "for now"
        super().__init__(REFUSALS[what], until=day, reason=reason)
        self.what, self.until = what, until


async def check(db: AnySession, user_id: UUID, what: What, *, at: datetime) -> None:
    """Raises: Restricted when this person may not do that now, with the reason and until when."""
    found = await in_force(db, user_id, what, at=at)
    if found is not None:
        raise Restricted(what, reason=found.said, until=found.until_at)


async def in_force(db: AnySession, user_id: UUID, what: What, *, at: datetime) -> Restriction | None:
    """The restriction that ends last; who may not sign in may do none of the others either."""
    hers = (
        select(Restriction)
        .where(Restriction.user_id == user_id, Restriction.what.in_((what, "sign_in")), holds(at))
        .order_by(Restriction.until_at.desc().nulls_first(), Restriction.id)
        .limit(1)
    )
    return (await db.execute(hers)).scalar_one_or_none()


def holds(at: datetime) -> ColumnElement[bool]:
    """Restrictions that hold at that time: begun, not over, not lifted."""
    return and_(
        Restriction.lifted_at.is_(None),
        Restriction.from_at <= at,
        or_(Restriction.until_at.is_(None), Restriction.until_at > at),
    )
