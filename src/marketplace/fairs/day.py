"""Who works on the day of a fair, and as what: its organiser's people, supervisors, stewards."""

from typing import Literal
from uuid import UUID

from sqlalchemy import any_, select

from marketplace.fairs.models import Fair, FairHelper, FairRoom
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.i18n import N_

DayRole = Literal["steward", "supervisor", "organiser"]
RANKS: dict[DayRole, int] = {"steward": 1, "supervisor": 2, "organiser": 3}
_ACTING = ("owner", "hiring")


class NotYourPart(NotAllowed):
    message = N_("Stewards read tickets. For this, ask a supervisor or the organiser.")


async def day_of(
    db: AnySession, slug: str, *, by: UUID, least: DayRole = "steward", lock: bool = False
) -> tuple[Fair, DayRole]:
    """The fair she works at, and as what. Raises: NotFound for strangers, NotYourPart below `least`."""
    found = select(Fair).where(Fair.slug == slug, Fair.state.not_in(("draft", "cancelled")))
    fair = await db.scalar(found.with_for_update() if lock else found)
    role = None if fair is None else await _role(db, fair, by)
    if fair is None or role is None:
        raise NotFound
    if RANKS[role] < RANKS[least]:
        raise NotYourPart
    return fair, role


async def _role(db: AnySession, fair: Fair, by: UUID) -> DayRole | None:
    acting = (
        select(Membership.user_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.organisation_id == fair.organisation_id, Membership.user_id == by)
        .where(Membership.role.in_(_ACTING), any_(Organisation.kinds) == "organiser")
    )
    if await db.scalar(acting) is not None:
        return "organiser"
    role = await db.scalar(select(FairHelper.role).where(FairHelper.fair_id == fair.id, FairHelper.user_id == by))
    return None if role is None else "supervisor" if role == "supervisor" else "steward"


async def doors_of(db: AnySession, fair_id: UUID) -> list[FairRoom]:
    """Gates first, then rooms: where tickets are read."""
    found = select(FairRoom).where(FairRoom.fair_id == fair_id, FairRoom.kind != "online", FairRoom.closed_at.is_(None))
    return list((await db.scalars(found.order_by(FairRoom.kind != "gate", FairRoom.position, FairRoom.id))).all())


async def door_named(db: AnySession, fair_id: UUID, room_id: UUID) -> FairRoom:
    """One of its gates or rooms. Raises: NotFound."""
    room = await db.get(FairRoom, room_id)
    if room is None or room.fair_id != fair_id:
        raise NotFound
    return room
