"""Seats of an organisation: who sits there with which role, invited by a mailed link, changed by owners.

Every change locks the organisation's row first, so that of two owners who leave at once one stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.notify import actions as post
from marketplace.identity import audit, roles
from marketplace.identity.letters import tell
from marketplace.identity.models import Membership, MembershipRole, Organisation, SeatInvitation, User, UserSession
from marketplace.identity.rules import new_secret, secret_hash
from marketplace.identity.tokens import LinkOver
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_

WORKS = timedelta(days=7)
MOST_SEATS = 200


class LastOwner(Conflict):
    message = N_("You are the last owner. Make somebody else an owner first.")


@dataclass(frozen=True, slots=True)
class Seat:
    """A member with her role."""

    user_id: UUID
    name: str
    email: str | None
    role: str
    since: datetime


async def seats_of(db: AnySession, organisation_id: UUID) -> list[Seat]:
    """Everybody who sits there, owners first, then by name."""
    query = (
        select(User.id, User.name, User.email, Membership.role, Membership.created_at)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id, User.closed_at.is_(None))
        .order_by(Membership.role != "owner", func.lower(User.name), User.id)
        .limit(MOST_SEATS)
    )
    return [Seat(*row) for row in (await db.execute(query)).all()]


async def invitations_of(db: AnySession, organisation_id: UUID) -> Sequence[SeatInvitation]:
    """Invitations nobody has opened yet, the newest first; one past its day can be sent anew."""
    mine = select(SeatInvitation).where(SeatInvitation.organisation_id == organisation_id, *_waits())
    return (await db.scalars(mine.order_by(SeatInvitation.id.desc()).limit(MOST_SEATS))).all()


# -- inviting


@dataclass(frozen=True, slots=True)
class Invitee:
    """Who is asked to come, and as what."""

    email: str
    role: MembershipRole


async def invite(db: Session, organisation_id: UUID, invitee: Invitee, *, by: UUID, at: datetime) -> SeatInvitation:
    """Mail a link; an address invited before gets a new one in place of the old. Raises: NotAllowed, Invalid."""
    organisation = await _locked(db, organisation_id)
    await roles.require(db, organisation_id, by, "seats")
    if organisation.is_personal:
        raise Invalid.at("email", N_("This is you alone. Make an organisation first, then invite others to it."))
    await _check_room(db, organisation_id, invitee.email)
    waiting = select(SeatInvitation).where(
        SeatInvitation.organisation_id == organisation_id,
        func.lower(SeatInvitation.email) == invitee.email.lower(),
        *_waits(),
    )
    found = await db.scalar(waiting.with_for_update())
    if found is None:
        found = SeatInvitation(organisation_id=organisation_id, email=invitee.email, invited_by_user_id=by)
        found.created_at, found.role = at, invitee.role
        db.add(found)
    found.role = invitee.role
    await _send(db, found, organisation, by=by, at=at)
    return found


async def send_again(db: Session, organisation_id: UUID, invitation_id: UUID, *, by: UUID, at: datetime) -> None:
    """A fresh link for seven days; the old one stops working. Raises: NotFound, NotAllowed."""
    organisation = await _locked(db, organisation_id)
    found = await _invitation(db, organisation_id, invitation_id)
    await roles.require(db, organisation_id, by, "seats")
    await _send(db, found, organisation, by=by, at=at)


async def revoke(db: Session, organisation_id: UUID, invitation_id: UUID, *, by: UUID, at: datetime) -> None:
    """The link stops working. Raises: NotFound, NotAllowed."""
    await _locked(db, organisation_id)
    found = await _invitation(db, organisation_id, invitation_id)
    await roles.require(db, organisation_id, by, "seats")
    found.revoked_at = at
    await db.flush()
    await _note(db, organisation_id, "seat.revoked", by=by, at=at, email=found.email)


async def _send(db: Session, invitation: SeatInvitation, organisation: Organisation, *, by: UUID, at: datetime) -> None:
    secret = new_secret()
    invitation.secret_hash, invitation.expires_at = secret_hash(secret), at + WORKS
    await db.flush()
    sender = await db.get_one(User, by)
    values = {
        "who": sender.name,
        "organisation": organisation.name,
        "role": invitation.role,
        "until": invitation.expires_at,
        "link": f"/join/{secret}",
    }
    await post.mail(
        db, to=invitation.email, message="seat_invitation", values=values, locale=sender.locale,
        time_zone=sender.time_zone,
    )  # fmt: skip
    await _note(db, organisation.id, "seat.invited", by=by, at=at, email=invitation.email, role=invitation.role)


async def _check_room(db: Session, organisation_id: UUID, email: str) -> None:
    members = (
        select(func.count(), func.count().filter(func.lower(User.email) == email.lower()))
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id)
    )
    count, is_member = (await db.execute(members)).one()
    if is_member:
        raise Invalid.at("email", N_("Somebody with this address has a seat already."))
    if count >= MOST_SEATS:
        raise Invalid.at("email", N_("All 200 seats are taken. Remove one first."))


# -- joining


async def look(db: AnySession, secret: str, *, at: datetime) -> tuple[SeatInvitation, Organisation]:
    """What a link invites to. Raises: LinkOver."""
    query = select(SeatInvitation, Organisation).join(Organisation, Organisation.id == SeatInvitation.organisation_id)
    row = (await db.execute(query.where(*_opens(secret, at)))).one_or_none()
    if row is None:
        raise LinkOver
    return row[0], row[1]


async def accept(db: Session, secret: str, *, by: UUID, at: datetime) -> Organisation:
    """Take the seat; of many at once one gets it. Whoever sits there already keeps her role. Raises: LinkOver."""
    found = await db.scalar(select(SeatInvitation).where(*_opens(secret, at)).with_for_update())
    if found is None:
        raise LinkOver
    found.accepted_at, found.accepted_by_user_id = at, by
    await db.flush()
    row = {"user_id": by, "organisation_id": found.organisation_id, "role": found.role, "created_at": at}
    added = insert(Membership).values(row).on_conflict_do_nothing().returning(Membership.user_id)
    organisation = await db.get_one(Organisation, found.organisation_id)
    if await db.scalar(added) is not None:
        await _note(db, organisation.id, "seat.taken", by=by, at=at, role=found.role)
        await _tell_owners(db, organisation, by, found.role)
    return organisation


async def _tell_owners(db: Session, organisation: Organisation, joined: UUID, role: str) -> None:
    who = await db.get_one(User, joined)
    owners = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation.id, Membership.role == "owner", User.id != joined)
        .order_by(User.id)
        .limit(20)
    )
    values = {"who": who.name, "organisation": organisation.name, "role": role, "link": "/organisation/seats"}
    for owner in (await db.scalars(owners)).all():
        await tell(db, owner, "seat_joined", values)


# -- changing


async def change_role(
    db: Session, organisation_id: UUID, user_id: UUID, role: MembershipRole, *, by: UUID, at: datetime
) -> None:
    """Give somebody another role. Raises: NotFound, NotAllowed, LastOwner."""
    organisation = await _locked(db, organisation_id)
    seat = await _seat(db, organisation_id, user_id)
    await roles.require(db, organisation_id, by, "seats")
    if seat.role == role:
        return
    if seat.role == "owner":
        await _check_another_owner(db, organisation_id, user_id)
    former, seat.role = seat.role, role
    await db.flush()
    await _note(db, organisation_id, "seat.changed", by=by, at=at, user=str(user_id), former=former, role=role)
    if user_id != by:
        values = {"organisation": organisation.name, "role": role, "link": "/organisation/seats"}
        await tell(db, await db.get_one(User, user_id), "seat_changed", values)


async def remove(db: Session, organisation_id: UUID, user_id: UUID, *, by: UUID, at: datetime) -> None:
    """Take a seat away, or leave one's own. Raises: NotFound, NotAllowed, LastOwner."""
    organisation = await _locked(db, organisation_id)
    seat = await _seat(db, organisation_id, user_id)
    if user_id != by:
        await roles.require(db, organisation_id, by, "seats")
    if seat.role == "owner":
        await _check_another_owner(db, organisation_id, user_id)
    await db.execute(delete(Membership).where(*_is_seat(organisation_id, user_id)))
    hats = update(UserSession).where(UserSession.user_id == user_id, UserSession.organisation_id == organisation_id)
    await db.execute(hats.values(organisation_id=None).execution_options(synchronize_session=False))
    await _note(db, organisation_id, "seat.left" if user_id == by else "seat.removed", by=by, at=at, user=str(user_id))
    if user_id != by:
        values = {"organisation": organisation.name, "link": "/account"}
        await tell(db, await db.get_one(User, user_id), "seat_removed", values)


async def check_seat(db: AnySession, organisation_id: UUID, user_id: UUID, *, by: UUID) -> None:
    """Raises: NotFound when nobody sits there, NotAllowed when it is not for `by` to change."""
    if await db.scalar(select(Membership.role).where(*_is_seat(organisation_id, user_id))) is None:
        raise NotFound
    if user_id != by:
        await roles.require(db, organisation_id, by, "seats")


async def check_invitation(db: AnySession, organisation_id: UUID, invitation_id: UUID, *, by: UUID) -> None:
    """Raises: NotFound when there is none, NotAllowed when it is not for `by` to change."""
    wanted = select(SeatInvitation.id).where(SeatInvitation.id == invitation_id, *_waits())
    if await db.scalar(wanted.where(SeatInvitation.organisation_id == organisation_id)) is None:
        raise NotFound
    await roles.require(db, organisation_id, by, "seats")


async def _check_another_owner(db: Session, organisation_id: UUID, user_id: UUID) -> None:
    others = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organisation_id == organisation_id, Membership.role == "owner")
        .where(Membership.user_id != user_id, User.closed_at.is_(None))
        .limit(1)
    )
    if await db.scalar(others) is None:
        raise LastOwner


async def _locked(db: Session, organisation_id: UUID) -> Organisation:
    return (await db.scalars(select(Organisation).where(Organisation.id == organisation_id).with_for_update())).one()


async def _seat(db: Session, organisation_id: UUID, user_id: UUID) -> Membership:
    found = await db.scalar(select(Membership).where(*_is_seat(organisation_id, user_id)).with_for_update())
    if found is None:
        raise NotFound
    return found


async def _invitation(db: Session, organisation_id: UUID, invitation_id: UUID) -> SeatInvitation:
    wanted = select(SeatInvitation).where(SeatInvitation.id == invitation_id, *_waits())
    found = await db.scalar(wanted.where(SeatInvitation.organisation_id == organisation_id).with_for_update())
    if found is None:
        raise NotFound
    return found


async def _note(db: Session, organisation_id: UUID, action: str, *, by: UUID, at: datetime, **values: str) -> None:
    await audit.record(db, action, subject=("organisation", organisation_id), by=by, at=at, **values)


def _is_seat(organisation_id: UUID, user_id: UUID):
    return (Membership.organisation_id == organisation_id, Membership.user_id == user_id)


def _waits():
    return (SeatInvitation.accepted_at.is_(None), SeatInvitation.revoked_at.is_(None))


def _opens(secret: str, at: datetime):
    return (SeatInvitation.secret_hash == secret_hash(secret), SeatInvitation.expires_at > at, *_waits())
