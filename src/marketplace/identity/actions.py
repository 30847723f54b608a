"""Signing up and in; addresses, passwords, settings; closing an account.

Passwords arrive hashed or checked: the 31 ms are spent by the entry point, outside any transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.notify.actions import mail
from marketplace.identity import audit, sessions, tokens
from marketplace.identity.events import AccountClosing
from marketplace.identity.letters import tell
from marketplace.identity.models import User
from marketplace.identity.rules import TIME_ZONES
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_, known


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody signs up with; the password is hashed already."""

    name: str
    email: str
    password_hash: str
    locale: str


async def find_user(db: AnySession, email: str) -> User | None:
    """The open account with that address, whatever its capitals."""
    wanted = select(User).where(func.lower(User.email) == email.lower(), User.closed_at.is_(None))
    return await db.scalar(wanted)


async def sign_up_or_tell(db: Session, new: Newcomer, *, at: datetime) -> UUID | None:
    """Open an account and mail its link; None when the address has one, whose owner is told by mail instead."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"users:{new.email.lower()}"))))
    if await find_user(db, new.email):
        await tell_of_account(db, new.email)
        return None
    return (
        await sign_up(db, name=new.name, email=new.email, password_hash=new.password_hash, locale=new.locale, at=at)
    ).id


async def sign_up(db: Session, *, name: str, email: str, password_hash: str, locale: str, at: datetime) -> User:
    """Open an account and send the mail that verifies its address. Raises: Invalid when the address is taken."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"users:{email.lower()}"))))
    if await find_user(db, email):
        raise Invalid.at("email", N_("This address has an account."))
    user = User(name=name, email=email, password_hash=password_hash, locale=known(locale), created_at=at)
    db.add(user)
    await db.flush()
    await audit.record(db, "user.signed_up", subject=("user", user.id), by=user.id, at=at)
    await send_verification(db, user, at=at)
    return user


async def tell_of_account(db: Session, email: str) -> None:
    """Somebody tried to sign up with an address that has an account: its owner learns it, nobody else."""
    if user := await find_user(db, email):
        await tell(db, user, "account_exists", {"link": "/sign-in"})


async def send_verification(db: Session, user: User, *, at: datetime) -> None:
    """Mail her the link that proves her address; earlier links stop working."""
    assert user.email is not None, "no address to prove"
    secret = await tokens.make(db, user.id, purpose="verify_email", email=user.email, at=at)
    await tell(db, user, "verify_email", {"link": f"/verify-email/{secret}"})


async def verify_email(db: Session, secret: str, *, at: datetime) -> User:
    """The address is proved. Raises: LinkOver."""
    token = await tokens.use(db, secret, purpose="verify_email", at=at)
    user = await _locked(db, token.user_id)
    if user.email == token.email and user.email_verified_at is None:
        user.email_verified_at = at
        await audit.record(db, "user.email_verified", subject=("user", user.id), by=user.id, at=at)
    await db.flush()
    return user


async def ask_reset(db: Session, email: str, *, at: datetime) -> None:
    """Mail the link for a new password, if somebody has that address. Nobody learns whether."""
    if user := await find_user(db, email):
        secret = await tokens.make(db, user.id, purpose="reset_password", email=email, at=at)
        await tell(db, user, "reset_password", {"link": f"/reset-password/{secret}"})


async def reset_password(db: Session, secret: str, *, password_hash: str, at: datetime) -> User:
    """Set a new password by a mailed link; whoever was signed in is signed out everywhere. Raises: LinkOver."""
    token = await tokens.use(db, secret, purpose="reset_password", at=at)
    user = await _locked(db, token.user_id)
    user.password_hash = password_hash
    if user.email == token.email and user.email_verified_at is None:
        user.email_verified_at = at
    await sessions.end_all(db, user.id, at=at)
    await _tell_of_password(db, user, at=at)
    return user


async def change_password(db: Session, user_id: UUID, *, password_hash: str, session_id: UUID, at: datetime) -> str:
    """Set a new password, end her other sessions, and return this session's new secret."""
    user = await _locked(db, user_id)
    user.password_hash = password_hash
    await sessions.end_all(db, user_id, but=session_id, at=at)
    await _tell_of_password(db, user, at=at)
    return await sessions.step_up(db, session_id, at=at)


async def _tell_of_password(db: Session, user: User, *, at: datetime) -> None:
    await audit.record(db, "user.password_changed", subject=("user", user.id), by=user.id, at=at)
    await tell(db, user, "password_changed", {"link": "/reset-password"})
    await db.flush()


async def ask_change_of_email(db: Session, user_id: UUID, email: str, *, at: datetime) -> None:
    """Mail a link to the new address; nothing changes before it is used. Raises: Invalid when it is hers already."""
    user = await _locked(db, user_id)
    if (user.email or "").lower() == email.lower():
        raise Invalid.at("email", N_("This is your address already."))
    secret = await tokens.make(db, user_id, purpose="change_email", email=email, at=at)
    values = {"name": user.name, "email": email, "link": f"/account/address/{secret}"}
    await mail(db, to=email, message="change_email", values=values, locale=user.locale)


async def change_email(db: Session, secret: str, *, user_id: UUID, at: datetime) -> User:
    """The new address is proved and takes the place of the old one, which is told. Raises: LinkOver, Invalid."""
    token = await tokens.use(db, secret, purpose="change_email", at=at)
    if token.user_id != user_id:
        raise tokens.LinkOver
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"users:{token.email.lower()}"))))
    if await find_user(db, token.email):
        raise Invalid.at("email", N_("This address can't be used. Take another one."))
    user = await _locked(db, user_id)
    former, user.email, user.email_verified_at = user.email, token.email, at
    await db.flush()
    await audit.record(db, "user.email_changed", subject=("user", user.id), by=user.id, at=at)
    values = {"name": user.name, "email": user.email}
    if former:
        await mail(db, to=former, message="email_changed", values=values, locale=user.locale)
    return user


@dataclass(frozen=True, slots=True)
class PersonalSettings:
    """What she says of herself. `gender` is None or "woman" or "man": for women-only sessions, never shown."""

    name: str
    locale: str
    time_zone: str
    gender: str | None = None


async def change_settings(db: Session, user_id: UUID, chosen: PersonalSettings) -> None:
    """Her name as others read it, language, time zone, gender. Raises: Invalid for a zone not offered."""
    if chosen.time_zone not in TIME_ZONES:
        raise Invalid.at("time_zone", N_("Choose a time zone from the list."))
    user = await _locked(db, user_id)
    user.name, user.locale, user.time_zone = chosen.name, known(chosen.locale), chosen.time_zone
    user.gender = chosen.gender
    await db.flush()


async def choose_locale(db: Session, user_id: UUID, locale: str) -> None:
    """From now on she reads and gets mail in that language."""
    user = await _locked(db, user_id)
    user.locale = known(locale)
    await db.flush()


async def close_account(db: Session, user_id: UUID, *, at: datetime) -> None:
    """Close her account for good: she is told, signed out, her address is free again. What she said of herself and what
    she leaves to others is for privacy/deletions.

    Raises: whatever a subscriber of AccountClosing refuses with (money held, work under way).
    """
    user = await _locked(db, user_id)
    await publish(db, AccountClosing(user_id=user_id))
    await tell(db, user, "account_deleted", {})
    user.email, user.phone = None, None
    user.closed_at, user.password_hash = at, ""
    await sessions.end_all(db, user_id, at=at)
    await audit.record(db, "user.closed", subject=("user", user.id), by=user.id, at=at)
    await db.flush()


async def _locked(db: Session, user_id: UUID) -> User:
    return (await db.scalars(select(User).where(User.id == user_id).with_for_update())).one()
