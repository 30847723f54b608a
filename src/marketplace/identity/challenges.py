"""Questions on their way: a code sent to a phone, a factor still to show, what a passkey has to sign.

The browser keeps a random secret in a cookie, the row keeps its hash. A code is stored hashed together with that
secret, so that six digits can't be guessed from a stolen database. Five tries, ten minutes, once.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select

from marketplace.identity.models import Challenge, ChallengePurpose
from marketplace.identity.rules import new_secret, secret_hash
from marketplace.kernel.database import AnySession, Session

LASTS = timedelta(minutes=10)
MOST_TRIES = 5
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of whom as far as it is known, and the code or the bytes that answer it."""

    purpose: ChallengePurpose
    user_id: UUID | None = None
    phone: str = ""
    code: str = ""
    nonce: bytes | None = None


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


async def ask(db: Session, question: Question, *, at: datetime) -> str:
    """Write the question down and return the secret of its cookie."""
    secret = new_secret()
    row = Challenge(
        purpose=question.purpose,
        secret_hash=secret_hash(secret),
        user_id=question.user_id,
        phone=question.phone,
        code_hash=_code_hash(secret, question.code) if question.code else None,
        nonce=question.nonce,
        created_at=at,
        expires_at=at + LASTS,
    )
    db.add(row)
    await db.flush()
    return secret


async def look(db: AnySession, secret: str, purpose: ChallengePurpose, *, at: datetime) -> Challenge | None:
    """The question behind a cookie; None when it is over, used, tried too often or never was."""
    return await db.scalar(_open(secret, purpose, at))


async def take(db: Session, secret: str, purpose: ChallengePurpose, *, at: datetime) -> Challenge | None:
    """As `look`, and counts a try; of two at once the second waits. The caller commits whatever came of it."""
    found = await db.scalar(_open(secret, purpose, at).with_for_update())
    if found is not None:
        found.tries += 1
        await db.flush()
    return found


async def use(db: Session, found: Challenge, *, at: datetime) -> None:
    """It was answered: it answers nothing more."""
    found.used_at = at
    await db.flush()


def is_right(found: Challenge, secret: str, code: str) -> bool:
    """Whether `code` is the one that was sent."""
    digits = "".join(str(int(letter)) for letter in code if letter.isdecimal())
    return found.code_hash is not None and hmac.compare_digest(found.code_hash, _code_hash(secret, digits))


def _code_hash(secret: str, code: str) -> bytes:
    return hashlib.sha256(f"{secret}:{code}".encode()).digest()


def _open(secret: str, purpose: ChallengePurpose, at: datetime):
    return select(Challenge).where(
        Challenge.secret_hash == secret_hash(secret),
        Challenge.purpose == purpose,
        Challenge.used_at.is_(None),
        Challenge.expires_at > at,
        or_(Challenge.tries < MOST_TRIES, Challenge.passed_at.is_not(None)),
    )


async def forget_old(db: Session, *, at: datetime) -> None:
    """Remove what was over a day ago."""
    await db.execute(delete(Challenge).where(Challenge.expires_at < at - timedelta(days=1)))
