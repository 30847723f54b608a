"""She lost her second factors: the mailed link takes them off three days later, unless somebody cancels before.

The delay gives the owner time to notice when it was not she who asked: she is told at once by every way we know.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from marketplace.engines.notify import actions as post
from marketplace.identity import audit, second_factors, sessions
from marketplace.identity.letters import tell
from marketplace.identity.models import Recovery, User
from marketplace.identity.rules import new_secret, secret_hash
from marketplace.identity.tokens import LinkOver
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict
from marketplace.kernel.i18n import N_

DELAY = timedelta(hours=72)
WORKS = timedelta(days=7)
"""How long after the delay the link still works."""


class TooEarly(Conflict):
    message = N_("The three days are not over yet. Come back with this link then.")


async def ask(db: Session, user_id: UUID, *, at: datetime) -> Recovery:
    """Begin a recovery, or send the link of a new one in place of the open one, whose delay goes on."""
    user = (await db.scalars(select(User).where(User.id == user_id).with_for_update())).one()
    secret, due_at = new_secret(), at + DELAY
    found = await open_one(db, user_id, at=at)
    if found is None:
        await _cancel_all(db, user_id, at=at)
        found = Recovery(user_id=user_id, secret_hash=secret_hash(secret), asked_at=at, due_at=due_at)
        db.add(found)
    else:
        found.secret_hash = secret_hash(secret)
    await db.flush()
    await audit.record(db, "user.recovery_asked", subject=("user", user_id), by=user_id, at=at)
    values = {"until": found.due_at, "link": f"/recover/{secret}"}
    await tell(db, user, "recovery_asked", values)
    if user.email and user.phone:
        words = {"name": user.name, **values}
        await post.text(db, to=user.phone, message="recovery_asked", values=words, locale=user.locale)
    return found


async def open_one(db: AnySession, user_id: UUID, *, at: datetime) -> Recovery | None:
    """Her recovery under way."""
    return await db.scalar(select(Recovery).where(Recovery.user_id == user_id, *_is_open(at)))


async def look(db: AnySession, secret: str, *, at: datetime) -> Recovery:
    """The recovery behind a link. Raises: LinkOver."""
    found = await db.scalar(select(Recovery).where(Recovery.secret_hash == secret_hash(secret), *_is_open(at)))
    if found is None:
        raise LinkOver
    return found


async def finish(db: Session, secret: str, *, at: datetime) -> None:
    """Take her second factors off and sign her out everywhere. Raises: LinkOver, TooEarly."""
    wanted = select(Recovery).where(Recovery.secret_hash == secret_hash(secret), *_is_open(at))
    found = await db.scalar(wanted.with_for_update())
    if found is None:
        raise LinkOver
    if found.due_at > at:
        raise TooEarly
    found.used_at = at
    await db.flush()
    await second_factors.remove_all(db, found.user_id, at=at)
    await sessions.end_all(db, found.user_id, at=at)
    await tell(db, await db.get_one(User, found.user_id), "recovery_done", {"link": "/sign-in"})


async def cancel(db: Session, user_id: UUID, *, at: datetime) -> None:
    """It was not she, or she found her factor again."""
    if await _cancel_all(db, user_id, at=at):
        await audit.record(db, "user.recovery_cancelled", subject=("user", user_id), by=user_id, at=at)


async def cancel_by_link(db: Session, secret: str, *, at: datetime) -> None:
    """Whoever reads her mail may stop it. Raises: LinkOver."""
    await cancel(db, (await look(db, secret, at=at)).user_id, at=at)


async def _cancel_all(db: Session, user_id: UUID, *, at: datetime) -> bool:
    mine = (Recovery.user_id == user_id, Recovery.used_at.is_(None), Recovery.cancelled_at.is_(None))
    ended = update(Recovery).where(*mine).values(cancelled_at=at).returning(Recovery.id)
    return (await db.scalars(ended)).first() is not None


def _is_open(at: datetime):
    return (Recovery.used_at.is_(None), Recovery.cancelled_at.is_(None), Recovery.due_at > at - WORKS)
