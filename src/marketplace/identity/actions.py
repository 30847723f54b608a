"""Signing up, in and out; sessions; addresses and passwords; organisations."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import update

from marketplace.identity.models import UserSession
from marketplace.kernel import clock
from marketplace.kernel.database import Session


async def mark_seen(db: Session, session_ids: Sequence[UUID]) -> None:
    """Note that these sessions were used just now. A session that ended meanwhile stays ended."""
    statement = update(UserSession).where(UserSession.id.in_(session_ids)).values(seen_at=clock.now())
    await db.execute(statement.execution_options(synchronize_session=False))
