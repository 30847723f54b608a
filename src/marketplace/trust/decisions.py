"""What a moderator does with a case: take it, open private text with a reason, decide it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.identity import audit
from marketplace.identity.models import AuditLine
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_
from marketplace.trust import rules
from marketplace.trust.cases import concerns
from marketplace.trust.events import CaseDecided, PrivateTextRead, RestrictionMade
from marketplace.trust.models import Case, CaseState, Decision, Restriction, What

READ = "moderation.read"
"""The audit action of a staff read of private text, under ("user", owner)."""
LONGEST_REASON = 2_000
SHORTEST_REASON = 10
MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision with its reason; `what` is restricted for `days` (None: until it is lifted) along with it."""

    decision: Decision
    reason: str
    what: tuple[What, ...] = ()
    days: int | None = None


async def take(db: Session, case_id: UUID, *, by: UUID, at: datetime) -> Case:
    """Look at it oneself. Raises: NotFound, CaseMoveRefused once it is decided."""
    case = await _locked(db, case_id, by=by)
    rules.check_case_move(cast(CaseState, case.state), "decided")
    if case.owner_id != by:
        before, case.owner_id = case.owner_id, by
        await db.flush()
        await audit.record(db, "case.taken", subject=("case", case.id), by=by, at=at, before=str(before or ""))
    return case


async def decide(db: Session, case_id: UUID, verdict: Verdict, *, by: UUID, at: datetime) -> Case:
    """End a case, once: the room that owns the subject does it, the people concerned are told why.

    Raises: NotFound when it concerns the moderator herself, CaseMoveRefused, DecisionRefused, Invalid.
    """
    case = await _locked(db, case_id, by=by)
    rules.check_case_move(cast(CaseState, case.state), "decided")
    _check(case, verdict)
    reason = verdict.reason.strip()
    case.state, case.decision, case.decision_reason = "decided", verdict.decision, reason
    case.decided_by, case.decided_at, case.owner_id = by, at, case.owner_id or by
    await db.flush()
    await audit.record(db, "case.decided", subject=("case", case.id), by=by, at=at, why=reason, what=verdict.decision)
    for what in verdict.what:
        await _restrict(db, case, what, verdict, at=at)
    await publish(
        db,
        CaseDecided(
            case_id=case.id,
            kind=case.kind,
            subject_kind=case.subject_kind,
            subject_id=case.subject_id,
            decision=verdict.decision,
            by=by,
            reason=reason,
            at=at,
        ),
    )
    return case


async def open_private(db: Session, case_id: UUID, *, by: UUID, why: str, at: datetime) -> None:
    """Let this moderator read the private text of a case; everybody whose text it is sees when and why.

    Raises: NotFound, Invalid without a reason.
    """
    case = await _locked(db, case_id, by=by)
    why = why.strip()
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        raise Invalid.at("why", N_("Say why you have to read it, in 10 to 2,000 letters. Its owners read this."))
    values = {"case": str(case.id), "title": case.evidence.get("title", "")}
    await audit.record(db, READ, subject=("case", case.id), by=by, at=at, why=why)
    for owner in await owners_of(db, case):
        await audit.record(db, READ, subject=("user", owner), by=by, at=at, why=why, **values)
        await publish(db, PrivateTextRead(case_id=case.id, owner_id=owner, at=at))


async def has_read(db: AnySession, case_id: UUID, by: UUID) -> bool:
    """Whether this moderator has said why she reads the private text of the case."""
    said = exists().where(
        AuditLine.subject_kind == "case",
        AuditLine.subject_id == case_id,
        AuditLine.action == READ,
        AuditLine.by_user_id == by,
    )
    return bool(await db.scalar(select(said)))


async def owners_of(db: AnySession, case: Case) -> list[UUID]:
    """Whose private text a case holds: whom it is about, and whoever else `evidence["owners"]` names."""
    named = {UUID(each) for each in case.evidence.get("owners", ())}
    return sorted(named | ({case.about_user_id} if case.about_user_id else set[UUID]()))


async def _restrict(db: Session, case: Case, what: What, verdict: Verdict, *, at: datetime) -> None:
    assert case.about_user_id is not None and case.decided_by is not None
    made = Restriction(
        user_id=case.about_user_id,
        what=what,
        reason=case.reason,
        said=case.decision_reason,
        evidence=_evidence(case),
        case_id=case.id,
        from_at=at,
        until_at=at + timedelta(days=verdict.days) if verdict.days else None,
        by_user_id=case.decided_by,
    )
    db.add(made)
    await db.flush()
    subject = ("restriction", made.id)
    await audit.record(db, "restriction.made", subject=subject, by=made.by_user_id, at=at, why=made.said, what=what)
    await publish(db, RestrictionMade(restriction_id=made.id, user_id=made.user_id, at=at))


def _evidence(case: Case) -> dict[str, Any]:
    """What the restricted person is shown: the thing it is about, never who reported it."""
    shown = {name: case.evidence[name] for name in ("title", "href") if name in case.evidence}
    return {**shown, "subject_kind": case.subject_kind, "subject_id": str(case.subject_id)}


def _check(case: Case, verdict: Verdict) -> None:
    if verdict.decision not in rules.choices(case.kind, has_person=case.about_user_id is not None):
        raise rules.DecisionRefused
    if not SHORTEST_REASON <= len(verdict.reason.strip()) <= LONGEST_REASON:
        raise Invalid.at("reason", N_("Give the reason in 10 to 2,000 letters: the person concerned reads it."))
    if verdict.decision == "restrict" and not verdict.what:
        raise Invalid.at("what", N_("Choose what is restricted."))
    if verdict.what and (verdict.decision not in ("warn", "remove", "restrict") or case.about_user_id is None):
        raise rules.DecisionRefused
    if verdict.days is not None and not 1 <= verdict.days <= MOST_DAYS:
        raise Invalid.at("days", N_("Choose 1 to 365 days, or leave it empty: until somebody lifts it."))


async def _locked(db: Session, case_id: UUID, *, by: UUID) -> Case:
    """The case as it is now, until the transaction ends; whom it concerns finds nothing."""
    case = await db.get(Case, case_id, with_for_update={"key_share": True}, populate_existing=True)
    if case is None or await concerns(db, case, by):
        raise NotFound
    return case
