"""The switch that stops all payouts: with a reason, and in the audit log."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from marketplace.escrow.errors import PayoutsFrozen
from marketplace.escrow.rails.models import PayoutFreeze
from marketplace.escrow.rules import MoveRefused
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_

_LOCK = 7_305_011
"""Who pays out shares this lock, the switch takes it alone: once thrown, nothing that was checked before goes on."""


async def frozen(db: AnySession) -> PayoutFreeze | None:
    """The freeze in force."""
    return (await db.execute(select(PayoutFreeze).where(PayoutFreeze.lifted_at.is_(None)))).scalar_one_or_none()


async def require_open(db: Session) -> None:
    """Before every payout and every approval. Raises: PayoutsFrozen."""
    await db.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _LOCK})
    if await frozen(db) is not None:
        raise PayoutsFrozen


async def freeze(db: Session, reason: str, *, by: UUID, at: datetime) -> PayoutFreeze:
    """Stop everything. Raises: Invalid without a reason, MoveRefused when it is stopped already."""
    if not reason.strip():
        raise Invalid.at("reason", N_("Say why: it stands in the audit log."))
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if await frozen(db) is not None:
        raise MoveRefused
    made = PayoutFreeze(reason=reason.strip(), by_user_id=by, at=at)
    db.add(made)
    await db.flush()
    await audit.record(db, "payouts.frozen", subject=("freeze", made.id), by=by, at=at, why=made.reason)
    return made


async def lift(db: Session, *, by: UUID, at: datetime) -> None:
    """Go on. Raises: MoveRefused when nothing is stopped."""
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = await frozen(db)
    if found is None:
        raise MoveRefused
    found.lifted_by, found.lifted_at = by, at
    await db.flush()
    await audit.record(db, "payouts.unfrozen", subject=("freeze", found.id), by=by, at=at, why=found.reason)
