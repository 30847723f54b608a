"""Mails and texts on their way: claimed in one transaction, recorded in another, put off when nobody answers."""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import defer

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=2)

Outgoing = TypeVar("Outgoing", Mail, TextMessage)
TASKS: dict[type[Any], tuple[str, str]] = {Mail: ("notify.mail", "mail_id"), TextMessage: ("notify.text", "text_id")}
"""Which task sends what, and what it calls its id."""


async def claim(database: Database, kind: type[Outgoing], id: UUID) -> Outgoing | None:
    """Take it for sending; None when it is sent, or being sent elsewhere (then it is tried again later)."""
    now = clock.now()
    async with database.write.begin() as db:
        query = select(kind).where(kind.id == id).with_for_update(skip_locked=True)
        found = (await db.execute(query)).scalar_one_or_none()
        if found is None or found.state != "queued":
            return None
        if found.lease_until and found.lease_until > now:
            await _defer_again(db, found, found.lease_until)
            return None
        found.attempts += 1
        found.lease_until = now + LEASE
        return found


async def record(
    database: Database, kind: type[Mail] | type[TextMessage], id: UUID, *, state: str, error: str = "", **words: Any
) -> None:
    """Note what became of it. `words` are columns, kept only where nothing leaves the house: they may hold secrets."""
    async with database.write.begin() as db:
        found = await db.get_one(kind, id, with_for_update=True)
        found.state, found.error, found.lease_until, found.values = state, error, None, {}
        found.sent_at = None if state == "failed" else clock.now()
        for name, value in words.items() if state == "kept" else ():
            setattr(found, name, value)


async def put_off(database: Database, kind: type[Mail] | type[TextMessage], id: UUID, *, error: str) -> None:
    """Nobody answered: try again after a pause that doubles, twelve times in all."""
    async with database.write.begin() as db:
        found = await db.get_one(kind, id, with_for_update=True)
        found.error, found.lease_until = error, None
        if found.attempts >= MOST_ATTEMPTS:
            found.state, found.values = "failed", {}
            return
        pause = min(timedelta(seconds=5 * 2**found.attempts), LONGEST_PAUSE)
        await _defer_again(db, found, clock.now() + pause)


async def _defer_again(db: Session, found: Mail | TextMessage, at: datetime) -> None:
    task, name = TASKS[type(found)]
    await defer(db, task, at=at, key=f"{task}:{found.id}:{found.attempts}", **{name: found.id})
