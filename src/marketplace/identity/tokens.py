"""Secrets sent by mail that work once."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from marketplace.identity.models import Token, TokenPurpose
from marketplace.identity.rules import TOKEN_LIMITS, new_secret, secret_hash
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import DomainError
from marketplace.kernel.i18n import N_


class LinkOver(DomainError):
    status = 410
    message = N_("This link was used already or is too old. Ask for a new one.")


async def make(db: Session, user_id: UUID, *, purpose: TokenPurpose, email: str, at: datetime) -> str:
    """A fresh secret for the link; earlier ones of the same purpose stop working."""
    former = update(Token).where(Token.user_id == user_id, Token.purpose == purpose, Token.used_at.is_(None))
    await db.execute(former.values(used_at=at).execution_options(synchronize_session=False))
    secret, expires_at = new_secret(), at + TOKEN_LIMITS[purpose]
    row = {"purpose": purpose, "email": email, "created_at": at, "expires_at": expires_at}
    db.add(Token(secret_hash=secret_hash(secret), user_id=user_id, **row))
    await db.flush()
    return secret


async def look(db: AnySession, secret: str, *, purpose: TokenPurpose, at: datetime) -> Token:
    """The token behind a link, unused. Raises: LinkOver."""
    found = await db.scalar(_open(secret, purpose, at))
    if found is None:
        raise LinkOver
    return found


async def use(db: Session, secret: str, *, purpose: TokenPurpose, at: datetime) -> Token:
    """Use it up and return it; of two at once one gets it. Raises: LinkOver."""
    found = await db.scalar(_open(secret, purpose, at).with_for_update())
    if found is None:
        raise LinkOver
    found.used_at = at
    await db.flush()
    return found


def _open(secret: str, purpose: TokenPurpose, at: datetime):
    return select(Token).where(
        Token.secret_hash == secret_hash(secret),
        Token.purpose == purpose,
        Token.used_at.is_(None),
        Token.expires_at > at,
    )


async def forget_old(db: Session, *, at: datetime) -> None:
    """Remove what was over a month ago."""
    await db.execute(delete(Token).where(Token.expires_at < at - timedelta(days=30)))
