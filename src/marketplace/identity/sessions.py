"""Sessions: rows that begin at sign-in, change their secret at step-up, and are gone when deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from marketplace.identity import audit
from marketplace.identity.models import UserSession
from marketplace.identity.rules import ABSOLUTE_LIMIT, new_secret, secret_hash
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound, SignInNeeded


@dataclass(frozen=True, slots=True)
class Device:
    """Where a session is used from, as far as the browser says; `former_secret` is of the session it had before."""

    ip: str = ""
    user_agent: str = ""
    former_secret: str = ""


async def begin(db: Session, user_id: UUID, *, device: Device, at: datetime) -> str:
    """Begin a session and return its secret, for the cookie. What the browser had before ends."""
    if device.former_secret:
        await db.execute(delete(UserSession).where(UserSession.secret_hash == secret_hash(device.former_secret)))
    secret = new_secret()
    session = UserSession(
        secret_hash=secret_hash(secret),
        user_id=user_id,
        created_at=at,
        seen_at=at,
        expires_at=at + ABSOLUTE_LIMIT,
        stepped_up_at=at,
        ip=device.ip[:60],
        user_agent=device.user_agent[:300],
    )
    db.add(session)
    await db.flush()
    await audit.record(db, "session.begun", subject=("user", user_id), by=user_id, at=at)
    return secret


async def step_up(db: Session, session_id: UUID, *, at: datetime) -> str:
    """After she proved again who she is: the session's new secret. Raises: SignInNeeded when it ended meanwhile."""
    secret = new_secret()
    changed = update(UserSession).where(UserSession.id == session_id)
    changed = changed.values(secret_hash=secret_hash(secret), stepped_up_at=at).returning(UserSession.id)
    if await db.scalar(changed.execution_options(synchronize_session=False)) is None:
        raise SignInNeeded
    return secret


async def end(db: Session, session_id: UUID, *, user_id: UUID, at: datetime) -> None:
    """End one of her sessions. Raises: NotFound when it is not hers or over."""
    ended = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id)
    if await db.scalar(ended.returning(UserSession.id)) is None:
        raise NotFound
    await audit.record(db, "session.ended", subject=("user", user_id), by=user_id, at=at)


async def end_all(db: Session, user_id: UUID, *, but: UUID | None = None, at: datetime) -> int:
    """End all her sessions but one, and return how many."""
    ended = delete(UserSession).where(UserSession.user_id == user_id)
    if but is not None:
        ended = ended.where(UserSession.id != but)
    count = len((await db.scalars(ended.returning(UserSession.id))).all())
    if count:
        await audit.record(db, "session.ended_all", subject=("user", user_id), by=user_id, at=at, count=count)
    return count


async def of_user(db: AnySession, user_id: UUID, *, at: datetime) -> Sequence[UserSession]:
    """Her sessions, the last used first."""
    mine = select(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at > at)
    return (await db.scalars(mine.order_by(UserSession.seen_at.desc(), UserSession.id.desc()).limit(50))).all()


async def mark_seen(db: Session, session_ids: Sequence[UUID], *, at: datetime) -> None:
    """Note that these sessions were used. One that ended meanwhile stays ended."""
    seen = update(UserSession).where(UserSession.id.in_(session_ids)).values(seen_at=at)
    await db.execute(seen.execution_options(synchronize_session=False))


async def forget_over(db: Session, *, at: datetime) -> None:
    """Remove sessions past their absolute limit."""
    await db.execute(delete(UserSession).where(UserSession.expires_at < at))
