"""The audit log: one line for every change of state and every staff read of private text."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from marketplace.identity.models import AuditLine, User
from marketplace.kernel.database import AnySession, Session


async def record(
    db: Session,
    action: str,
    *,
    subject: tuple[str, UUID],
    by: UUID | None,
    at: datetime,
    why: str = "",
    **values: Any,
) -> None:
    """Add a line in this transaction. `by` is None when the system did it (a deadline, a webhook)."""
    kind, id = subject
    row = {"action": action, "subject_kind": kind, "subject_id": id, "by_user_id": by}
    await db.execute(insert(AuditLine).values(**row, at=at, why=why, values=values))


async def record_each(
    db: Session,
    action: str,
    kind: str,
    subject_ids: Collection[UUID],
    *,
    by: UUID | None,
    at: datetime,
    each: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> None:
    """A line for each of several subjects of one kind, in one statement; `each`: the values of one of them."""
    shared = {"action": action, "subject_kind": kind, "by_user_id": by, "at": at}
    values = each or {}
    if subject_ids:
        rows = [{**shared, "subject_id": id, "values": dict(values.get(id, {}))} for id in subject_ids]
        await db.execute(insert(AuditLine), rows)


@dataclass(frozen=True, slots=True)
class Line:
    """An audit line with the name of who did it (None: the system)."""

    at: datetime
    action: str
    by_user_id: UUID | None
    by_name: str | None
    values: dict[str, Any]
    why: str


async def lines_of(db: AnySession, subject: tuple[str, UUID], *, limit: int = 200) -> list[Line]:
    """The newest `limit` lines about one subject, oldest first."""
    kind, id = subject
    newest = (
        select(AuditLine.at, AuditLine.action, AuditLine.by_user_id, User.name, AuditLine.values, AuditLine.why)
        .outerjoin(User, User.id == AuditLine.by_user_id)
        .where(AuditLine.subject_kind == kind, AuditLine.subject_id == id)
        .order_by(AuditLine.id.desc())
        .limit(limit)
    )
    return [Line(*row) for row in reversed((await db.execute(newest)).all())]
