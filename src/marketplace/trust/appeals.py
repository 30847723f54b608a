"""Appeals: whoever is restricted asks once, and somebody else looks again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_
from marketplace.trust import rules
from marketplace.trust.events import AppealDecided
from marketplace.trust.models import Appeal, AppealState, Report, Restriction

LENGTH = (20, 2_000)


class AlreadyAppealed(Conflict):
    message = N_("You have appealed against this already. Somebody else looks at it, or has done so.")


class NothingToAppeal(Conflict):
    message = N_("This restriction is over, so there is nothing to appeal against.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAppeal:
    """An appeal as the moderators who may decide it see it."""

    id: UUID
    text: str
    created_at: datetime
    due_at: datetime
    what: str
    said: str
    reason: str
    evidence: dict[str, Any]
    from_at: datetime
    until_at: datetime | None
    case_id: UUID | None
    person: str


async def appeal(db: Session, restriction_id: UUID, text: str, *, by: UUID, at: datetime) -> Appeal:
    """Ask another moderator to look again. Raises: NotFound, NothingToAppeal, AlreadyAppealed, Invalid."""
    restriction = await _locked(db, restriction_id)
    if restriction is None or restriction.user_id != by:
        raise NotFound
    if restriction.lifted_at is not None or (restriction.until_at is not None and restriction.until_at <= at):
        raise NothingToAppeal
    if not LENGTH[0] <= len(text.strip()) <= LENGTH[1]:
        raise Invalid.at("text", N_("Say in 20 to 2,000 letters why this should be looked at again."))
    row = {"restriction_id": restriction.id, "text": text.strip(), "created_at": at, "due_at": at + rules.APPEAL_TIME}
    once = insert(Appeal).values(row).on_conflict_do_nothing(index_elements=["restriction_id"]).returning(Appeal.id)
    id = await db.scalar(once)
    if id is None:
        raise AlreadyAppealed
    await audit.record(db, "restriction.appealed", subject=("restriction", restriction.id), by=by, at=at)
    return await db.get_one(Appeal, id)


async def decide(db: Session, appeal_id: UUID, *, is_lifted: bool, reason: str, by: UUID, at: datetime) -> Appeal:
    """Lift the restriction or let it stand, once, by somebody who had no part in it.

    Raises: NotFound for whoever made it, reported it or is restricted by it; AppealMoveRefused, Invalid.
    """
    found = await db.get(Appeal, appeal_id)
    restriction = await _locked(db, found.restriction_id) if found else None
    if found is None or restriction is None or not await db.scalar(select(_may_decide(by, restriction.id))):
        raise NotFound
    await db.refresh(found, with_for_update={"key_share": True})
    to: AppealState = "lifted" if is_lifted else "upheld"
    rules.check_appeal_move(cast(AppealState, found.state), to)
    if not 10 <= len(reason.strip()) <= LENGTH[1]:
        raise Invalid.at("reason", N_("Give the reason in 10 to 2,000 letters: the person concerned reads it."))
    found.state, found.decision_reason, found.decided_by, found.decided_at = to, reason.strip(), by, at
    if is_lifted and restriction.lifted_at is None:
        restriction.lifted_at, restriction.lifted_by = at, by
    await db.flush()
    subject = ("restriction", restriction.id)
    await audit.record(db, f"appeal.{to}", subject=subject, by=by, at=at, why=found.decision_reason)
    news = {"appeal_id": found.id, "restriction_id": restriction.id, "user_id": restriction.user_id}
    await publish(db, AppealDecided(**news, is_lifted=is_lifted, at=at))
    return found


async def waiting_for(
    db: AnySession, moderator: UUID, *, appeal_id: UUID | None = None, limit: int = 50
) -> list[WaitingAppeal]:
    """Open appeals that this moderator may decide, the most urgent first (or the one)."""
    found = (
        select(
            *(Appeal.id, Appeal.text, Appeal.created_at, Appeal.due_at, Restriction.what, Restriction.said),
            *(Restriction.reason, Restriction.evidence, Restriction.from_at, Restriction.until_at),
            *(Restriction.case_id, User.name.label("person")),
        )
        .join(Restriction, Restriction.id == Appeal.restriction_id)
        .join(User, User.id == Restriction.user_id)
        .where(Appeal.state == "open", _may_decide(moderator))
        .order_by(Appeal.due_at, Appeal.id)
        .limit(limit)
    )
    rows = await db.execute(found.where(Appeal.id == appeal_id) if appeal_id else found)
    return [WaitingAppeal(**row) for row in rows.mappings()]


def _may_decide(moderator: UUID, restriction_id: UUID | None = None) -> Any:
    """Neither who made the restriction, nor whom it is on, nor who reported what led to it."""
    has_reported = exists().where(Report.case_id == Restriction.case_id, Report.reporter_id == moderator)
    free = (Restriction.by_user_id != moderator) & (Restriction.user_id != moderator) & ~has_reported
    if restriction_id is None:
        return free
    return exists(select(Restriction.id).where(Restriction.id == restriction_id, free))


async def _locked(db: Session, restriction_id: UUID) -> Restriction | None:
    return await db.get(Restriction, restriction_id, with_for_update={"key_share": True}, populate_existing=True)
