"""Moves an application from one state to another: one lock, one audit line, and whom it is told to.

Whoever locks a posting too locks it before its applications, and those in the order of their ids.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast, get_args
from uuid import UUID

from sqlalchemy import select

from marketplace.identity import audit
from marketplace.identity.models import AuditLine
from marketplace.jobs import notices, rules
from marketplace.jobs.events import ApplicationDecided
from marketplace.jobs.models import Application, ApplicationState
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.events import publish
from marketplace.postings import actions as postings
from marketplace.postings.models import Posting
from marketplace.postings.rules import LIVING


async def move(
    db: Session, application: Application, to: ApplicationState, *, by: UUID, at: datetime, tells: bool = True
) -> None:
    """Lead it to another stage (screening, interview, offer) or hire; the candidate is told unless `tells` is off.

    The first move to an interview, an offer or a hire shows who she is (`shortlisted_at`).

    Raises: ApplicationMoveRefused.
    """
    assert to in (*rules.MOVABLE, "hired"), "rejecting and withdrawing have functions of their own"
    await lock(db, application)
    await change(db, application, to, by=by, at=at)
    if tells:
        await notices.moved(db, application, await db.get_one(Posting, application.posting_id), at=at)


async def reject(db: Session, application: Application, *, reason: str, note: str = "", by: UUID, at: datetime) -> None:
    """Say no, with a reason that she reads. Raises: Invalid, ApplicationMoveRefused."""
    rules.check_reject(reason, note)
    await lock(db, application)
    application.reject_reason, application.reject_note = reason, note.strip()
    await change(db, application, "rejected", by=by, at=at, why=reason)
    await notices.rejected(db, application, await db.get_one(Posting, application.posting_id), at=at)


async def hire(db: Session, application: Application, *, fills: bool, by: UUID, at: datetime) -> None:
    """Take her; `fills` ends the posting, and everybody who still waits is told."""
    posting = await db.get_one(Posting, application.posting_id, with_for_update=True, populate_existing=True)
    await move(db, application, "hired", by=by, at=at)
    if fills and posting.state in LIVING:
        await postings.fill(db, posting, by=by, at=at)


async def undo(db: Session, application: Application, *, by: UUID, at: datetime) -> None:
    """Take the employer's last move back, within a day; who was shown stays shown, and she is told where it stands.

    Raises: NothingToUndo.
    """
    posting = await db.get_one(Posting, application.posting_id, with_for_update=True, populate_existing=True)
    await lock(db, application)
    before = await undoable(db, application, at=at)
    if before is None or posting.state not in LIVING:
        raise rules.NothingToUndo
    application.reject_reason = application.reject_note = ""
    application.decided_at = None
    left, application.state, application.updated_at = application.state, before, at
    await db.flush()
    subject = ("application", application.id)
    await audit.record(db, "application.undone", subject=subject, by=by, at=at, before=left, to=before)
    await notices.moved(db, application, posting, at=at)


async def undoable(db: AnySession, application: Application, *, at: datetime) -> ApplicationState | None:
    """The state that undoing would lead back to, None when the last move can't be undone."""
    if application.state not in (*rules.MOVABLE, "rejected") or application.is_auto_answered:
        return None
    moves = [f"application.{state}" for state in (*rules.STAGES, "undone")]
    last = (
        select(AuditLine.action, AuditLine.values, AuditLine.at)
        .where(AuditLine.subject_kind == "application", AuditLine.subject_id == application.id)
        .where(AuditLine.action.in_(moves))
        .order_by(AuditLine.id.desc())
        .limit(1)
    )
    line = (await db.execute(last)).one_or_none()
    if line is None or line.action != f"application.{application.state}" or at - line.at > rules.UNDO_TIME:
        return None
    return cast(ApplicationState, line.values["before"])


async def lock(db: Session, application: Application) -> None:
    """Take the row as it is now, until the transaction ends."""
    await db.refresh(application, with_for_update=True)


async def locked(db: Session, posting_id: UUID, application_ids: Sequence[UUID]) -> list[Application]:
    """Those of these applications that belong to the posting, locked in the order of their ids."""
    rows = (
        select(Application)
        .where(Application.posting_id == posting_id, Application.id.in_(application_ids))
        .order_by(Application.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await db.execute(rows)).scalars())


async def change(
    db: Session, application: Application, to: ApplicationState, *, by: UUID | None, at: datetime, why: str = ""
) -> None:
    """The one change of state: checks the table, writes the line. The row is locked; telling is the caller's."""
    rules.check_move(state_of(application), to)
    before, application.state, application.updated_at = application.state, to, at
    if to in rules.SHORTLISTED and application.shortlisted_at is None:
        application.shortlisted_at = at
    if to in ("hired", "rejected", "withdrawn"):
        application.decided_at = at
    await db.flush()
    subject = ("application", application.id)
    await audit.record(db, f"application.{to}", subject=subject, by=by, at=at, why=why, before=before)
    if application.decided_at is not None:
        await publish(db, ApplicationDecided(application_id=application.id, state=to, at=at))


def state_of(application: Application) -> ApplicationState:
    """The state as its type."""
    assert application.state in get_args(ApplicationState)
    return cast(ApplicationState, application.state)
