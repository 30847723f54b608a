"""Authenticator apps (TOTP, RFC 6238) and recovery codes; which second factors a person has."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pyotp.totp import TOTP
from sqlalchemy import delete, exists, func, select, update

from marketplace.identity import audit
from marketplace.identity.letters import tell
from marketplace.identity.models import Authenticator, Passkey, RecoveryCode, User
from marketplace.identity.sealing import Vault
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict
from marketplace.kernel.i18n import N_

CODES = 10
STEP_SECONDS = 30
_SECRET_BYTES = 20
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters that look alike. Sixteen of them are 79 bits: a fast hash is enough."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What she can show besides her password or phone."""

    has_app: bool
    passkeys: int
    codes_left: int

    @property
    def are_set(self) -> bool:
        """Sign-in asks for one of them. Recovery codes alone are none."""
        return self.has_app or self.passkeys > 0


async def of_user(db: AnySession, user_id: UUID) -> Factors:
    """Her second factors, in one query."""
    app = exists().where(Authenticator.user_id == user_id, Authenticator.confirmed_at.is_not(None))
    keys = select(func.count()).where(Passkey.user_id == user_id).scalar_subquery()
    codes = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    row = (await db.execute(select(app, keys, codes.scalar_subquery()))).one()
    return Factors(bool(row[0]), row[1], row[2])


# -- authenticator apps


async def begin_app(db: Session, user_id: UUID, *, vault: Vault, at: datetime) -> None:
    """A fresh secret, to be scanned and confirmed. Raises: Conflict when an app is in use already."""
    found = await db.get(Authenticator, user_id, with_for_update=True)
    if found is not None and found.confirmed_at is not None:
        raise Conflict(N_("You use an authenticator app already. Remove it first."))
    sealed = vault.seal(secrets.token_bytes(_SECRET_BYTES), whose=user_id)
    if found is None:
        db.add(Authenticator(user_id=user_id, sealed_secret=sealed, created_at=at))
    else:
        found.sealed_secret, found.created_at, found.last_step = sealed, at, 0
    await db.flush()


async def pending_app(db: AnySession, user_id: UUID, *, vault: Vault) -> str | None:
    """The secret to be scanned, in base32; None when nothing waits for confirmation."""
    waiting = select(Authenticator).where(Authenticator.user_id == user_id, Authenticator.confirmed_at.is_(None))
    found = await db.scalar(waiting)
    opened = vault.open(found.sealed_secret, whose=user_id) if found else None
    return base64.b32encode(opened).decode() if opened else None


def scanned(secret: str, *, account: str, site: str) -> str:
    """What the QR code says (otpauth://totp/…)."""
    return TOTP(secret).provisioning_uri(name=account, issuer_name=site)


async def confirm_app(db: Session, user_id: UUID, code: str, *, vault: Vault, at: datetime) -> bool:
    """The app shows the right code: from now on sign-in asks for it. False for a wrong code."""
    found = await db.get(Authenticator, user_id, with_for_update=True)
    if found is None or found.confirmed_at is not None:
        return False
    step = _step_of(found, code, vault, at)
    if step is None:
        return False
    found.confirmed_at, found.last_step = at, step
    await db.flush()
    await note(db, user_id, "factor_added", "app", at=at)
    return True


async def remove_app(db: Session, user_id: UUID, *, at: datetime) -> None:
    """Sign-in asks for it no more."""
    gone = delete(Authenticator).where(Authenticator.user_id == user_id).returning(Authenticator.confirmed_at)
    if (await db.scalars(gone)).first() is not None:
        await note(db, user_id, "factor_removed", "app", at=at)


async def takes_app_code(db: Session, user_id: UUID, code: str, *, vault: Vault, at: datetime) -> bool:
    """Whether the app shows this code now; half a minute too early or late counts, the same code twice does not."""
    found = await db.get(Authenticator, user_id, with_for_update=True)
    if found is None or found.confirmed_at is None:
        return False
    step = _step_of(found, code, vault, at)
    if step is None or step <= found.last_step:
        return False
    found.last_step = step
    await db.flush()
    return True


def _step_of(found: Authenticator, code: str, vault: Vault, at: datetime) -> int | None:
    """The half minute to which the code belongs, None when to none near `at`."""
    secret = vault.open(found.sealed_secret, whose=found.user_id)
    if secret is None:
        return None
    app = TOTP(base64.b32encode(secret).decode())
    digits = "".join(str(int(letter)) for letter in code if letter.isdecimal())
    now = int(at.timestamp()) // STEP_SECONDS
    near = (step for step in (now - 1, now, now + 1) if secrets.compare_digest(app.generate_otp(step), digits))
    return next(near, None)


# -- recovery codes


async def new_codes(db: Session, user_id: UUID, *, at: datetime) -> list[str]:
    """Ten fresh codes, shown once; earlier ones stop working."""
    await db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(CODES)]
    db.add_all(RecoveryCode(user_id=user_id, code_hash=_hash(user_id, code), created_at=at) for code in codes)
    await db.flush()
    await audit.record(db, "user.recovery_codes_made", subject=("user", user_id), by=user_id, at=at)
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in codes]


async def takes_recovery_code(db: Session, user_id: UUID, code: str, *, at: datetime) -> bool:
    """Use up one of her codes; of two at once one gets it. False for a wrong or used one."""
    plain = "".join(letter for letter in code.lower() if letter in _ALPHABET)
    mine = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _hash(user_id, plain))
    used = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=at)
    used = used.returning(RecoveryCode.id).execution_options(synchronize_session=False)
    if await db.scalar(used) is None:
        return False
    await audit.record(db, "user.recovery_code_used", subject=("user", user_id), by=user_id, at=at)
    return True


def _hash(user_id: UUID, code: str) -> bytes:
    return hashlib.sha256(user_id.bytes + code.encode()).digest()


# -- what both share


async def takes(db: Session, user_id: UUID, code: str, *, vault: Vault, at: datetime) -> bool:
    """Whether `code` is one that her app shows now, or one of her recovery codes (used up then)."""
    if sum(letter.isalnum() for letter in code) <= 8:
        return await takes_app_code(db, user_id, code, vault=vault, at=at)
    return await takes_recovery_code(db, user_id, code, at=at)


async def note(db: Session, user_id: UUID, message: str, what: str, *, at: datetime) -> None:
    """Tell her what changed, and write it down."""
    await audit.record(db, f"user.{message}", subject=("user", user_id), by=user_id, at=at, what=what)
    await tell(db, await db.get_one(User, user_id), message, {"factor": what, "link": "/account/security"})


async def remove_all(db: Session, user_id: UUID, *, at: datetime) -> Sequence[str]:
    """After a recovery: no second factor is left. Returns what was removed."""
    removed = [
        name
        for name, table in (("app", Authenticator), ("passkey", Passkey), ("codes", RecoveryCode))
        if (await db.scalars(delete(table).where(table.user_id == user_id).returning(table.user_id))).first()
    ]
    await audit.record(db, "user.factors_removed", subject=("user", user_id), by=None, at=at, what=removed)
    return removed
