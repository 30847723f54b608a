"""Cases: opened once for each thing, with a deadline and an owner."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity import audit
from marketplace.identity.models import Membership, User
from marketplace.kernel.database import AnySession, Session
from marketplace.trust import rules
from marketplace.trust.models import Case, Report


async def open_case(
    db: Session,
    *,
    kind: str,
    subject: tuple[str, UUID],
    reason: str,
    about_user_id: UUID | None,
    by: UUID | None,
    at: datetime,
    evidence: dict[str, Any],
    organisation_id: UUID | None = None,
) -> Case:
    """The one open case of this kind about a thing, made when there is none; its row is locked.

    A reason that is more urgent than the case's own takes its place and brings the deadline forward.
    """
    assert kind in rules.KINDS, f"say in rules.KINDS how a case {kind!r} reads"
    urgency = rules.urgency_of(reason)
    subject_kind, subject_id = subject
    row = {
        **{"kind": kind, "subject_kind": subject_kind, "subject_id": subject_id, "reason": reason},
        **{"urgency": urgency, "about_user_id": about_user_id, "organisation_id": organisation_id},
        **{"opened_by": by, "evidence": evidence, "opened_at": at, "due_at": at + rules.URGENCIES[urgency]},
    }
    once = insert(Case).values(row).on_conflict_do_nothing()
    id = await db.scalar(once.returning(Case.id))
    case = await _open_one(db, kind, subject)
    if id is None:
        await _press(db, case, reason, at=at)
        return case
    case.owner_id = await next_owner(db, case)
    await db.flush()
    await audit.record(db, "case.opened", subject=("case", case.id), by=by, at=at, why=reason)
    return case


async def next_owner(db: AnySession, case: Case, *, without: UUID | None = None) -> UUID | None:
    """The moderator with the fewest open cases whom the case does not concern; None when there is none."""
    load = select(func.count()).where(Case.owner_id == User.id, Case.state == "open").scalar_subquery()
    is_member = exists().where(Membership.user_id == User.id, Membership.organisation_id == case.organisation_id)
    involved = [id for id in (case.about_user_id, case.opened_by, without) if id is not None]
    free = (
        select(User.id)
        .where(User.staff_role == "moderator", User.closed_at.is_(None), User.id.not_in(involved), ~is_member)
        .order_by(load, User.id)
        .limit(1)
    )
    return await db.scalar(free)


async def concerns(db: AnySession, case: Case, user_id: UUID) -> bool:
    """Whether the case is about this person, was reported by her, or is about an organisation of hers."""
    if user_id in (case.about_user_id, case.opened_by):
        return True
    is_member = exists().where(Membership.user_id == user_id, Membership.organisation_id == case.organisation_id)
    has_reported = exists().where(Report.case_id == case.id, Report.reporter_id == user_id)
    return bool(await db.scalar(select(or_(is_member, has_reported))))


async def _open_one(db: Session, kind: str, subject: tuple[str, UUID]) -> Case:
    subject_kind, subject_id = subject
    found = (
        select(Case)
        .where(Case.kind == kind, Case.subject_kind == subject_kind, Case.subject_id == subject_id)
        .where(Case.state == "open")
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await db.execute(found)).scalar_one()


async def _press(db: Session, case: Case, reason: str, *, at: datetime) -> None:
    if not rules.is_more_urgent(reason, case.urgency):
        return
    urgency = rules.urgency_of(reason)
    case.urgency, case.reason = urgency, reason
    case.due_at = min(case.due_at, at + rules.URGENCIES[urgency])
    await db.flush()
    await audit.record(db, "case.pressed", subject=("case", case.id), by=None, at=at, why=reason)
