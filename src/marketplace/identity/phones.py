"""Phone numbers, the codes that prove them, and accounts that stand on one."""

from datetime import datetime
from uuid import UUID

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from sqlalchemy import func, select

from marketplace.engines.notify import actions as post
from marketplace.identity import audit, challenges
from marketplace.identity.challenges import Question
from marketplace.identity.models import Challenge, ChallengePurpose, User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import DomainError, Invalid
from marketplace.kernel.i18n import N_, known

HOME = "PK"
"""Numbers without a country code are read as Pakistani: 0300 1234567."""
_TAKES_CODES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class CodeOver(DomainError):
    status = 410
    message = N_("This code was used, tried too often or is older than ten minutes. Ask for a new one.")


def read_number(text: str) -> str:
    """E.164 of what a person wrote. Raises: Invalid at "phone" for what is no mobile number."""
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Invalid.at("phone", N_("Write a mobile number like 0300 1234567 or +92 300 1234567."))
    if phonenumbers.number_type(number) not in _TAKES_CODES:
        raise Invalid.at("phone", N_("This is no mobile number. We can send codes to mobile numbers only."))
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def shown(phone: str) -> str:
    """As people write it, with its country: +92 300 1234567."""
    return phonenumbers.format_number(phonenumbers.parse(phone), PhoneNumberFormat.INTERNATIONAL)


async def user_of(db: AnySession, phone: str) -> User | None:
    """The open account with that number."""
    return await db.scalar(select(User).where(User.phone == phone, User.closed_at.is_(None)))


async def send_code(
    db: Session, phone: str, *, purpose: ChallengePurpose, user_id: UUID | None, locale: str, at: datetime
) -> str:
    """Text a code, whoever has that number or nobody, and return the secret for the browser's cookie."""
    code = challenges.new_code()
    secret = await challenges.ask(db, Question(purpose, user_id=user_id, phone=phone, code=code), at=at)
    await post.text(db, to=phone, message="phone_code", values={"code": code}, locale=known(locale))
    return secret


async def answer(
    db: Session, secret: str, code: str, *, purpose: ChallengePurpose, at: datetime
) -> tuple[Challenge | None, bool]:
    """Count a try of `code`: the question (None when it is over) and whether it was answered right."""
    found = await challenges.take(db, secret, purpose, at=at)
    if found is None or not challenges.is_right(found, secret, code):
        return found, False
    found.passed_at = at
    await db.flush()
    return found, True


async def open_account(db: Session, secret: str, *, name: str, locale: str, at: datetime) -> User:
    """A new account on a number that was just proved; the account of that number if it came about meanwhile.

    Raises: CodeOver when the proof is too old or was used.
    """
    found = await challenges.take(db, secret, "phone_sign_in", at=at)
    if found is None or found.passed_at is None:
        raise CodeOver
    await challenges.use(db, found, at=at)
    await _one_at_a_time(db, found.phone)
    if user := await user_of(db, found.phone):
        return user
    user = User(
        name=name, phone=found.phone, phone_verified_at=at, password_hash="", locale=known(locale), created_at=at
    )
    db.add(user)
    await db.flush()
    await audit.record(db, "user.signed_up", subject=("user", user.id), by=user.id, at=at, way="phone")
    return user


async def set_number(db: Session, user_id: UUID, secret: str, code: str, *, at: datetime) -> bool:
    """Her account takes the number that the code proves; False for a wrong code. Raises: CodeOver, Invalid (taken).

    That it is taken is said only to somebody who has just proved that she holds it.
    """
    found, is_right = await answer(db, secret, code, purpose="new_phone", at=at)
    if found is None or found.user_id != user_id:
        raise CodeOver
    if not is_right:
        return False
    await challenges.use(db, found, at=at)
    await _one_at_a_time(db, found.phone)
    if await user_of(db, found.phone):
        raise Invalid.at("code", N_("Another account uses this number. Sign in with it there and remove it first."))
    user = (await db.scalars(select(User).where(User.id == user_id).with_for_update())).one()
    user.phone, user.phone_verified_at = found.phone, at
    await db.flush()
    await audit.record(db, "user.phone_changed", subject=("user", user_id), by=user_id, at=at)
    return True


async def remove_number(db: Session, user_id: UUID, *, at: datetime) -> None:
    """Her account goes on by e-mail alone. Raises: Invalid without a proved address."""
    user = (await db.scalars(select(User).where(User.id == user_id).with_for_update())).one()
    if user.email is None or user.email_verified_at is None:
        raise Invalid.at("phone", N_("Add an e-mail address and open its link first: you need one of the two."))
    user.phone, user.phone_verified_at = None, None
    await db.flush()
    await audit.record(db, "user.phone_removed", subject=("user", user_id), by=user_id, at=at)


async def _one_at_a_time(db: Session, phone: str) -> None:
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"users:{phone}"))))
