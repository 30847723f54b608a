"""Who wants no contact with whom. A block is between two people and holds both ways, at once, in every list.

`not_blocked(column, viewer)` goes into the WHERE of any list of people or of what people made; `is_blocked` is asked
before anybody reaches anybody. The blocked person is never told.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, aliased

from marketplace.identity import audit
from marketplace.identity.models import Membership, User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.trust.models import Block

UserId = InstrumentedAttribute[UUID] | ColumnElement[UUID]
Viewer = UUID | ColumnElement[UUID] | None
"""A bindparam may turn out NULL: nobody in particular, whom nobody has blocked."""


class OwnBlock(Conflict):
    message = N_("You can't block yourself.")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Somebody on her list, by first name: a block reveals nothing."""

    id: UUID
    user_id: UUID
    name: str
    at: datetime


async def block(db: Session, *, by: UUID, other: UUID, at: datetime) -> None:
    """End all contact between the two; blocking twice is the same as once. Raises: OwnBlock, NotFound."""
    if by == other:
        raise OwnBlock
    if await db.get(User, other) is None:
        raise NotFound
    row = insert(Block).values(blocker_id=by, blocked_id=other, created_at=at)
    made = await db.scalar(row.on_conflict_do_nothing(index_elements=["blocker_id", "blocked_id"]).returning(Block.id))
    if made is not None:
        await audit.record(db, "user.blocked", subject=("user", by), by=by, at=at, other=str(other))


async def unblock(db: Session, *, by: UUID, other: UUID, at: datetime) -> None:
    """Take her own block away; does nothing when there is none."""
    gone = delete(Block).where(Block.blocker_id == by, Block.blocked_id == other).returning(Block.id)
    if await db.scalar(gone) is not None:
        await audit.record(db, "user.unblocked", subject=("user", by), by=by, at=at, other=str(other))


async def first_name(db: AnySession, user_id: UUID) -> str:
    """How somebody to be blocked is called on the page that asks. Raises: NotFound."""
    found = select(func.split_part(User.name, " ", 1)).where(User.id == user_id, User.closed_at.is_(None))
    name = await db.scalar(found)
    if name is None:
        raise NotFound
    return name


async def is_blocked(db: AnySession, one: UUID, other: UUID) -> bool:
    """Whether either of the two blocked the other."""
    return bool(await db.scalar(select(exists().where(_between(one, other)))))


async def has_blocked(db: AnySession, by: UUID, other: UUID) -> bool:
    """Whether `by` blocked `other`, for her own button."""
    return bool(await db.scalar(select(exists().where(Block.blocker_id == by, Block.blocked_id == other))))


def not_blocked(user_id: UserId, viewer_id: Viewer) -> ColumnElement[bool]:
    """For the WHERE of any list: neither of the viewer and the person of `user_id` blocked the other."""
    if viewer_id is None:
        return true()
    mine, theirs = aliased(Block), aliased(Block)
    return and_(
        ~exists().where(mine.blocker_id == viewer_id, mine.blocked_id == user_id),
        ~exists().where(theirs.blocker_id == user_id, theirs.blocked_id == viewer_id),
    )


def is_open_to(created_by: UserId, organisation_id: UserId, viewer_id: Viewer) -> ColumnElement[bool]:
    """For the WHERE of any list of postings: neither did the poster block the viewer, nor she one of the employer's."""
    if viewer_id is None:
        return true()
    theirs, mine, member = aliased(Block), aliased(Block), aliased(Membership)
    on = (member.user_id == mine.blocked_id, member.organisation_id == organisation_id)
    return and_(
        ~exists().where(theirs.blocker_id == created_by, theirs.blocked_id == viewer_id),
        ~exists().where(mine.blocker_id == viewer_id, *on),
    )


async def keeps_apart(db: AnySession, *, created_by: UUID, organisation_id: UUID, user_id: UUID) -> bool:
    """Whether a posting is closed to this person: its poster blocked her, or she a member of the employer's."""
    mine = select(Block.id).join(Membership, Membership.user_id == Block.blocked_id)
    hers = mine.where(Block.blocker_id == user_id, Membership.organisation_id == organisation_id).exists()
    theirs = exists().where(Block.blocker_id == created_by, Block.blocked_id == user_id)
    return bool(await db.scalar(select(or_(hers, theirs))))


async def blocked_by_or_blocking(db: AnySession, user_id: UUID) -> set[UUID]:
    """Everybody with whom this person has no contact."""
    found = select(Block.blocker_id, Block.blocked_id).where(
        or_(Block.blocker_id == user_id, Block.blocked_id == user_id)
    )
    return {id for pair in (await db.execute(found)).all() for id in pair} - {user_id}


async def blocked_by(
    db: AnySession, user_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[Blocked]:
    """Her own list, the newest first."""
    found = (
        select(Block.id, Block.blocked_id, func.split_part(User.name, " ", 1), Block.created_at)
        .join(User, User.id == Block.blocked_id)
        .where(Block.blocker_id == user_id)
        .order_by(Block.created_at.desc(), Block.id.desc())
        .limit(limit)
    )
    if after is not None:
        at, id = after
        found = found.where(or_(Block.created_at < at, and_(Block.created_at == at, Block.id < id)))
    return [Blocked(*row) for row in (await db.execute(found)).all()]


def _between(one: UUID, other: UUID) -> ColumnElement[bool]:
    return or_(
        and_(Block.blocker_id == one, Block.blocked_id == other),
        and_(Block.blocker_id == other, Block.blocked_id == one),
    )
