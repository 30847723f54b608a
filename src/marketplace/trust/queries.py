"""Reads of cases for moderators, and of her own standing for everybody.

A moderator never finds a case about herself, by herself or about an organisation of hers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from marketplace.identity import audit
from marketplace.identity.models import AuditLine, Membership, Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.trust.decisions import READ, has_read
from marketplace.trust.models import Appeal, Case, Report, Restriction, SignalLine
from marketplace.trust.restrictions import holds

Whose = Literal["all", "mine", "unowned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A case in the queue."""

    id: UUID
    kind: str
    subject_kind: str
    reason: str
    urgency: str
    title: str
    opened_at: datetime
    due_at: datetime
    owner_id: UUID | None
    owner: str | None
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The first line of a moderator's home: what is open, late and hers; appeals that she may decide."""

    open: int
    late: int
    mine: int
    appeals: int
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """What somebody said, with how many reports she made and how many of those led to something."""

    reporter: str
    reason: str
    text: str
    snapshot: dict[str, Any]
    created_at: datetime
    made: int
    upheld: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier case about the same person or organisation."""

    id: UUID
    kind: str
    reason: str
    title: str
    opened_at: datetime
    decision: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """What a moderator needs to decide. `text` is None where it is private and she has not said why she reads it"""

    case: Case
    person: str | None
    organisation: str | None
    owner: str | None
    text: str | None
    reports: Sequence[ReportLine]
    signals: Sequence[SignalLine]
    earlier: Sequence[Earlier]
    restrictions: Sequence[Restriction]
    lines: Sequence[audit.Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRestriction:
    """A restriction as the restricted person sees it."""

    id: UUID
    what: str
    reason: str
    said: str
    evidence: dict[str, Any]
    from_at: datetime
    until_at: datetime | None
    lifted_at: datetime | None
    appeal_state: str | None
    appeal_due_at: datetime | None
    appeal_reason: str | None

    def is_in_force(self, at: datetime) -> bool:
        return self.lifted_at is None and (self.until_at is None or self.until_at > at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What this person can't do and why; warnings; when staff read her private text, and why."""

    restrictions: Sequence[StandingRestriction]
    warnings: Sequence[Case]
    reads: Sequence[audit.Line]


async def queue(
    db: AnySession,
    moderator: UUID,
    *,
    kind: str = "",
    whose: Whose = "all",
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[QueueRow]:
    """Open cases, those that are due first on top."""
    owner = aliased(User)
    reports = select(func.count()).where(Report.case_id == Case.id).scalar_subquery()
    found = (
        select(
            *(Case.id, Case.kind, Case.subject_kind, Case.reason, Case.urgency, Case.opened_at, Case.due_at),
            *(func.coalesce(Case.evidence["title"].astext, "").label("title"), Case.owner_id),
            *(owner.name.label("owner"), reports.label("reports")),
        )
        .outerjoin(owner, owner.id == Case.owner_id)
        .where(Case.state == "open", _is_free(moderator))
        .order_by(Case.due_at, Case.id)
        .limit(limit)
    )
    if kind:
        found = found.where(Case.kind == kind)
    if whose != "all":
        found = found.where(Case.owner_id == moderator if whose == "mine" else Case.owner_id.is_(None))
    if after is not None:
        found = found.where(tuple_(Case.due_at, Case.id) > tuple_(*after))
    return [QueueRow(**row) for row in (await db.execute(found)).mappings()]


async def overview(db: AnySession, moderator: UUID, *, at: datetime) -> Overview:
    """What waits, in one query."""
    mine = Case.owner_id == moderator
    has_reported = exists().where(Report.case_id == Restriction.case_id, Report.reporter_id == moderator)
    appeals = (
        select(func.count())
        .select_from(Appeal)
        .join(Restriction, Restriction.id == Appeal.restriction_id)
        .where(Appeal.state == "open", Restriction.by_user_id != moderator, Restriction.user_id != moderator)
        .where(~has_reported)
        .scalar_subquery()
    )
    counts = select(
        func.count().label("open"),
        func.count().filter(Case.due_at < at).label("late"),
        func.count().filter(mine).label("mine"),
        func.min(Case.due_at).label("next_due_at"),
        appeals.label("appeals"),
    ).where(Case.state == "open", _is_free(moderator))
    return Overview(**(await db.execute(counts)).mappings().one())


async def case_view(db: AnySession, case_id: UUID, *, moderator: UUID) -> CaseView:
    """One case with its evidence and the history of both sides. Raises: NotFound."""
    owner, person = aliased(User), aliased(User)
    found = (
        select(Case, person.name, Organisation.name, owner.name)
        .outerjoin(person, person.id == Case.about_user_id)
        .outerjoin(owner, owner.id == Case.owner_id)
        .outerjoin(Organisation, Organisation.id == Case.organisation_id)
        .where(Case.id == case_id, _is_free(moderator))
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    case: Case = row[0]
    is_open_to = not case.evidence.get("is_private") or await has_read(db, case.id, moderator)
    signals = select(SignalLine).where(SignalLine.case_id == case.id).order_by(SignalLine.id.desc()).limit(20)
    restrictions = select(Restriction).where(Restriction.user_id == case.about_user_id).order_by(Restriction.id)
    return CaseView(
        case=case,
        person=row[1],
        organisation=row[2],
        owner=row[3],
        text=case.evidence.get("text", "") if is_open_to else None,
        reports=await _reports(db, case.id),
        signals=(await db.scalars(signals)).all(),
        earlier=await _earlier(db, case),
        restrictions=(await db.scalars(restrictions.limit(20))).all() if case.about_user_id else (),
        lines=await audit.lines_of(db, ("case", case.id)),
    )


async def standing(db: AnySession, user_id: UUID) -> Standing:
    """What was decided about her, and who read her private text."""
    found = (
        select(
            *(Restriction.id, Restriction.what, Restriction.reason, Restriction.said, Restriction.evidence),
            *(Restriction.from_at, Restriction.until_at, Restriction.lifted_at),
            *(Appeal.state.label("appeal_state"), Appeal.due_at.label("appeal_due_at")),
            Appeal.decision_reason.label("appeal_reason"),
        )
        .outerjoin(Appeal, Appeal.restriction_id == Restriction.id)
        .where(Restriction.user_id == user_id)
        .order_by(Restriction.id.desc())
        .limit(50)
    )
    rows = (await db.execute(found)).mappings().all()
    warned = Case.about_user_id == user_id, Case.decision.in_(("warn", "remove"))
    warnings = select(Case).where(*warned).order_by(Case.decided_at.desc()).limit(50)
    return Standing(
        restrictions=[StandingRestriction(**row) for row in rows],
        warnings=(await db.scalars(warnings)).all(),
        reads=await _reads(db, user_id),
    )


def is_limited(user_id: Any, at: Any) -> ColumnElement[bool]:
    """A column for other queries: whether this user may use nothing but her money, her data and her appeals."""
    return exists().where(Restriction.user_id == user_id, Restriction.what == "sign_in", holds(at))


def _is_free(moderator: UUID) -> ColumnElement[bool]:
    """The case does not concern this moderator."""
    is_member = exists().where(Membership.user_id == moderator, Membership.organisation_id == Case.organisation_id)
    has_reported = exists().where(Report.case_id == Case.id, Report.reporter_id == moderator)
    others = Case.about_user_id.is_distinct_from(moderator), Case.opened_by.is_distinct_from(moderator)
    return and_(*others, ~is_member, ~has_reported)


async def _reports(db: AnySession, case_id: UUID) -> list[ReportLine]:
    other, decided = aliased(Report), aliased(Case)
    hers = select(func.count()).where(other.reporter_id == Report.reporter_id)
    upheld = hers.where(decided.id == other.case_id, decided.decision.in_(("warn", "remove", "restrict")))
    found = (
        select(
            *(User.name.label("reporter"), Report.reason, Report.text, Report.snapshot, Report.created_at),
            *(hers.scalar_subquery().label("made"), upheld.scalar_subquery().label("upheld")),
        )
        .join(User, User.id == Report.reporter_id)
        .where(Report.case_id == case_id)
        .order_by(Report.id)
        .limit(50)
    )
    return [ReportLine(**row) for row in (await db.execute(found)).mappings()]


async def _earlier(db: AnySession, case: Case) -> list[Earlier]:
    same = [Case.about_user_id == case.about_user_id] if case.about_user_id else []
    same += [Case.organisation_id == case.organisation_id] if case.organisation_id else []
    same += [and_(Case.subject_kind == case.subject_kind, Case.subject_id == case.subject_id)]
    title = func.coalesce(Case.evidence["title"].astext, "").label("title")
    found = (
        select(Case.id, Case.kind, Case.reason, title, Case.opened_at, Case.decision)
        .where(or_(*same), Case.id != case.id)
        .order_by(Case.id.desc())
        .limit(20)
    )
    return [Earlier(**row) for row in (await db.execute(found)).mappings()]


async def _reads(db: AnySession, user_id: UUID) -> list[audit.Line]:
    """Staff reads of her private text, the newest first; who it was stays with us, why is hers to know."""
    found = (
        select(AuditLine.at, AuditLine.action, AuditLine.values, AuditLine.why)
        .where(AuditLine.subject_kind == "user", AuditLine.subject_id == user_id, AuditLine.action == READ)
        .order_by(AuditLine.id.desc())
        .limit(50)
    )
    rows = (await db.execute(found)).all()
    return [audit.Line(row.at, row.action, None, None, row.values, row.why) for row in rows]
